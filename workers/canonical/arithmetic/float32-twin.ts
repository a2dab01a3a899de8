import { canonical, isFiniteBits, isNaNBits, orderKey } from './float32.ts';
import {
  INFINITY_BITS,
  MAGNITUDE_MASK,
  NAN_BITS,
  SIGN_BIT,
  bitLength,
  fromInteger,
  fromRational,
  splitBits,
} from './rounding.ts';

const ONE_BITS = 0x3f800000;
/** Every finite float32 is a whole number of these: 2^−149. */
const UNIT = -149;

const signOf = (bits: number): number => (bits >= SIGN_BIT ? SIGN_BIT : 0);
const truth = (condition: boolean): number => (condition ? 1 : 0);

/** A finite float32 in units of 2^−149. */
function unitsOf(bits: number): bigint {
  const { negative, significand, exponent } = splitBits(bits);
  const units = BigInt(significand) << BigInt(exponent - UNIT);
  return negative ? -units : units;
}

/** The largest integer whose square is at most `value`. */
function integerRoot(value: bigint): bigint {
  if (value === 0n) return 0n;
  let root = 1n << BigInt((bitLength(value) + 1) >> 1);
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** Applies a rule for integers to a finite number given in units; others stay what they are. */
function integral(bits: number, rule: (units: bigint, one: bigint) => bigint): number {
  if (!isFiniteBits(bits)) return canonical(bits);
  return fromInteger(rule(unitsOf(bits), 1n << BigInt(-UNIT)), 0);
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}

function add(a: number, b: number): number {
  if (isFiniteBits(a) && isFiniteBits(b)) return fromInteger(unitsOf(a) + unitsOf(b), UNIT);
  if (isNaNBits(a) || isNaNBits(b)) return NAN_BITS;
  if (isFiniteBits(a)) return b;
  return isFiniteBits(b) || a === b ? a : NAN_BITS;
}

function mul(a: number, b: number): number {
  if (isFiniteBits(a) && isFiniteBits(b)) return fromInteger(unitsOf(a) * unitsOf(b), 2 * UNIT);
  if (isNaNBits(a) || isNaNBits(b) || canonical(a) === 0 || canonical(b) === 0) return NAN_BITS;
  return INFINITY_BITS + (signOf(a) === signOf(b) ? 0 : SIGN_BIT);
}

function div(a: number, b: number): number {
  if (isNaNBits(a) || isNaNBits(b)) return NAN_BITS;
  const negative = signOf(a) !== signOf(b);
  if (!isFiniteBits(b)) return isFiniteBits(a) ? 0 : NAN_BITS;
  if (canonical(b) === 0) return canonical(a) === 0 ? NAN_BITS : INFINITY_BITS + signOf(a);
  if (!isFiniteBits(a)) return INFINITY_BITS + (negative ? SIGN_BIT : 0);
  const [dividend, divisor] = [splitBits(a), splitBits(b)];
  return fromRational(
    negative,
    BigInt(dividend.significand),
    BigInt(divisor.significand),
    dividend.exponent - divisor.exponent,
  );
}

function sqrt(x: number): number {
  if (canonical(x) === 0) return 0;
  if (isNaNBits(x) || x >= SIGN_BIT) return NAN_BITS;
  if (!isFiniteBits(x)) return x;
  // √(units · 2^−149) = √(units · 2^51) · 2^−100; the root has 26 bits or more, and the last stands for all that follow
  const square = unitsOf(x) << 51n;
  const root = integerRoot(square);
  return fromInteger(2n * root + (root * root === square ? 0n : 1n), -101);
}

function fmod(a: number, b: number): number {
  if (!isFiniteBits(a) || isNaNBits(b) || canonical(b) === 0) return NAN_BITS;
  return isFiniteBits(b) ? fromInteger(unitsOf(a) % unitsOf(b), UNIT) : canonical(a);
}

function smaller(a: number, b: number): number {
  if (isNaNBits(a) || isNaNBits(b)) return NAN_BITS;
  return canonical(orderKey(a) < orderKey(b) ? a : b);
}

function larger(a: number, b: number): number {
  if (isNaNBits(a) || isNaNBits(b)) return NAN_BITS;
  return canonical(orderKey(a) > orderKey(b) ? a : b);
}

function roundHalfEven(x: number): number {
  return integral(x, (units, one) => {
    const below = floorDivide(units, one);
    const twice = 2n * (units - below * one);
    return twice > one || (twice === one && (below & 1n) === 1n) ? below + 1n : below;
  });
}

function toInt32(x: number): number {
  if (isNaNBits(x)) return 0;
  if (!isFiniteBits(x)) return x >= SIGN_BIT ? 0x80000000 : 0x7fffffff;
  const whole = unitsOf(x) / (1n << BigInt(-UNIT));
  const limited = whole > 0x7fffffffn ? 0x7fffffffn : whole < -0x80000000n ? -0x80000000n : whole;
  return Number(BigInt.asUintN(32, limited));
}

/**
 * Canonical float32 arithmetic on patterns, by exact integers and one rounding: what `Float32.sol` must compute and what
 * `fast` must agree with. Patterns are numbers in [0, 2^32); comparisons give 1 or 0, NaN compares false.
 */
export const twin = {
  canonical,
  add,
  sub: (a: number, b: number): number => add(a, (b ^ SIGN_BIT) >>> 0),
  mul,
  div,
  sqrt,
  fmod,
  min: smaller,
  max: larger,
  eq: (a: number, b: number): number => truth(!isNaNBits(a) && orderKey(a) === orderKey(b)),
  lt: (a: number, b: number): number => truth(!isNaNBits(a) && orderKey(a) < orderKey(b)),
  le: (a: number, b: number): number => truth(!isNaNBits(a) && orderKey(a) <= orderKey(b)),
  orderKey,
  neg: (x: number): number => canonical((x ^ SIGN_BIT) >>> 0),
  abs: (x: number): number => canonical(x & MAGNITUDE_MASK),
  sign: (x: number): number => (isNaNBits(x) ? NAN_BITS : canonical(x) === 0 ? 0 : ONE_BITS + signOf(x)),
  floor: (x: number): number => integral(x, floorDivide),
  ceil: (x: number): number => integral(x, (units, one) => -floorDivide(-units, one)),
  trunc: (x: number): number => integral(x, (units, one) => units / one),
  roundHalfEven,
  fromInt32: (x: number): number => fromInteger(BigInt(x | 0), 0),
  toInt32,
} as const;
