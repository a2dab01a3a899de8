import type { Hex32 } from '../../protocol/ids.ts';
import { keccak } from '../../protocol/keccak.ts';
import { CHUNK_BYTES, CHUNK_ELEMENTS } from '../../protocol/vector.ts';
import { openChunks, type Opening } from './opening.ts';
import { chunksIn, depthOf, HASH_BYTES, hexOfHash, rootOfTree, type TreeNodes, zeroNode } from './tree-nodes.ts';

/**
 * The Merkle tree of a vector with all of its nodes, for whoever has to open it. The nodes take half as much memory again as
 * a quarter of the elements: 64 bytes for each chunk of 256. Subtrees of zero chunks past the end are not kept.
 */
export class VectorTree implements TreeNodes {
  readonly length: number;
  readonly depth: number;
  readonly #elements: Uint32Array;
  /** per height, the hashes one after the other */
  readonly #levels: readonly Uint8Array[];

  /** @param elements bit patterns in host order; kept, not copied */
  constructor(elements: Uint32Array) {
    this.length = elements.length;
    this.depth = depthOf(elements.length);
    this.#elements = elements;
    this.#levels = buildLevels(elements, this.depth);
  }

  /** The root without the length: what calls bring to the chain. */
  get merkleRoot(): Hex32 {
    return hexOfHash(this.node(this.depth, 0));
  }

  /** The root under which the vector is known: `keccak256(0x02 ‖ uint64 length ‖ merkleRoot)`. */
  get root(): Hex32 {
    return rootOfTree(this.length, this.node(this.depth, 0));
  }

  node(height: number, index: number): Uint8Array {
    const level = this.#levels[height];
    const at = index * HASH_BYTES;
    return level && at < level.length ? level.subarray(at, at + HASH_BYTES) : zeroNode(height);
  }

  chunk(index: number): Uint8Array {
    return chunkOf(this.#elements, index, new Uint8Array(CHUNK_BYTES));
  }

  /** An opening of these chunks; see docs/PLAN.md, "Roots". */
  open(chunks: Iterable<number>): Opening {
    return openChunks(this, chunks);
  }
}

function chunkOf(elements: Uint32Array, index: number, into: Uint8Array): Uint8Array {
  const view = new DataView(into.buffer, into.byteOffset, CHUNK_BYTES);
  const from = index * CHUNK_ELEMENTS;
  for (let i = 0; i < CHUNK_ELEMENTS; i++) view.setUint32(4 * i, elements[from + i] ?? 0);
  return into;
}

function buildLevels(elements: Uint32Array, depth: number): readonly Uint8Array[] {
  const chunks = chunksIn(elements.length);
  const leaves = new Uint8Array(chunks * HASH_BYTES);
  const tagged = new Uint8Array(1 + CHUNK_BYTES);
  const chunk = tagged.subarray(1);
  for (let i = 0; i < chunks; i++) leaves.set(keccak((chunkOf(elements, i, chunk), tagged)), i * HASH_BYTES);
  const levels = [leaves];
  const pair = new Uint8Array(1 + 2 * HASH_BYTES);
  pair[0] = 0x01;
  for (let height = 0; height < depth; height++) {
    const below = levels[height] ?? leaves;
    const count = Math.ceil(below.length / HASH_BYTES / 2);
    const level = new Uint8Array(count * HASH_BYTES);
    for (let i = 0; i < count; i++) {
      pair.set(below.subarray(2 * i * HASH_BYTES, 2 * (i + 1) * HASH_BYTES), 1);
      // an odd level ends with a subtree of zeros
      if (2 * (i + 1) * HASH_BYTES > below.length) pair.set(zeroNode(height), 1 + HASH_BYTES);
      level.set(keccak(pair), i * HASH_BYTES);
    }
    levels.push(level);
  }
  return levels;
}
