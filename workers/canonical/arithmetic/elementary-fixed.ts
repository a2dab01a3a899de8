import { splitBits } from './rounding.ts';

/**
 * The integer cores of the elementary functions, step for step what `contracts/judge/Elementary.sol` does. Numbers are fixed
 * point with 112 fraction bits ("Q112") unless a name says otherwise; `>>` rounds down, `/` truncates. Pinned in docs/ARITHMETIC.md.
 */

/** 1 in Q112. */
export const ONE = 1n << 112n;
/** ln 2, nearest. */
export const LN2 = 0xb17217f7d1cf79abc9e3b39803f3n;
/** 1 / ln 2, nearest. */
const INVERSE_LN2 = 0x171547652b82fe1777d0ffda0d23an;
/** π / 2, nearest. */
const HALF_PI = 0x1921fb54442d18469898cc51701b8n;
/** 2 / π with 256 fraction bits, rounded down. */
const TWO_OVER_PI = 0xa2f9836e4e441529fc2757d1f534ddc0db6295993c439041fe5163abdebbc561n;
/** A 24-bit significand above this one is nearer to its next power of two: floor(√2 · 2^23). */
const SQRT2_SIGNIFICAND = 0xb504f3n;

/** A number `significand · 2^exponent`, the significand below 2^24. */
export interface Decoded {
  readonly negative: boolean;
  readonly significand: bigint;
  readonly exponent: number;
}

/** The exact value of a finite pattern. */
export function decode(bits: number): Decoded {
  const { negative, significand, exponent } = splitBits(bits);
  return { negative, significand: BigInt(significand), exponent };
}

/** `value · 2^shift`, rounded down. */
export function shifted(value: bigint, shift: number): bigint {
  return shift >= 0 ? value << BigInt(shift) : value >> BigInt(-shift);
}

/**
 * Even part P and odd part over r, Q, of the numerator of the [8/8] Padé approximant of e^r:
 * e^r = (P + r·Q) / (P − r·Q), and tanh(r/2) = r·Q / P.
 * @param square r² in Q112, at most 0.125
 */
export function pade(square: bigint): { even: bigint; odd: bigint } {
  let even = square + (2520n << 112n);
  even = ((even * square) >> 112n) + (831600n << 112n);
  even = ((even * square) >> 112n) + (60540480n << 112n);
  even = ((even * square) >> 112n) + (518918400n << 112n);
  let odd = 72n * square + (55440n << 112n);
  odd = ((odd * square) >> 112n) + (8648640n << 112n);
  odd = ((odd * square) >> 112n) + (259459200n << 112n);
  return { even, odd };
}

/**
 * e^x = mantissa · 2^(power − 112), the mantissa in Q112 between 0.70 and 1.42.
 * @param x Q112, |x| < 2^8
 */
export function exponential(x: bigint): { mantissa: bigint; power: number } {
  const power = (x * INVERSE_LN2 + (1n << 223n)) >> 224n;
  const r = x - power * LN2;
  const { even, odd } = pade((r * r) >> 112n);
  const product = (r * odd) >> 112n;
  return { mantissa: ((even + product) << 112n) / (even - product), power: Number(power) };
}

/**
 * atanh(z) / z = Σ z^(2n) / (2n+1) up to n = `terms`.
 * @param square z² in Q112, at most 1/9
 */
export function atanhSeries(square: bigint, terms: number): bigint {
  let sum = 0n;
  for (let n = BigInt(2 * terms + 1); n > 0n; n -= 2n) sum = ((sum * square) >> 112n) + ONE / n;
  return sum;
}

/** ln(significand · 2^exponent) in Q112, of a positive number. */
export function logarithm(positive: { significand: bigint; exponent: number }): bigint {
  let { significand, exponent } = positive;
  while (significand < 0x800000n) {
    significand <<= 1n;
    exponent -= 1;
  }
  const carry = significand > SQRT2_SIGNIFICAND ? 1 : 0;
  const power = 0x800000n << BigInt(carry);
  const z = ((significand - power) << 112n) / (significand + power);
  const series = atanhSeries((z * z) >> 112n, 17);
  return BigInt(exponent + 23 + carry) * LN2 + ((z * series) >> 111n);
}

/**
 * sin(r)/r for `from` = 24 and cos(r) for `from` = 23, by 1 − r²/(n(n+1)) · (…), n = from, from−2, … innermost first.
 * @param square r² in Q112, at most 0.62
 */
export function alternatingSeries(square: bigint, from: number): bigint {
  let sum = ONE;
  for (let n = BigInt(from); n > 0n; n -= 2n) sum = ONE - ((square * sum) >> 112n) / (n * (n + 1n));
  return sum;
}

/** Nearest multiple of π/2, modulo four of them, and the rest of the angle with 127 fraction bits, within ±π/4. */
export function quarterTurns(x: { significand: bigint; exponent: number }): { quarter: number; rest: bigint } {
  // x · 2/π with 254 fraction bits; whole turns leave at the top
  const turns = BigInt.asUintN(256, x.significand * BigInt.asUintN(256, shifted(TWO_OVER_PI, x.exponent - 2)));
  const quarter = Number(BigInt.asUintN(256, turns + (1n << 253n)) >> 254n);
  const fraction = BigInt.asIntN(256, turns << 2n) >> 129n;
  return { quarter, rest: (fraction * HALF_PI) >> 112n };
}

/**
 * Σ (−s)^n / (n! (2n+1)), which is erf(√s) · √π / (2√s), by A_n = 1/(2n+1) − s/(n+1) · A_(n+1), from n = 35 + 2⌊3s/2⌋.
 * @param square s in Q112, below 16
 */
export function errorSeries(square: bigint): bigint {
  let sum = 0n;
  for (let n = 35n + 2n * ((3n * square) >> 113n); n >= 0n; n -= 1n) {
    sum = ONE / (2n * n + 1n) - ((square * sum) >> 112n) / (n + 1n);
  }
  return sum;
}
