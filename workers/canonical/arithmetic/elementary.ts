import {
  ONE,
  alternatingSeries,
  atanhSeries,
  decode,
  errorSeries,
  exponential,
  logarithm,
  pade,
  quarterTurns,
  shifted,
} from './elementary-fixed.ts';
import { INFINITY_BITS, MAGNITUDE_MASK, NAN_BITS, SIGN_BIT, fromInteger } from './rounding.ts';

/*
 * The elementary functions of the judge on canonical float32 bits: the twin of `contracts/judge/Elementary.sol`, which decides
 * trials. Each is one pinned integer algorithm with one rounding at the end (docs/ARITHMETIC.md). Arguments and results are
 * canonical: zero is +0 and NaN is 0x7fc00000.
 */

const MINUS_INFINITY = 0xff800000;
const ONE_BITS = 0x3f800000;
const MINUS_ONE_BITS = 0xbf800000;
/** 2/√π in Q112, nearest. */
const TWO_OVER_SQRT_PI = 0x120dd750429b6d11ae3a914fed7fen;

/** Magnitudes, as bits, from which a function is constant or linear. */
const EIGHTH = 0x3e000000;
const HALF = 0x3f000000;
const FOUR = 0x40800000;
const SIXTEEN = 0x41800000;
const HUNDRED_TWENTY_EIGHT = 0x43000000;

const magnitudeOf = (bits: number): number => bits & MAGNITUDE_MASK;
const isNegative = (bits: number): boolean => bits >= SIGN_BIT;
const withSign = (value: bigint, negative: boolean): bigint => (negative ? -value : value);

/** |x| in Q112, rounded down; |x| < 2^8. */
function fixedMagnitude(bits: number): bigint {
  const { significand, exponent } = decode(bits);
  return shifted(significand, exponent + 112);
}

/** e^x. Overflows to infinity, underflows through the subnormals to 0. */
export function exp(bits: number): number {
  const magnitude = magnitudeOf(bits);
  if (magnitude > INFINITY_BITS) return NAN_BITS;
  if (magnitude >= HUNDRED_TWENTY_EIGHT) return isNegative(bits) ? 0 : INFINITY_BITS;
  const { mantissa, power } = exponential(withSign(fixedMagnitude(bits), isNegative(bits)));
  return fromInteger(mantissa, power - 112);
}

/** Natural logarithm; −∞ at 0, NaN below. */
export function log(bits: number): number {
  if (bits === 0) return MINUS_INFINITY;
  if (bits === INFINITY_BITS) return INFINITY_BITS;
  if (bits > INFINITY_BITS) return NAN_BITS;
  return fromInteger(logarithm(decode(bits)), -112);
}

/** Hyperbolic tangent. */
export function tanh(bits: number): number {
  const magnitude = magnitudeOf(bits);
  const negative = isNegative(bits);
  if (magnitude > INFINITY_BITS) return NAN_BITS;
  if (magnitude >= SIXTEEN) return negative ? MINUS_ONE_BITS : ONE_BITS;
  if (magnitude < EIGHTH) {
    const { significand, exponent } = decode(bits);
    const { even, odd } = pade(shifted(significand * significand, 2 * exponent + 114));
    return fromInteger(withSign(significand * ((odd << 112n) / even), negative), exponent - 111);
  }
  const { mantissa, power } = exponential(-2n * fixedMagnitude(bits));
  const small = mantissa >> BigInt(-power);
  return fromInteger(withSign(((ONE - small) << 112n) / (ONE + small), negative), -112);
}

/** The error function, 2/√π · ∫₀ˣ e^(−t²) dt. */
export function erf(bits: number): number {
  const magnitude = magnitudeOf(bits);
  const negative = isNegative(bits);
  if (magnitude > INFINITY_BITS) return NAN_BITS;
  if (magnitude >= FOUR) return negative ? MINUS_ONE_BITS : ONE_BITS;
  const { significand, exponent } = decode(bits);
  const series = errorSeries(shifted(significand * significand, 2 * exponent + 112));
  const scaled = (series * TWO_OVER_SQRT_PI) >> 112n;
  return fromInteger(withSign(significand * scaled, negative), exponent - 112);
}

/** 1 / (1 + e^−x). */
export function sigmoid(bits: number): number {
  const magnitude = magnitudeOf(bits);
  const negative = isNegative(bits);
  if (magnitude > INFINITY_BITS) return NAN_BITS;
  if (magnitude >= HUNDRED_TWENTY_EIGHT) return negative ? 0 : ONE_BITS;
  const { mantissa, power } = exponential(-fixedMagnitude(bits));
  const total = ONE + (mantissa >> BigInt(-power));
  return negative ? fromInteger((mantissa << 112n) / total, power - 112) : fromInteger((ONE << 112n) / total, -112);
}

/** ln(1 + e^x). */
export function softplus(bits: number): number {
  const magnitude = magnitudeOf(bits);
  const negative = isNegative(bits);
  if (magnitude > INFINITY_BITS) return NAN_BITS;
  if (magnitude >= HUNDRED_TWENTY_EIGHT) return negative ? 0 : bits;
  const x = fixedMagnitude(bits);
  const { mantissa, power } = exponential(-x);
  // ln(1 + t) = 2 atanh(t / (2 + t)); the quotient keeps t's own exponent, so that small t lose nothing
  const ratio = (mantissa << 112n) / (2n * ONE + (mantissa >> BigInt(-power)));
  const z = ratio >> BigInt(-power);
  const product = ratio * atanhSeries((z * z) >> 112n, 25);
  return negative ? fromInteger(product, power - 223) : fromInteger(x + (product >> BigInt(111 - power)), -112);
}

/** Sine of an angle in radians; NaN at infinity. */
export function sin(bits: number): number {
  const magnitude = magnitudeOf(bits);
  if (magnitude >= INFINITY_BITS) return NAN_BITS;
  if (magnitude >= HALF) return circular(bits, 0);
  const { negative, significand, exponent } = decode(bits);
  const series = alternatingSeries(shifted(significand * significand, 2 * exponent + 112), 24);
  return fromInteger(withSign(significand * series, negative), exponent - 112);
}

/** Cosine of an angle in radians; NaN at infinity. */
export function cos(bits: number): number {
  const magnitude = magnitudeOf(bits);
  if (magnitude >= INFINITY_BITS) return NAN_BITS;
  return circular(magnitude, 1);
}

/** sin(x + `ahead` · π/2). */
function circular(bits: number, ahead: number): number {
  const { negative, significand, exponent } = decode(bits);
  const { quarter, rest } = quarterTurns({ significand, exponent });
  const phase = (quarter + ahead) & 3;
  const square = (rest * rest) >> 142n;
  const flip = phase >= 2 !== negative;
  return phase % 2 === 1
    ? fromInteger(withSign(alternatingSeries(square, 23), flip), -112)
    : fromInteger(withSign(rest * alternatingSeries(square, 24), flip), -239);
}
