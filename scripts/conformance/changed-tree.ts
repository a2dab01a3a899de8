import { CHUNK_BYTES, CHUNK_ELEMENTS, ELEMENT_BYTES } from '../../workers/protocol/vector.ts';
import type { Hex32 } from '../../workers/protocol/ids.ts';
import { hexOfHash, leafOf, nodeOf, type TreeNodes } from '../../workers/canonical/tree/tree-nodes.ts';
import type { VectorTree } from '../../workers/canonical/tree/vector-tree.ts';

/** A tree with its root and its length: what a vector is judged by. */
export type JudgedTree = TreeNodes & Pick<VectorTree, 'length' | 'merkleRoot'>;

/** The tree of a vector of which one element is another number: only the way from its chunk to the root is hashed again. */
export function changedTree(tree: VectorTree, element: number, bits: number): JudgedTree {
  const changedChunk = Math.floor(element / CHUNK_ELEMENTS);
  const chunk = Uint8Array.from(tree.chunk(changedChunk));
  new DataView(chunk.buffer, chunk.byteOffset, CHUNK_BYTES).setUint32(ELEMENT_BYTES * (element % CHUNK_ELEMENTS), bits);
  const path = [leafOf(chunk)];
  for (let height = 0, index = changedChunk; height < tree.depth; height++, index = Math.floor(index / 2)) {
    const [below, sibling] = [path[height] ?? chunk, tree.node(height, index % 2 === 0 ? index + 1 : index - 1)];
    path.push(index % 2 === 0 ? nodeOf(below, sibling) : nodeOf(sibling, below));
  }
  const node = (height: number, index: number): Uint8Array =>
    (index === Math.floor(changedChunk / 2 ** height) && path[height]) || tree.node(height, index);
  return {
    length: tree.length,
    depth: tree.depth,
    node,
    chunk: (index) => (index === changedChunk ? chunk : tree.chunk(index)),
    get merkleRoot(): Hex32 {
      return hexOfHash(node(tree.depth, 0));
    },
  };
}
