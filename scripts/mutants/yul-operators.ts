import type { Mutation, Operator, Place } from './mutation.ts';
import { child, rangeOf, type SyntaxNode, textAt } from './syntax-tree.ts';

const SWAPS: Readonly<Record<string, readonly [Operator, string]>> = {
  lt: ['comparison', 'gt'],
  gt: ['comparison', 'lt'],
  slt: ['comparison', 'sgt'],
  sgt: ['comparison', 'slt'],
  add: ['arithmetic', 'sub'],
  sub: ['arithmetic', 'add'],
  mul: ['arithmetic', 'div'],
  div: ['arithmetic', 'mul'],
  sdiv: ['arithmetic', 'mul'],
  mod: ['arithmetic', 'div'],
  and: ['bits', 'or'],
  or: ['bits', 'and'],
  xor: ['bits', 'and'],
  shl: ['shift', 'shr'],
  shr: ['shift', 'shl'],
  sar: ['shift', 'shl'],
};

const replace = (operator: Operator, node: SyntaxNode, replacement: string): Mutation => ({
  operator,
  ...rangeOf(node),
  replacement,
});

/** Every change of one place in assembly. */
export function yulMutations({ node, source }: Place): Mutation[] {
  const { start, end } = rangeOf(node);
  const text = source.toString('utf8', start, end);
  switch (node.nodeType) {
    case 'YulIf':
    case 'YulForLoop': {
      const condition = child(node, 'condition');
      if (condition === undefined) return [];
      const { start: from, end: to } = rangeOf(condition);
      return [replace('negated condition', condition, `iszero(${source.toString('utf8', from, to)})`)];
    }
    case 'YulFunctionCall': {
      const name = child(node, 'functionName');
      const called = name === undefined ? '' : textAt(name, 'name');
      const swap = SWAPS[called];
      if (name !== undefined && swap !== undefined) return [replace(swap[0], name, swap[1])];
      return called === 'eq' ? [replace('comparison', node, `iszero(${text})`)] : [];
    }
    case 'YulExpressionStatement':
    case 'YulAssignment':
      return [replace('deleted statement', node, '{}')];
    case 'YulLiteral': {
      if (textAt(node, 'kind') !== 'number' || text.length > 60) return [];
      const value = BigInt(text);
      const more = replace('constant', node, String(value + 1n));
      return value === 0n ? [more] : [more, replace('constant', node, String(value - 1n))];
    }
    default:
      return [];
  }
}
