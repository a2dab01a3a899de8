import type { Hex32 } from './ids.ts';
import { keccak, keccakHex } from './keccak.ts';
import { CHUNK_BYTES, elementsIn } from './vector.ts';

const HASH_BYTES = 32;
const LEAF = 0x00;
const NODE = 0x01;
const ROOT = 0x02;

/**
 * The root under which a vector is known everywhere: chunks of 64 elements are leaves `keccak256(0x00 ‖ chunk)`, nodes are
 * `keccak256(0x01 ‖ left ‖ right)`, zero chunks pad the tree to a power of two, and the root is
 * `keccak256(0x02 ‖ uint64 length ‖ merkleRoot)` with the length in elements. The bytes are hashed as they are.
 *
 * @throws MalformedError `VECTOR_LENGTH` when the bytes are no multiple of 4.
 */
export function vectorRoot(vector: Uint8Array): Hex32 {
  elementsIn(vector);
  return new VectorRootBuilder().update(vector).root();
}

/**
 * Computes a root while the bytes pass by, in pieces of any size. It keeps one chunk and one hash per level of the tree,
 * so its memory is constant for all that matters: 26 hashes for 64 M chunks.
 */
export class VectorRootBuilder {
  readonly #chunk = new Uint8Array(1 + CHUNK_BYTES);
  readonly #stack: Uint8Array[] = [];
  #filled = 0;
  #chunks = 0;
  #bytes = 0;

  /** Bytes seen so far. */
  get byteLength(): number {
    return this.#bytes;
  }

  /** Adds the next bytes; they may be reused by the caller afterwards. */
  update(bytes: Uint8Array): this {
    this.#bytes += bytes.length;
    for (let from = 0; from < bytes.length;) {
      const take = Math.min(CHUNK_BYTES - this.#filled, bytes.length - from);
      this.#chunk.set(bytes.subarray(from, from + take), 1 + this.#filled);
      this.#filled += take;
      from += take;
      if (this.#filled === CHUNK_BYTES) this.#closeChunk();
    }
    return this;
  }

  /**
   * The root of everything added. The builder may not be used afterwards.
   *
   * @throws MalformedError `VECTOR_LENGTH` when the bytes are no multiple of 4.
   */
  root(): Hex32 {
    const length = elementsIn({ length: this.#bytes });
    if (this.#filled > 0 || this.#chunks === 0) this.#closeChunk();
    const preimage = Buffer.alloc(1 + 8 + HASH_BYTES);
    preimage[0] = ROOT;
    preimage.writeBigUInt64BE(BigInt(length), 1);
    preimage.set(this.#merkleRoot(), 9);
    return keccakHex(preimage);
  }

  #closeChunk(): void {
    this.#chunk[0] = LEAF;
    this.#chunk.fill(0, 1 + this.#filled);
    this.#filled = 0;
    let hash = keccak(this.#chunk);
    // One waiting left sibling per set bit of the number of chunks before this one, the lowest level on top.
    for (let before = this.#chunks++; before % 2 === 1; before = Math.floor(before / 2)) {
      hash = nodeOf(this.#stack.pop() ?? hash, hash);
    }
    this.#stack.push(hash);
  }

  /** Closes the tree with subtrees of zero chunks, from the lowest waiting subtree up. */
  #merkleRoot(): Uint8Array {
    let level = 0;
    let count = this.#chunks;
    while (count % 2 === 0) {
      count /= 2;
      level += 1;
    }
    let hash = this.#stack.pop() ?? zeroSubtree(0);
    for (; count > 1; level += 1) {
      const waits = count % 2 === 1 ? undefined : this.#stack.pop();
      hash = waits ? nodeOf(waits, hash) : nodeOf(hash, zeroSubtree(level));
      count = Math.ceil(count / 2);
    }
    return hash;
  }
}

const pair = new Uint8Array(1 + 2 * HASH_BYTES);

function nodeOf(left: Uint8Array, right: Uint8Array): Uint8Array {
  pair[0] = NODE;
  pair.set(left, 1);
  pair.set(right, 1 + HASH_BYTES);
  return keccak(pair);
}

const zeroSubtrees: Uint8Array[] = [];

/** Root of a full subtree of zero chunks, `level` levels above the leaves. */
function zeroSubtree(level: number): Uint8Array {
  for (let known = zeroSubtrees.length; known <= level; known++) {
    const below = zeroSubtrees[known - 1];
    zeroSubtrees.push(below ? nodeOf(below, below) : keccak(new Uint8Array(1 + CHUNK_BYTES)));
  }
  return zeroSubtrees[level] ?? new Uint8Array(HASH_BYTES);
}
