import { decodeInts, encodeInts } from '../../protocol/vector.ts';

/** Bit patterns in host order of a vector of big-endian elements. @throws MalformedError `VECTOR_LENGTH` */
export function bitsOfBytes(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(decodeInts(bytes).buffer);
}

/** A vector of big-endian elements of bit patterns in host order. */
export function bytesOfBits(bits: Uint32Array): Uint8Array {
  return encodeInts(new Int32Array(bits.buffer, bits.byteOffset, bits.length));
}
