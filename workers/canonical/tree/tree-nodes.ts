import type { Hex32 } from '../../protocol/ids.ts';
import { keccak } from '../../protocol/keccak.ts';
import { CHUNK_BYTES, CHUNK_ELEMENTS } from '../../protocol/vector.ts';

export const HASH_BYTES = 32;

/** What an opening is made of: the chunks and the nodes of one tree, by height above the chunks. */
export interface TreeNodes {
  /** height of the root: the chunks are padded to 2^depth */
  readonly depth: number;
  /** 256 bytes, big-endian elements */
  chunk(index: number): Uint8Array;
  /** 32 bytes */
  node(height: number, index: number): Uint8Array;
}

/** Chunks of a vector of `length` elements; the empty vector has one. */
export function chunksIn(length: number): number {
  return Math.max(1, Math.ceil(length / CHUNK_ELEMENTS));
}

/** Height of the tree over a vector of `length` elements. */
export function depthOf(length: number): number {
  let depth = 0;
  for (let width = 1; width < chunksIn(length); width *= 2) depth++;
  return depth;
}

/** `keccak256(0x00 ‖ chunk)`. */
export function leafOf(chunk: Uint8Array): Uint8Array {
  const tagged = new Uint8Array(1 + CHUNK_BYTES);
  tagged.set(chunk, 1);
  return keccak(tagged);
}

/** `keccak256(0x01 ‖ left ‖ right)`. */
export function nodeOf(left: Uint8Array, right: Uint8Array): Uint8Array {
  const tagged = new Uint8Array(1 + 2 * HASH_BYTES);
  tagged[0] = 0x01;
  tagged.set(left, 1);
  tagged.set(right, 1 + HASH_BYTES);
  return keccak(tagged);
}

const zeros: Uint8Array[] = [leafOf(new Uint8Array(CHUNK_BYTES))];

/** The root of a subtree of zero chunks. */
export function zeroNode(height: number): Uint8Array {
  for (let at = zeros.length; at <= height; at++) {
    const below = zeros[at - 1] ?? new Uint8Array(HASH_BYTES);
    zeros.push(nodeOf(below, below));
  }
  return zeros[height] ?? new Uint8Array(HASH_BYTES);
}

export const hexOfHash = (hash: Uint8Array): Hex32 => `0x${Buffer.from(hash).toString('hex')}` as Hex32;

/** `keccak256(0x02 ‖ uint64 length ‖ merkleRoot)`. */
export function rootOfTree(length: number, merkleRoot: Uint8Array): Hex32 {
  const tagged = Buffer.alloc(1 + 8 + HASH_BYTES);
  tagged[0] = 0x02;
  tagged.writeBigUInt64BE(BigInt(length), 1);
  tagged.set(merkleRoot, 9);
  return hexOfHash(keccak(tagged));
}
