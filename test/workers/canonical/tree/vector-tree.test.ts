import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verifyOpening } from '../../../../workers/canonical/tree/opening.ts';
import { chunksIn, leafOf, nodeOf, rootOfTree, zeroNode } from '../../../../workers/canonical/tree/tree-nodes.ts';
import { VectorTree } from '../../../../workers/canonical/tree/vector-tree.ts';
import { vectorRoot } from '../../../../workers/protocol/vector-root.ts';
import { sharedVectors } from '../../../support/shared-vectors.ts';

const cases = sharedVectors('vectors.json') as readonly { length: number; bytes: string; root: string }[];

function bytesOf(elements: Uint32Array): Uint8Array {
  const bytes = Buffer.alloc(4 * elements.length);
  elements.forEach((bits, i) => bytes.writeUInt32BE(bits, 4 * i));
  return bytes;
}

function elementsOf(hex: string): Uint32Array {
  const bytes = Buffer.from(hex.slice(2), 'hex');
  return Uint32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readUInt32BE(4 * i));
}

const elements = fc
  .tuple(fc.nat({ max: 1500 }), fc.nat({ max: 0xffffffff }))
  .map(([length, seed]) => Uint32Array.from({ length }, (_, i) => Math.imul(i + 1, seed)));

describe('tree of a vector', () => {
  it.each(cases.map((entry) => [entry.length, entry] as const))(
    'has the root of the shared vector of %d elements',
    (length, { bytes, root }) => {
      const tree = new VectorTree(elementsOf(bytes));
      expect([tree.length, tree.root]).toEqual([length, root]);
    },
  );

  it('has the root under which the vector is known', () => {
    fc.assert(
      fc.property(elements, (vector) => {
        const tree = new VectorTree(vector);
        expect(tree.root).toBe(vectorRoot(bytesOf(vector)));
        expect(rootOfTree(tree.length, tree.node(tree.depth, 0))).toBe(tree.root);
      }),
    );
  });

  it('has every node, those of zero chunks past the end too', () => {
    fc.assert(
      fc.property(elements, (vector) => {
        const tree = new VectorTree(vector);
        const bytes = new Uint8Array(256 * 2 ** tree.depth);
        bytes.set(bytesOf(vector));
        for (let index = 0; index < 2 ** tree.depth; index++) {
          const chunk = bytes.subarray(256 * index, 256 * (index + 1));
          expect(tree.chunk(index)).toEqual(Uint8Array.from(chunk));
          expect(tree.node(0, index)).toEqual(leafOf(chunk));
        }
        for (let height = 1; height <= tree.depth; height++) {
          for (let index = 0; index < 2 ** (tree.depth - height); index++) {
            const [left, right] = [tree.node(height - 1, 2 * index), tree.node(height - 1, 2 * index + 1)];
            expect(tree.node(height, index)).toEqual(nodeOf(left, right));
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('has a zero subtree of every height where nothing is', () => {
    const tree = new VectorTree(new Uint32Array(64 * 17).fill(7));
    expect(tree.depth).toBe(5);
    expect(tree.node(3, 3)).toEqual(zeroNode(3));
    expect(zeroNode(3)).toEqual(nodeOf(zeroNode(2), zeroNode(2)));
  });

  it('opens the last chunk of a vector of 6 M elements', () => {
    const vector = new Uint32Array(6_000_000).fill(0x3f800000);
    const tree = new VectorTree(vector);
    const opening = tree.open([0, chunksIn(vector.length) - 1]);
    expect(tree.depth).toBe(17);
    expect(verifyOpening(tree.merkleRoot, vector.length, opening)).toBe(true);
  });
});
