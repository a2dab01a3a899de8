import { endianness } from 'node:os';
import { MalformedError } from './malformed.ts';

/** Every element is 4 bytes, big-endian: an IEEE-754 binary32 or a two's complement int32. */
export const ELEMENT_BYTES = 4;
/** Elements in one leaf of a vector's tree. Inputs and outputs start at multiples of it inside their vector. */
export const CHUNK_ELEMENTS = 64;
export const CHUNK_BYTES = CHUNK_ELEMENTS * ELEMENT_BYTES;
/** The only NaN that is ever written: quiet, positive, no payload. */
export const CANONICAL_NAN = 0x7fc00000;

const NEGATIVE_ZERO = 0x80000000;
const HOST_IS_LITTLE = endianness() === 'LE';

/**
 * Encodes float32 numbers in their canonical form: −0 becomes +0, every NaN becomes `0x7fc00000`. Numbers that are not
 * float32 yet are rounded to nearest, ties to even; beyond its range they become infinite.
 */
export function encodeFloats(values: ArrayLike<number>): Uint8Array {
  const bits = new Uint32Array(new Float32Array(values).buffer);
  for (let i = 0; i < bits.length; i++) bits[i] = canonicalBits(bits[i] ?? 0);
  return swapped(bits);
}

/**
 * Encodes int32 numbers (bool, int8, uint8, int16 and uint16 widen to them).
 *
 * @throws MalformedError `VECTOR_INT_RANGE` for anything that is not an integer in [−2^31, 2^31).
 */
export function encodeInts(values: ArrayLike<number>): Uint8Array {
  const ints = new Int32Array(values);
  const at = ints.findIndex((int, i) => int !== values[i]);
  if (at >= 0) {
    throw new MalformedError({
      code: 'VECTOR_INT_RANGE',
      message: `expected an int32 at element ${at}, got ${String(values[at])}`,
      fix: 'give whole numbers from -2147483648 to 2147483647',
      context: { element: at },
    });
  }
  return swapped(new Uint32Array(ints.buffer));
}

/** Decodes float32 elements, canonicalised as they are read (see `encodeFloats`). @throws MalformedError `VECTOR_LENGTH` */
export function decodeFloats(bytes: Uint8Array): Float32Array {
  const bits = bitsOfVector(bytes);
  for (let i = 0; i < bits.length; i++) bits[i] = canonicalBits(bits[i] ?? 0);
  return new Float32Array(bits.buffer);
}

/** Decodes int32 elements. @throws MalformedError `VECTOR_LENGTH` */
export function decodeInts(bytes: Uint8Array): Int32Array {
  return new Int32Array(bitsOfVector(bytes).buffer);
}

/** How many elements an encoded vector has. @throws MalformedError `VECTOR_LENGTH` when its bytes are no multiple of 4. */
export function elementsIn(bytes: { readonly length: number }): number {
  if (bytes.length % ELEMENT_BYTES === 0) return bytes.length / ELEMENT_BYTES;
  throw new MalformedError({
    code: 'VECTOR_LENGTH',
    message: `expected a vector of 4-byte elements, got ${bytes.length} bytes`,
    fix: 'encode every element as 4 big-endian bytes, float32 or int32',
  });
}

/** The canonical bit pattern of a float32 bit pattern. */
export function canonicalBits(bits: number): number {
  if (bits === NEGATIVE_ZERO) return 0;
  return (bits & 0x7fffffff) > 0x7f800000 ? CANONICAL_NAN : bits;
}

/** Bit pattern of a number rounded to float32, canonical, as an unsigned integer. */
export function bitsOfFloat(value: number): number {
  scratch.setFloat32(0, value);
  return canonicalBits(scratch.getUint32(0));
}

/** The float32 with this bit pattern. */
export function floatOfBits(bits: number): number {
  scratch.setUint32(0, bits);
  return scratch.getFloat32(0);
}

const scratch = new DataView(new ArrayBuffer(ELEMENT_BYTES));

/** Where each tensor of a vector starts, and how long the whole vector is; all in elements. */
export interface VectorLayout {
  readonly starts: readonly number[];
  /** Up to the end of the last tensor, the gaps between tensors included. */
  readonly length: number;
}

/** Lays tensors out one after another, each aligned to 64 elements. Gaps hold zeros. */
export function alignedStarts(lengths: readonly number[]): VectorLayout {
  let end = 0;
  const starts = lengths.map((length) => {
    const start = Math.ceil(end / CHUNK_ELEMENTS) * CHUNK_ELEMENTS;
    end = start + length;
    return start;
  });
  return { starts, length: end };
}

/** Puts encoded tensors together into one vector, each aligned to 64 elements, zeros between. */
export function joinTensors(tensors: readonly Uint8Array[]): Uint8Array {
  const { starts, length } = alignedStarts(tensors.map(elementsIn));
  const vector = new Uint8Array(length * ELEMENT_BYTES);
  tensors.forEach((tensor, i) => {
    vector.set(tensor, (starts[i] ?? 0) * ELEMENT_BYTES);
  });
  return vector;
}

function bitsOfVector(bytes: Uint8Array): Uint32Array {
  elementsIn(bytes);
  const copy = new Uint8Array(bytes);
  if (HOST_IS_LITTLE) Buffer.from(copy.buffer).swap32();
  return new Uint32Array(copy.buffer);
}

function swapped(bits: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(bits.buffer, bits.byteOffset, bits.byteLength);
  if (HOST_IS_LITTLE) Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).swap32();
  return bytes;
}
