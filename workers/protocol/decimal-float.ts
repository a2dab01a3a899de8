const MANTISSA_BITS = 24;
const SIGN = 0x80000000;
const BIAS = 127;

/**
 * `value / 10^decimals` as the bits of the nearest float32, ties to even (IEEE 754-2019, 4.3.1), in exact integers. Twin of
 * `contracts/libraries/DecimalFloat.sol`.
 *
 * @param value an int128
 * @param decimals at most 18
 */
export function decimalFloatBits(value: bigint, decimals: number): number {
  if (value === 0n) return 0;
  const magnitude = value < 0n ? -value : value;
  const divisor = 10n ** BigInt(decimals);
  // Enough bits that every quotient has more than a mantissa holds; what the division leaves is a sticky bit.
  const scaled = magnitude << 128n;
  const quotient = scaled / divisor;
  const inexact = scaled % divisor !== 0n;
  const top = quotient.toString(2).length - 1;
  const shift = BigInt(top - MANTISSA_BITS + 1);
  const mantissa = quotient >> shift;
  const rest = quotient - (mantissa << shift);
  const half = 1n << (shift - 1n);
  const up = rest > half || (rest === half && (inexact || (mantissa & 1n) === 1n));
  const exponent = top - 128 + BIAS;
  // A carry out of the mantissa raises the exponent.
  const bits = (BigInt(exponent) << 23n) + mantissa - (1n << 23n) + (up ? 1n : 0n);
  return Number(bits) + (value < 0n ? SIGN : 0);
}
