import { isFiniteBits } from './float32.ts';
import { NAN_BITS, fromRational, splitBits } from './rounding.ts';

/** Products are summed in units of 2^−160. */
export const PRODUCT_SCALE = 160;
const ONE_BITS = 0x3f800000;
/** Products reach NaN at 2^64, that is 2^224 units. */
const PRODUCT_LIMIT = 1n << 224n;

/**
 * The product of two float32 patterns in units of 2^−160, truncated towards zero.
 *
 * @returns nothing when an operand is not finite or the exact product is 2^64 or more in magnitude: the sum is NaN then
 */
export function product160(a: number, b: number): bigint | undefined {
  if (!isFiniteBits(a) || !isFiniteBits(b)) return undefined;
  const [left, right] = [splitBits(a), splitBits(b)];
  const shift = BigInt(left.exponent + right.exponent + PRODUCT_SCALE);
  const exact = BigInt(left.significand) * BigInt(right.significand);
  // below the unit there is nothing that could reach the limit
  const scaled = shift < 0n ? exact >> -shift : exact << shift;
  if (scaled >= PRODUCT_LIMIT) return undefined;
  return left.negative === right.negative ? scaled : -scaled;
}

/** The pattern of the float32 nearest to `sum · 2^−160 ÷ divisor`: the one rounding of a sum of products. */
export function dotResult(sum: bigint, divisor: bigint): number {
  return fromRational(sum < 0n, sum < 0n ? -sum : sum, divisor, -PRODUCT_SCALE);
}

/**
 * The definition of DOT over patterns: `Σ a_k·b_k + bias`, each product truncated on its own, then divided and rounded
 * once. NaN when any product, or the bias, is out of its limits.
 *
 * @param a as long as b
 * @param bias a product, too: bias · 1
 */
export function dotExact(a: ArrayLike<number>, b: ArrayLike<number>, bias = 0, divisor = 1n): number {
  let sum = product160(bias, ONE_BITS);
  for (let k = 0; k < a.length && sum !== undefined; k++) {
    const product = product160(a[k] ?? 0, b[k] ?? 0);
    sum = product === undefined ? undefined : sum + product;
  }
  return sum === undefined ? NAN_BITS : dotResult(sum, divisor);
}
