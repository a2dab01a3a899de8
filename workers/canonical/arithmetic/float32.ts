import { INFINITY_BITS, MAGNITUDE_MASK, NAN_BITS, SIGN_BIT } from './rounding.ts';

/** One float32 and its pattern. */
const pattern = new Uint32Array(1);
const float = new Float32Array(pattern.buffer);

/** The canonical pattern of the float32 nearest to a number: −0 becomes +0, NaN `0x7fc00000`. */
export function bitsOf(value: number): number {
  float[0] = value;
  return canonical(pattern[0] ?? 0);
}

/** The float32 that a pattern means; −0 becomes +0. */
export function floatOf(bits: number): number {
  pattern[0] = bits;
  return (float[0] ?? 0) + 0;
}

/** −0 becomes +0, every NaN becomes `0x7fc00000`, any other pattern stays. */
export function canonical(bits: number): number {
  const magnitude = bits & MAGNITUDE_MASK;
  if (magnitude > INFINITY_BITS) return NAN_BITS;
  return magnitude === 0 ? 0 : bits;
}

/** Whether a pattern is one of NaN. */
export function isNaNBits(bits: number): boolean {
  return (bits & MAGNITUDE_MASK) > INFINITY_BITS;
}

/** Whether a pattern is neither of an infinity nor of NaN. */
export function isFiniteBits(bits: number): boolean {
  return (bits & MAGNITUDE_MASK) < INFINITY_BITS;
}

/** A number in [0, 2^32) that grows with the float of a pattern; 0 for NaN, which is below everything. */
export function orderKey(bits: number): number {
  const magnitude = bits & MAGNITUDE_MASK;
  if (magnitude > INFINITY_BITS) return 0;
  return bits < SIGN_BIT ? SIGN_BIT + magnitude : SIGN_BIT - magnitude;
}

/**
 * Arithmetic on canonical float32 numbers (no −0) by the processor's own: rounding the float64 result once more gives the
 * float32 nearest to the exact one, because 53 ≥ 2 · 24 + 2 (Figueroa, "When is double rounding innocuous?", 1995).
 * Results are canonical; the exact reference is `twin`.
 */
export const fast = {
  add: (a: number, b: number): number => Math.fround(a + b) + 0,
  sub: (a: number, b: number): number => Math.fround(a - b) + 0,
  mul: (a: number, b: number): number => Math.fround(a * b) + 0,
  /** a ÷ 0 is the infinity with the sign of a, 0 ÷ 0 is NaN. */
  div: (a: number, b: number): number => Math.fround(a / b) + 0,
  /** Of anything below zero NaN. */
  sqrt: (x: number): number => Math.fround(Math.sqrt(x)),
  /** The remainder of the truncated division, with the sign of a; exact. */
  fmod: (a: number, b: number): number => (a % b) + 0,
  /** NaN when either is NaN. */
  min: (a: number, b: number): number => Math.min(a, b),
  max: (a: number, b: number): number => Math.max(a, b),
  neg: (x: number): number => -x + 0,
  abs: (x: number): number => Math.abs(x),
  /** −1, 0 or 1; NaN of NaN. */
  sign: (x: number): number => Math.sign(x),
  floor: (x: number): number => Math.floor(x),
  ceil: (x: number): number => Math.ceil(x) + 0,
  trunc: (x: number): number => Math.trunc(x) + 0,
  /** The nearest integer; of two equally near the even one. */
  roundHalfEven: (x: number): number => {
    const below = Math.floor(x);
    const rest = x - below;
    if (rest < 0.5) return below;
    return rest > 0.5 || below % 2 !== 0 ? below + 1 + 0 : below;
  },
  /** The float32 nearest to an int32. */
  fromInt32: (x: number): number => Math.fround(x),
  /** The int32 next to x towards zero; the nearest limit when x is beyond them, 0 for NaN. */
  toInt32: (x: number): number => {
    if (Number.isNaN(x)) return 0;
    return Math.trunc(Math.min(Math.max(x, -0x80000000), 0x7fffffff)) + 0;
  },
} as const;
