import type { TreeNodes } from '../../canonical/tree/tree-nodes.ts';
import { CHUNK_ELEMENTS, decodeInts, ELEMENT_BYTES, encodeInts } from '../../protocol/vector.ts';

/** Bit patterns in host order of a vector of big-endian elements. @throws MalformedError `VECTOR_LENGTH` */
export function bitsOfBytes(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(decodeInts(bytes).buffer);
}

/** A vector of big-endian elements of bit patterns in host order. */
export function bytesOfBits(bits: Uint32Array): Uint8Array {
  return encodeInts(new Int32Array(bits.buffer, bits.byteOffset, bits.length));
}

/** Bit pattern of an element of a vector of which the tree is known. */
export function elementOf(tree: TreeNodes, element: number): number {
  const chunk = tree.chunk(Math.floor(element / CHUNK_ELEMENTS));
  return new DataView(chunk.buffer, chunk.byteOffset).getUint32(ELEMENT_BYTES * (element % CHUNK_ELEMENTS));
}
