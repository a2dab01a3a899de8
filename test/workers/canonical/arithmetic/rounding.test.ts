import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../../scripts/gen/random.ts';
import { bitsOf, floatOf, isFiniteBits } from '../../../../workers/canonical/arithmetic/float32.ts';
import { bitLength, fromInteger, fromRational, splitBits } from '../../../../workers/canonical/arithmetic/rounding.ts';
import { hexOf } from '../../../support/arithmetic-batches.ts';
import { floatCases } from '../../../support/arithmetic-cases.ts';

const CASES = 100_000;
const SEED = 13;

describe('splitBits', () => {
  it('gives the number back', () => {
    for (const bits of floatCases(new SeededRandom(SEED), CASES)) {
      if (!isFiniteBits(bits)) continue;
      const { negative, significand, exponent } = splitBits(bits);
      const value = (negative ? -significand : significand) * 2 ** exponent + 0;
      if (!Object.is(value, floatOf(bits))) expect.fail(hexOf(bits));
    }
  });
});

describe('bitLength', () => {
  it('counts binary digits', () => {
    for (let length = 1; length < 300; length++) {
      expect([bitLength(1n << BigInt(length - 1)), bitLength((1n << BigInt(length)) - 1n)]).toEqual([length, length]);
    }
    expect(bitLength(0n)).toBe(0);
  });
});

describe('fromInteger', () => {
  it('rounds every double as the processor does', () => {
    const random = new SeededRandom(SEED);
    for (let i = 0; i < CASES; i++) {
      const significand = random.big(53) * (random.below(2) === 0 ? 1n : -1n);
      const exponent = random.below(320) - 200;
      const expected = bitsOf(Number(significand) * 2 ** exponent);
      if (fromInteger(significand, exponent) !== expected) expect.fail(`${significand}n, ${exponent} (seed ${SEED})`);
    }
  });
});

describe('fromRational', () => {
  /** The same rule by another way: no float32 is nearer, and of two equally near it is the even one. */
  it('finds the nearest float32', () => {
    const random = new SeededRandom(SEED);
    for (let i = 0; i < CASES / 10; i++) {
      const numerator = random.big(1 + random.below(256));
      const denominator = 1n + random.big(1 + random.below(64));
      const exponent = bitLength(denominator) - bitLength(numerator) + random.below(300) - 160;
      const bits = fromRational(false, numerator, denominator, exponent);
      if (bits >= 0x7f7fffff || bits === 0) continue;
      const gaps = [bits - 1, bits, bits + 1].map((near) => distance(near, [numerator, denominator, exponent]));
      const [below = 0n, here = 0n, above = 0n] = gaps;
      const nearest = here < below && here < above;
      const even = here <= below && here <= above && bits % 2 === 0;
      if (!nearest && !even) expect.fail(`${numerator}/${denominator}·2^${exponent} (seed ${SEED})`);
    }
  });

  it('divides by 0 as floats do', () => {
    expect([0n, 1n].map((numerator) => fromRational(false, numerator, 0n, 0))).toEqual([0x7fc00000, 0x7f800000]);
    expect(fromRational(true, 5n, 0n, -5000)).toBe(0xff800000);
  });

  it('is quick with exponents that no float reaches', () => {
    expect(fromRational(true, 1n, 3n, 1e15)).toBe(0xff800000);
    expect(fromRational(true, (1n << 256n) - 1n, 1n, -1e15)).toBe(0);
    expect(fromRational(true, 0n, 3n, 1e15)).toBe(0);
  });
});

/** |float − numerator ÷ denominator · 2^exponent|, times denominator · 2^1200. */
function distance(bits: number, [numerator, denominator, exponent]: readonly [bigint, bigint, number]): bigint {
  const float = splitBits(bits);
  const gap =
    ((BigInt(float.significand) * denominator) << BigInt(float.exponent + 1200)) -
    (numerator << BigInt(exponent + 1200));
  return gap < 0n ? -gap : gap;
}
