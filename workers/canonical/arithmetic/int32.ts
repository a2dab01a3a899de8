const MASK = 0xffffffffn;

/** Arithmetic on int32 numbers: sums and products wrap, division truncates, division by zero gives 0. */
export const int32 = {
  add: (a: number, b: number): number => (a + b) | 0,
  sub: (a: number, b: number): number => (a - b) | 0,
  mul: (a: number, b: number): number => Math.imul(a, b),
  /** The smallest number ÷ −1 wraps to itself. */
  div: (a: number, b: number): number => (a / b) | 0,
  /** The remainder of the floored division, with the sign of b, as in Python. */
  mod: (a: number, b: number): number => {
    if (b === 0) return 0;
    const rest = (a % b) | 0;
    return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
  },
  /** The remainder of the truncated division, with the sign of a, as in C. */
  rem: (a: number, b: number): number => (a % b) | 0,
  /** Wrapped; with a negative exponent 0, but 1 of 1 and ±1 of −1. */
  pow: (base: number, exponent: number): number => {
    if (exponent < 0) return base === 1 ? 1 : base === -1 ? ((exponent & 1) === 0 ? 1 : -1) : 0;
    let [result, square] = [1, base];
    for (let rest = exponent; rest > 0; rest >>>= 1) {
      if ((rest & 1) === 1) result = Math.imul(result, square);
      square = Math.imul(square, square);
    }
    return result;
  },
  min: (a: number, b: number): number => Math.min(a, b),
  max: (a: number, b: number): number => Math.max(a, b),
  eq: (a: number, b: number): number => (a === b ? 1 : 0),
  lt: (a: number, b: number): number => (a < b ? 1 : 0),
  le: (a: number, b: number): number => (a <= b ? 1 : 0),
  and: (a: number, b: number): number => a & b,
  or: (a: number, b: number): number => a | b,
  xor: (a: number, b: number): number => a ^ b,
  /** The smallest number wraps to itself. */
  neg: (x: number): number => -x | 0,
  /** The smallest number wraps to itself. */
  abs: (x: number): number => Math.abs(x) | 0,
  /** −1, 0 or 1. */
  sign: (x: number): number => Math.sign(x) | 0,
} as const;

/** A function of two's complement patterns in [0, 2^32) out of one of integers. */
const unary =
  (rule: (x: bigint) => bigint) =>
  (x: number): number =>
    Number(rule(BigInt(x | 0)) & MASK);
const binary =
  (rule: (a: bigint, b: bigint) => bigint) =>
  (a: number, b: number): number =>
    Number(rule(BigInt(a | 0), BigInt(b | 0)) & MASK);
const truth = (condition: boolean): bigint => (condition ? 1n : 0n);

function power(base: bigint, exponent: bigint): bigint {
  if (exponent < 0n) return base === 1n || base === -1n ? power(base, -exponent) : 0n;
  let result = 1n;
  for (let bit = 31n; bit >= 0n; bit--) {
    result = (result * result) & MASK;
    if (((exponent >> bit) & 1n) === 1n) result = (result * base) & MASK;
  }
  return result;
}

/** The same on patterns in [0, 2^32), by integers of any length: what `Int32.sol` must compute. */
export const int32Twin = {
  add: binary((a, b) => a + b),
  sub: binary((a, b) => a - b),
  mul: binary((a, b) => a * b),
  div: binary((a, b) => (b === 0n ? 0n : a / b)),
  mod: binary((a, b) => (b === 0n ? 0n : ((a % b) + b) % b)),
  rem: binary((a, b) => (b === 0n ? 0n : a % b)),
  pow: binary(power),
  min: binary((a, b) => (a < b ? a : b)),
  max: binary((a, b) => (a > b ? a : b)),
  eq: binary((a, b) => truth(a === b)),
  lt: binary((a, b) => truth(a < b)),
  le: binary((a, b) => truth(a <= b)),
  and: binary((a, b) => a & b),
  or: binary((a, b) => a | b),
  xor: binary((a, b) => a ^ b),
  neg: unary((x) => -x),
  abs: unary((x) => (x < 0n ? -x : x)),
  sign: unary((x) => truth(x > 0n) - truth(x < 0n)),
} as const;
