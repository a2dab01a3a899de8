import { describe, expect, it } from 'vitest';
import { chunksOf, NO_OPENING, type Opening, verifyOpening } from '../../../../workers/canonical/tree/opening.ts';
import { chunksIn, depthOf, zeroNode } from '../../../../workers/canonical/tree/tree-nodes.ts';
import { VectorTree } from '../../../../workers/canonical/tree/vector-tree.ts';
import type { Hex, Hex32 } from '../../../../workers/protocol/ids.ts';
import { vectorRoot } from '../../../../workers/protocol/vector-root.ts';
import { seeded } from '../executor/random-instructions.ts';

const elementsOf = (length: number): Uint32Array =>
  Uint32Array.from({ length }, (_, i) => Math.imul(i + 1, 2_654_435_761));

function bytesOf(elements: Uint32Array): Uint8Array {
  const bytes = Buffer.alloc(4 * elements.length);
  elements.forEach((element, i) => bytes.writeUInt32BE(element, 4 * i));
  return bytes;
}

describe('VectorTree', () => {
  it.each([0, 1, 63, 64, 65, 128, 129, 1_000, 4_096, 4_097, 10_000])('has the known root of %i elements', (length) => {
    const elements = elementsOf(length);
    expect(new VectorTree(elements).root).toBe(vectorRoot(bytesOf(elements)));
  });

  it('gives zero subtrees past its end', () => {
    const tree = new VectorTree(elementsOf(65 * 64));
    expect(tree.depth).toBe(7);
    expect(tree.node(5, 3)).toEqual(zeroNode(5));
    expect(tree.chunk(100)).toEqual(new Uint8Array(256));
  });

  it('opens any set of chunks so that the opening leads to the root', () => {
    const random = seeded(3);
    for (let round = 0; round < 200; round++) {
      const length = 1 + Math.floor(random() * 3_000);
      const tree = new VectorTree(elementsOf(length));
      const wanted = Array.from({ length: 1 + Math.floor(random() * 6) }, () =>
        Math.floor(random() * chunksIn(length)),
      );
      const opening = tree.open(wanted);
      expect(verifyOpening(tree.merkleRoot, length, opening)).toBe(true);
      expect([...chunksOf(opening).keys()]).toEqual([...new Set(wanted)].sort((one, other) => one - other));
    }
  });

  it('opens nothing as nothing', () => {
    expect(new VectorTree(elementsOf(100)).open([])).toEqual(NO_OPENING);
  });
});

describe('verifyOpening', () => {
  const length = 1_000;
  const tree = new VectorTree(elementsOf(length));
  const opening = tree.open([2, 3, 7]);
  const flipped = (hex: Hex): Hex => `${hex.slice(0, -1)}${hex.endsWith('0') ? '1' : '0'}` as Hex;

  it.each<readonly [string, Opening]>([
    ['a changed element', { ...opening, chunks: flipped(opening.chunks) }],
    [
      'a changed sibling',
      { ...opening, siblings: opening.siblings.map((one, i) => (i === 0 ? (flipped(one) as Hex32) : one)) },
    ],
    ['a missing sibling', { ...opening, siblings: opening.siblings.slice(1) }],
    ['a sibling too many', { ...opening, siblings: [...opening.siblings, ...opening.siblings.slice(0, 1)] }],
    ['a chunk at another place', { ...opening, ranges: tree.open([1, 2, 7]).ranges }],
    ['no chunks', NO_OPENING],
  ])('refuses %s', (_, broken) => {
    expect(verifyOpening(tree.merkleRoot, length, opening)).toBe(true);
    expect(verifyOpening(tree.merkleRoot, length, broken)).toBe(false);
  });

  it('refuses chunks past the length, even where the tree has room for them', () => {
    expect(depthOf(length)).toBe(4);
    expect(chunksIn(length)).toBe(16);
    const shorter = new VectorTree(elementsOf(900));
    expect(verifyOpening(shorter.merkleRoot, 900, shorter.open([15]))).toBe(false);
  });

  it.each<readonly [string, Hex]>([
    ['descending', '0x00000000030000010000000002000001'],
    ['empty', '0x0000000003000000'],
  ])('says when ranges are %s', (_, ranges) => {
    expect(() => chunksOf({ ranges, chunks: '0x' })).toThrow(RangeError);
  });
});
