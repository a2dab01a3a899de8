/** The pattern of the only NaN that is ever written. */
export const NAN_BITS = 0x7fc00000;
export const INFINITY_BITS = 0x7f800000;
export const SIGN_BIT = 0x80000000;
export const MAGNITUDE_MASK = 0x7fffffff;

const SIGNIFICAND_BITS = 24;
/** A float32 is a whole number of units of 2^−149. */
const MIN_EXPONENT = -149;
const MAX_EXPONENT = 127;
/** Beyond this, a quotient of numbers below 2^256 and 2^64 overflows or vanishes whatever they are. */
const EXPONENT_LIMIT = 1024;

/**
 * Splits a finite pattern: its value is `significand · 2^exponent`, negative when `negative`. The significand has at most
 * 24 bits; zero and subnormal numbers have exponent −149.
 */
export function splitBits(bits: number): { negative: boolean; significand: number; exponent: number } {
  const field = (bits >>> 23) & 0xff;
  const fraction = bits & 0x7fffff;
  return {
    negative: bits >= SIGN_BIT,
    significand: field === 0 ? fraction : fraction | 0x800000,
    exponent: Math.max(field, 1) - 150,
  };
}

/** Digits of a number ≥ 0 in base 2; 0 of 0. */
export function bitLength(value: bigint): number {
  if (value === 0n) return 0;
  const hex = value.toString(16);
  return 4 * hex.length - Math.clz32(Number.parseInt(hex.charAt(0), 16)) + 28;
}

/**
 * The pattern of the float32 nearest to `± numerator ÷ denominator · 2^exponent2`, ties to even, subnormal results rounded
 * once like all others; too large ones are infinite. Division by 0 gives NaN of 0 and the infinity of the sign of the rest.
 *
 * @param numerator in [0, 2^256)
 * @param denominator in [0, 2^64]
 * @param exponent2 any integer that a number holds exactly
 */
export function fromRational(negative: boolean, numerator: bigint, denominator: bigint, exponent2: number): number {
  const signBit = negative ? SIGN_BIT : 0;
  if (denominator === 0n) return numerator === 0n ? NAN_BITS : INFINITY_BITS + signBit;
  if (numerator === 0n || exponent2 < -EXPONENT_LIMIT) return 0;
  if (exponent2 > EXPONENT_LIMIT) return INFINITY_BITS + signBit;
  // 2^exponent ≤ value < 2^(exponent + 2): with the smaller unit of the two the quotient has 24 bits or 25
  const exponent = bitLength(numerator) - bitLength(denominator) - 1 + exponent2;
  let unit = Math.max(exponent - SIGNIFICAND_BITS + 1, MIN_EXPONENT);
  let rounded = roundedQuotient(numerator, denominator, exponent2 - unit);
  if (rounded >> 24n !== 0n) {
    // once too long, or 2^24 itself, which the unit above holds as well
    unit += 1;
    rounded = roundedQuotient(numerator, denominator, exponent2 - unit);
  }
  return encode(Number(rounded), unit, signBit);
}

/** The pattern of the float32 nearest to `value · 2^exponent2`, ties to even. Any value, of any length. */
export function fromInteger(value: bigint, exponent2: number): number {
  return fromRational(value < 0n, value < 0n ? -value : value, 1n, exponent2);
}

/** The integer nearest to `numerator ÷ denominator · 2^shift`, ties to even. */
function roundedQuotient(numerator: bigint, denominator: bigint, shift: number): bigint {
  const dividend = shift > 0 ? numerator << BigInt(shift) : numerator;
  const divisor = shift < 0 ? denominator << BigInt(-shift) : denominator;
  const quotient = dividend / divisor;
  const twice = 2n * (dividend - quotient * divisor);
  return twice > divisor || (twice === divisor && (quotient & 1n) === 1n) ? quotient + 1n : quotient;
}

/** The pattern of `significand · 2^unit`: at most 2^24, and below 2^23 only where the unit is the smallest. */
function encode(significand: number, unit: number, signBit: number): number {
  if (significand === 0) return 0;
  // a significand with the hidden bit adds one to the exponent field, 2^24 adds two
  const bits = (unit - MIN_EXPONENT) * 2 ** 23 + significand;
  return (unit > MAX_EXPONENT ? INFINITY_BITS : Math.min(bits, INFINITY_BITS)) + signBit;
}
