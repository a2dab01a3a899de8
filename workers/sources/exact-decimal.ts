import { sourceError } from './source-error.ts';

/** An exact rational number; the denominator is positive. */
export interface Exact {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/;
const MAX_TEXT = 80;
const MAX_EXPONENT = 60;
const LIMIT = 2n ** 127n;

/** @throws RemitError SOURCE_NO_VALUE when the text is no finite decimal number of at most 80 characters */
export function parseExact(text: string): Exact {
  const match = text.length <= MAX_TEXT ? DECIMAL.exec(text) : null;
  if (match === null) throw sourceError('SOURCE_NO_VALUE', `not a decimal number: ${text.slice(0, MAX_TEXT)}`);
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const power = Number(exponent) - fraction.length;
  if (Math.abs(Number(exponent)) > MAX_EXPONENT) throw sourceError('SOURCE_NO_VALUE', `exponent of ${text}`);
  const digits = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n);
  return power >= 0
    ? { numerator: digits * 10n ** BigInt(power), denominator: 1n }
    : { numerator: digits, denominator: 10n ** BigInt(-power) };
}

export const multiply = (a: Exact, b: Exact): Exact => ({
  numerator: a.numerator * b.numerator,
  denominator: a.denominator * b.denominator,
});

/** 1 / a. @throws RemitError SOURCE_NO_VALUE when a is zero */
export function invert(a: Exact): Exact {
  if (a.numerator === 0n) throw sourceError('SOURCE_NO_VALUE', 'zero has no inverse');
  return a.numerator > 0n
    ? { numerator: a.denominator, denominator: a.numerator }
    : { numerator: -a.denominator, denominator: -a.numerator };
}

/** a × 10^decimals, rounded once, half away from zero. @throws RemitError SOURCE_NO_VALUE beyond int128 */
export function scaleExact(a: Exact, decimals: number): bigint {
  const scaled = a.numerator * 10n ** BigInt(decimals);
  const size = scaled < 0n ? -scaled : scaled;
  const rounded = (2n * size + a.denominator) / (2n * a.denominator);
  if (rounded >= LIMIT) throw sourceError('SOURCE_NO_VALUE', 'the value does not fit int128');
  return scaled < 0n ? -rounded : rounded;
}
