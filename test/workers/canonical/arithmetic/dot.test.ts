import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../../scripts/gen/random.ts';
import { dotExact, dotResult, product160 } from '../../../../workers/canonical/arithmetic/dot.ts';
import { bitsOf, floatOf, isFiniteBits } from '../../../../workers/canonical/arithmetic/float32.ts';
import { hexOf } from '../../../support/arithmetic-batches.ts';
import { floatPairs } from '../../../support/arithmetic-cases.ts';

const CASES = 100_000;
const SEED = 17;
const NAN = 0x7fc00000;
const bitsOfAll = (values: readonly number[]): number[] => values.map(bitsOf);

describe('product160', () => {
  it('is the product of doubles, which is exact, where that has no digits below the unit', () => {
    const operands = floatPairs(new SeededRandom(SEED), CASES);
    let seen = 0;
    for (let i = 0; i < operands.length; i += 2) {
      const [a, b] = [operands[i] ?? 0, operands[i + 1] ?? 0];
      const product = floatOf(a) * floatOf(b);
      const scaled = product160(a, b);
      const bad = !isFiniteBits(a) || !isFiniteBits(b) || Math.abs(product) >= 2 ** 64;
      if (bad !== (scaled === undefined)) expect.fail(`${hexOf(a)}, ${hexOf(b)} (seed ${SEED})`);
      // a double below 2^64 times 2^160 is exact; truncated, it is the integer
      if (scaled === undefined || BigInt(Math.trunc(product * 2 ** 160)) === scaled) seen++;
      else expect.fail(`${hexOf(a)}, ${hexOf(b)}: ${scaled} (seed ${SEED})`);
    }
    expect(seen).toBe(CASES);
  });

  it('ends right below 2^64', () => {
    expect(product160(bitsOf(2 ** 32), bitsOf(2 ** 32))).toBeUndefined();
    expect(product160(bitsOf(-(2 ** 100)), bitsOf(2 ** -36))).toBeUndefined();
    const largest = 2n ** 224n - 2n ** 200n;
    expect(product160(bitsOf(2 ** 64 - 2 ** 40), bitsOf(-1))).toBe(-largest);
    expect(product160(0x7f7fffff, 0)).toBe(0n);
    expect(product160(0x7f800000, 0)).toBeUndefined();
    expect(product160(0x7fc00000, 0)).toBeUndefined();
  });

  it('truncates towards zero', () => {
    expect(product160(bitsOf(2 ** -80), bitsOf(-(2 ** -80)))).toBe(-1n);
    expect(product160(bitsOf(1.9999998807907104 * 2 ** -81), bitsOf(2 ** -80))).toBe(0n);
    expect(product160(bitsOf(-1.9999998807907104 * 2 ** -81), bitsOf(2 ** -80))).toBe(0n);
  });
});

describe('dotExact', () => {
  it('rounds once, however large the terms were', () => {
    const a = bitsOfAll([2 ** 31, 1, -(2 ** 31), 2 ** -40]);
    const b = bitsOfAll([2 ** 32, 2 ** -60, 2 ** 32, 1]);
    expect(dotExact(a, b)).toBe(bitsOf(2 ** -40 + 2 ** -60));
    expect(dotExact([...a].reverse(), [...b].reverse())).toBe(bitsOf(2 ** -40 + 2 ** -60));
  });

  it('adds the bias under the limit of products, and divides', () => {
    expect(dotExact(bitsOfAll([1, 2]), bitsOfAll([3, 4]), bitsOf(-1), 3n)).toBe(bitsOf(10 / 3));
    expect(dotExact([], [], bitsOf(2 ** 63))).toBe(bitsOf(2 ** 63));
    expect(dotExact([], [], bitsOf(2 ** 64))).toBe(NAN);
    expect(dotExact([], [])).toBe(0);
  });

  it('is NaN as soon as one term is out of its limits, even when another cancels it', () => {
    const b = bitsOfAll([2 ** 32, 2 ** 32]);
    expect(dotExact(bitsOfAll([2 ** 32, -(2 ** 32)]), b)).toBe(NAN);
    expect(dotExact(bitsOfAll([1, Infinity]), b)).toBe(NAN);
    expect(dotExact(bitsOfAll([1, 1]), b, bitsOf(Number.NaN))).toBe(NAN);
  });
});

describe('dotResult', () => {
  it('rounds halves to even', () => {
    const one = 1n << 160n;
    const ulp = 1n << 137n;
    expect(dotResult(one + ulp / 2n, 1n)).toBe(0x3f800000);
    expect(dotResult(one + ulp / 2n + 1n, 1n)).toBe(0x3f800001);
    expect(dotResult(-(one + ulp + ulp / 2n), 1n)).toBe(0xbf800002);
    expect(dotResult(3n * (one + ulp / 2n), 3n)).toBe(0x3f800000);
    expect(dotResult(0n, 3n)).toBe(0);
  });
});
