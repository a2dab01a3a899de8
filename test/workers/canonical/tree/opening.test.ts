import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Hex32 } from '../../../../workers/protocol/ids.ts';
import { chunksOf, NO_OPENING, type Opening, verifyOpening } from '../../../../workers/canonical/tree/opening.ts';
import { chunksIn } from '../../../../workers/canonical/tree/tree-nodes.ts';
import { VectorTree } from '../../../../workers/canonical/tree/vector-tree.ts';
import { sharedVectors } from '../../../support/shared-vectors.ts';

type SharedOpening = Opening & { readonly length: number; readonly merkleRoot: Hex32; readonly root: Hex32 };
const shared = (sharedVectors('plans.json') as { openings: readonly SharedOpening[] }).openings;

/** A tree, and some of its chunks. */
const opened = fc
  .tuple(fc.nat({ max: 2000 }), fc.nat({ max: 0xffffffff }), fc.array(fc.nat(), { minLength: 1, maxLength: 12 }))
  .map(([length, seed, wanted]) => {
    const tree = new VectorTree(Uint32Array.from({ length }, (_, i) => Math.imul(i + 1, seed | 1)));
    return { tree, chunks: [...new Set(wanted.map((index) => index % chunksIn(length)))] };
  });

/** Siblings that nobody can do without: nodes next to the path of a chunk, and on no path themselves. */
function missing(chunks: readonly number[], depth: number): (readonly [height: number, index: number])[] {
  const nodes: (readonly [number, number])[] = [];
  for (let height = 0; height < depth; height++) {
    const known = new Set(chunks.map((index) => Math.floor(index / 2 ** height)));
    const next = [...known].map((index) => (index % 2 === 0 ? index + 1 : index - 1));
    const unknown = next.filter((index) => !known.has(index)).sort((one, other) => one - other);
    nodes.push(...unknown.map((index) => [height, index] as const));
  }
  return nodes;
}

/** The same bytes with one bit of one of them turned. */
function turned(hex: string, at: number): Hex32 {
  const bytes = Buffer.from(hex.slice(2), 'hex');
  const byte = at % bytes.length;
  bytes.writeUInt8(bytes.readUInt8(byte) ^ (1 << (at % 8)), byte);
  return `0x${bytes.toString('hex')}` as Hex32;
}

describe('opening of chunks', () => {
  it('shows the chunks and belongs to its tree, whatever their order', () => {
    fc.assert(
      fc.property(opened, ({ tree, chunks }) => {
        const opening = tree.open(chunks);
        expect(tree.open([...chunks.toReversed(), ...chunks])).toEqual(opening);
        expect(verifyOpening(tree.merkleRoot, tree.length, opening)).toBe(true);
        const shown = [...chunksOf(opening)].map(([index, bytes]) => [index, Uint8Array.from(bytes)]);
        expect(shown).toEqual(chunks.toSorted((one, other) => one - other).map((index) => [index, tree.chunk(index)]));
      }),
    );
  });

  it('brings just the hashes that are missing, from the leaves up, from left to right', () => {
    fc.assert(
      fc.property(opened, ({ tree, chunks }) => {
        const expected = missing(chunks, tree.depth).map(([height, index]) => tree.node(height, index));
        const siblings = tree.open(chunks).siblings.map((hash) => Uint8Array.from(Buffer.from(hash.slice(2), 'hex')));
        expect(siblings).toEqual(expected.map((hash) => Uint8Array.from(hash)));
      }),
    );
  });

  it('belongs to no tree once a bit of it is another', () => {
    fc.assert(
      fc.property(opened, fc.nat(), ({ tree, chunks }, at) => {
        const { ranges, chunks: bytes, siblings } = tree.open(chunks);
        const verify = (opening: Opening) => verifyOpening(tree.merkleRoot, tree.length, opening);
        expect(verify({ ranges, chunks: turned(bytes, at), siblings })).toBe(false);
        expect(verify({ ranges, chunks: bytes, siblings: [...siblings, tree.merkleRoot] })).toBe(false);
        if (siblings.length === 0) return;
        const which = at % siblings.length;
        const other = siblings.map((hash, i) => (i === which ? turned(hash, at) : hash));
        expect(verify({ ranges, chunks: bytes, siblings: other })).toBe(false);
        expect(verify({ ranges, chunks: bytes, siblings: siblings.slice(1) })).toBe(false);
      }),
    );
  });

  it('puts neighbours into one range', () => {
    const tree = new VectorTree(new Uint32Array(64 * 10));
    expect(tree.open([7, 2, 3, 4]).ranges).toBe('0x00000000020000030000000007000001');
  });

  it('of nothing is nothing, and proves nothing', () => {
    const tree = new VectorTree(new Uint32Array(100));
    expect(tree.open([])).toEqual(NO_OPENING);
    expect(verifyOpening(tree.merkleRoot, tree.length, NO_OPENING)).toBe(false);
  });

  it('is refused past the end of the vector, zero as its chunks are', () => {
    const tree = new VectorTree(new Uint32Array(64 * 3).fill(1));
    const past = tree.open([3]);
    expect(verifyOpening(tree.merkleRoot, 64 * 4, past)).toBe(true);
    expect(verifyOpening(tree.merkleRoot, 64 * 3, past)).toBe(false);
  });

  it.each([
    ['ranges that overlap', '0x00000000020000020000000003000001', 3],
    ['ranges that descend', '0x00000000020000010000000001000001', 2],
    ['an empty range', '0x0000000002000000', 0],
    ['fewer chunks than the ranges say', '0x0000000002000002', 1],
    ['more chunks than the ranges say', '0x0000000002000002', 3],
  ] as const)('cannot be read with %s', (_, ranges, count) => {
    expect(() => chunksOf({ ranges, chunks: `0x${'00'.repeat(256 * count)}` })).toThrow(RangeError);
  });

  it.each(shared.map((opening) => [opening.length, opening] as const))(
    'of a vector of %d elements is what Solidity reads',
    (length, opening) => {
      expect(verifyOpening(opening.merkleRoot, length, opening)).toBe(true);
      expect(verifyOpening(opening.root, length, opening)).toBe(false);
    },
  );
});
