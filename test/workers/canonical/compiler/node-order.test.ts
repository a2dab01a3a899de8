import { describe, expect, it } from 'vitest';
import { inOrder } from '../../../../workers/canonical/compiler/node-order.ts';

const at = (name: string, inputs: readonly string[], captures: readonly string[] = []) => ({
  inputs,
  outputs: [name],
  captures,
});
const namesOf = (nodes: readonly { readonly outputs: readonly string[] }[]) => nodes.map(({ outputs }) => outputs[0]);

describe('the order of nodes', () => {
  it('is that of the file where nothing speaks against it', () => {
    expect(namesOf(inOrder([at('c', []), at('a', []), at('b', [])]))).toEqual(['c', 'a', 'b']);
  });

  it('puts a node after what it reads, and after what its bodies read', () => {
    expect(namesOf(inOrder([at('c', ['b']), at('b', [], ['a']), at('a', ['x'])]))).toEqual(['a', 'b', 'c']);
  });

  it('takes the first of the file among those that are free', () => {
    const nodes = [at('e', ['a', 'b']), at('d', ['a']), at('b', ['x']), at('a', ['x']), at('c', ['x'])];
    expect(namesOf(inOrder(nodes))).toEqual(['b', 'a', 'e', 'd', 'c']);
  });

  it('is found for many nodes that read one', () => {
    const many = Array.from({ length: 50_000 }, (_, i) => at(`n${i}`, ['root']));
    const ordered = inOrder([...many, at('root', [])]);
    expect(namesOf(ordered).slice(0, 2)).toEqual(['root', 'n0']);
    expect(ordered.at(-1)?.outputs).toEqual(['n49999']);
  });

  it('does not exist for a circle, or two makers of one value', () => {
    expect(() => inOrder([at('a', ['b']), at('b', ['a'])])).toThrow('circle');
    expect(() => inOrder([at('a', []), at('a', [])])).toThrow('made twice');
  });
});
