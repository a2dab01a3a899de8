import { dotExact } from '../arithmetic/dot.ts';
import { bitsOf, floatOf } from '../arithmetic/float32.ts';
import type { DotCounters } from './counters.ts';

const UNIT = 2 ** -160;
const UNITS_PER_ONE = 2 ** 160;
/** From here on a product of two float32, of 48 bits at most, is a whole number of 2^−160. */
const WHOLE_FROM = 2 ** -112;
/** A product of this magnitude makes the sum NaN. */
const PRODUCT_LIMIT = 2 ** 64;
/** Below this, the norms show that no single product can reach the limit. */
export const SAFE_NORM = 2 ** 63;

/**
 * The factor and the addend of the error bound of a float64 sum of `length` products of float32, a bias, and the division:
 * `factor · (‖a‖₂·‖b‖₂ + |bias|) + addend`, twice what the additions need, so that it also covers the norms' own rounding. The
 * addend is what the truncation of the products takes away.
 */
export function errorBound(length: number): { factor: number; addend: number } {
  return { factor: (length + 2) * 2 ** -52, addend: length * UNIT };
}

/** Numbers some distance apart: `values[offset + k · step]`. */
export interface Strided {
  readonly values: Float32Array | Float64Array | Int32Array;
  readonly offset: number;
  readonly step: number;
}

/**
 * The sum of products for one element when float64 and its bound leave it open, or when a product could reach the limit:
 * a compensated sum that knows its own error, and integers when even that does not tell.
 *
 * @param length products in the sum
 * @param bias a float32
 * @param divisor at least 1
 * @returns the float32, or NaN
 */
export function settleDot(
  a: Strided,
  b: Strided,
  length: number,
  bias: number,
  divisor: number,
  counters: DotCounters,
): number {
  let high = 0;
  let low = 0;
  let lost = 0;
  // the bias is one more product, with 1
  for (let k = -1; k < length; k++) {
    let product = bias;
    if (k >= 0) {
      const x = a.values[a.offset + k * a.step] as number;
      const y = b.values[b.offset + k * b.step] as number;
      if (x - x !== 0 || y - y !== 0) return noNumber(counters);
      product = x * y;
    }
    const magnitude = Math.abs(product);
    if (!(magnitude < PRODUCT_LIMIT)) return noNumber(counters);
    if (magnitude < WHOLE_FROM) product = Math.trunc(product * UNITS_PER_ONE) * UNIT;
    // two sums without error (Knuth); what the second loses is all that is lost
    const sum = high + product;
    const part = sum - high;
    const error = high - (sum - part) + (product - part);
    high = sum;
    const rest = low + error;
    const restPart = rest - low;
    lost += Math.abs(low - (rest - restPart) + (error - restPart));
    low = rest;
  }
  const decided = roundedQuotient(high, low, lost, divisor);
  if (decided !== undefined) {
    counters.compensated += 1;
    return decided;
  }
  counters.exact += 1;
  return integerDot(a, b, length, bias, divisor);
}

function noNumber(counters: DotCounters): number {
  counters.compensated += 1;
  return NaN;
}

/**
 * The float32 nearest to `(high + low ± lost) / divisor`, when it is the same for the whole interval.
 * The remainder of a float64 division is exact, so a quotient that ends within two numbers is known to the last bit.
 */
function roundedQuotient(high: number, low: number, lost: number, divisor: number): number | undefined {
  let head = high + low;
  const part = head - high;
  let tail = high - (head - part) + (low - part);
  let error = lost === 0 ? 0 : lost * (1 + 2 ** -20) + Math.abs(tail) * 2 ** -52;
  if (divisor !== 1) {
    const quotient = head / divisor;
    const remainder = remainderOf(head, quotient, divisor) + tail;
    const rest = remainder / divisor;
    if (remainder !== 0 || error !== 0) error = (error / divisor) * (1 + 2 ** -20) + Math.abs(rest) * 2 ** -51;
    head = quotient + rest;
    tail = rest - (head - quotient);
  }
  const least = nearest(head, tail - error);
  return least === nearest(head, tail + error) ? least : undefined;
}

/** `head − quotient · divisor`, exact: Dekker's product in halves of 26 bits. */
function remainderOf(head: number, quotient: number, divisor: number): number {
  const product = quotient * divisor;
  const [qHigh, qLow] = halves(quotient);
  const [dHigh, dLow] = halves(divisor);
  const productError = qLow * dLow - (product - qHigh * dHigh - qLow * dHigh - qHigh * dLow);
  return head - product - productError;
}

function halves(x: number): [number, number] {
  const scaled = x * 134217729;
  const high = scaled - (scaled - x);
  return [high, x - high];
}

/** The float32 nearest to the exact `head + tail`, +0 for either zero. */
function nearest(first: number, second: number): number {
  const head = first + second;
  const part = head - first;
  const tail = first - (head - part) + (second - part);
  const rounded = Math.fround(head);
  const other = 2 * head - rounded;
  // the head lies in the middle of two float32: the tail decides
  if (tail !== 0 && rounded !== head && Math.fround(other) === other) {
    return (tail > 0 ? Math.max(rounded, other) : Math.min(rounded, other)) + 0;
  }
  return rounded + 0;
}

function integerDot(a: Strided, b: Strided, length: number, bias: number, divisor: number): number {
  const patterns = ({ values, offset, step }: Strided) =>
    Array.from({ length }, (_, k) => bitsOf(values[offset + k * step] as number));
  return floatOf(dotExact(patterns(a), patterns(b), bitsOf(bias), BigInt(divisor)));
}
