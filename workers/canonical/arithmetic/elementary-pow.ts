import { type Decoded, decode, exponential, logarithm, shifted } from './elementary-fixed.ts';
import { INFINITY_BITS, MAGNITUDE_MASK, NAN_BITS, SIGN_BIT, fromInteger } from './rounding.ts';

const MINUS_INFINITY = 0xff800000;
const ONE_BITS = 0x3f800000;
const MINUS_ONE_BITS = 0xbf800000;
/** |y · ln x| in Q112 from which the power is infinite or 0. */
const LIMIT = 128n << 112n;

type Parity = 'fraction' | 'even' | 'odd';

function parityOf({ significand, exponent }: Decoded): Parity {
  if (exponent > 0) return 'even';
  const unit = 1n << BigInt(-exponent);
  if (significand % unit !== 0n) return 'fraction';
  return (significand / unit) % 2n === 0n ? 'even' : 'odd';
}

/**
 * x^y on canonical float32 bits, with the special cases of C's `pow` where zero has no sign: x^0 = 1^y = 1 even for NaN,
 * 0^y = +∞ for negative y, NaN for a negative base and a fractional exponent. The twin of `Elementary.pow`.
 *
 * The result is rounded to 64 fraction bits first: it is far nearer than that to every power that is a float32, or lies half
 * way between two, and those come out exact.
 */
export function pow(x: number, y: number): number {
  if (y === 0 || x === ONE_BITS) return ONE_BITS;
  const magnitudeX = x & MAGNITUDE_MASK;
  const magnitudeY = y & MAGNITUDE_MASK;
  if (magnitudeX > INFINITY_BITS || magnitudeY > INFINITY_BITS) return NAN_BITS;
  const shrinks = y >= SIGN_BIT;
  if (magnitudeY === INFINITY_BITS) {
    if (x === MINUS_ONE_BITS) return ONE_BITS;
    return magnitudeX > ONE_BITS !== shrinks ? INFINITY_BITS : 0;
  }
  if (x === 0) return shrinks ? INFINITY_BITS : 0;
  const exponent = decode(y);
  const parity = parityOf(exponent);
  const negative = x >= SIGN_BIT && parity === 'odd';
  const infinity = negative ? MINUS_INFINITY : INFINITY_BITS;
  if (magnitudeX === INFINITY_BITS) return shrinks ? 0 : infinity;
  if (x >= SIGN_BIT && parity === 'fraction') return NAN_BITS;

  const factor = shrinks ? -exponent.significand : exponent.significand;
  const product = shifted(logarithm(decode(x)) * factor, exponent.exponent);
  if (product >= LIMIT) return infinity;
  if (product <= -LIMIT) return 0;
  const { mantissa, power } = exponential(product);
  const rounded = (mantissa + (1n << 47n)) >> 48n;
  return fromInteger(negative ? -rounded : rounded, power - 64);
}
