import { RemitError } from '../../runtime/errors.ts';
import { SPACE, type Reference } from '../plan/instruction.ts';

/** The elements of one vector, as floats and as integers: two views of the same memory. */
export interface Elements {
  readonly f32: Float32Array;
  readonly i32: Int32Array;
}

/** The vectors that instructions read, and the trace that they write. */
export interface Spaces {
  readonly input: Elements;
  readonly weights: Elements;
  readonly trace: Elements;
}

/** Positions are int32, which keeps the inner loops in registers. */
const MOST_ELEMENTS = 0x7fffffff;

/**
 * Views of a vector of bit patterns in host order; nothing is copied.
 *
 * @throws {RemitError} `CANONICAL_VECTOR_TOO_LONG` beyond 2^31 − 1 elements
 */
export function elementsOf(bits: Uint32Array): Elements {
  if (bits.length > MOST_ELEMENTS) throw tooLong(bits.length);
  return {
    f32: new Float32Array(bits.buffer, bits.byteOffset, bits.length),
    i32: new Int32Array(bits.buffer, bits.byteOffset, bits.length),
  };
}

/** A vector of zeros. */
export function newElements(length: number): Elements {
  if (length > MOST_ELEMENTS) throw tooLong(length);
  const f32 = new Float32Array(length);
  return { f32, i32: new Int32Array(f32.buffer) };
}

/** The vector that a reference reads. */
export function spaceOf(spaces: Spaces, space: Reference['space']): Elements {
  if (space === SPACE.INPUT) return spaces.input;
  return space === SPACE.WEIGHT ? spaces.weights : spaces.trace;
}

/** Writes −0 as +0 and every NaN as `0x7fc00000`, as every float is written. */
export function canonicalise(elements: Int32Array, from: number, count: number): void {
  for (let i = from; i < from + count; i++) {
    const bits = elements[i] as number;
    if ((bits & 0x7fffffff) > 0x7f800000) elements[i] = 0x7fc00000;
    else if (bits === -0x80000000) elements[i] = 0;
  }
}

function tooLong(length: number): RemitError {
  return new RemitError({
    code: 'CANONICAL_VECTOR_TOO_LONG',
    message: `a vector of ${length} elements is longer than ${MOST_ELEMENTS}, the most that a canonical run holds`,
    fix: 'choose a smaller model, or smaller input shapes',
  });
}
