import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../../scripts/gen/random.ts';
import {
  bitsOf,
  canonical,
  fast,
  floatOf,
  isNaNBits,
  orderKey,
} from '../../../../workers/canonical/arithmetic/float32.ts';
import { twin } from '../../../../workers/canonical/arithmetic/float32-twin.ts';
import { hexOf } from '../../../support/arithmetic-batches.ts';
import { floatCases, floatPairs, integerCases } from '../../../support/arithmetic-cases.ts';

const CASES = 100_000;
const SEED = 7;
const BINARY = ['add', 'sub', 'mul', 'div', 'fmod', 'min', 'max'] as const;
const UNARY = ['sqrt', 'neg', 'abs', 'sign', 'floor', 'ceil', 'trunc', 'roundHalfEven'] as const;

/** What a function of float32 numbers gives for patterns. */
const ofBits =
  (rule: (...numbers: number[]) => number) =>
  (...patterns: number[]): number =>
    bitsOf(rule(...patterns.map(floatOf)));

/** Throws at the first case where two functions differ. */
function agree(
  name: string,
  [left, right]: readonly [(...patterns: number[]) => number, (...patterns: number[]) => number],
  operands: Uint32Array,
  arity: number,
): void {
  for (let i = 0; i < operands.length; i += arity) {
    const given = [...operands.subarray(i, i + arity)];
    const [actual, expected] = [left(...given), right(...given)];
    if (actual === expected) continue;
    const shown = given.map(hexOf).join(', ');
    expect.fail(`${name}(${shown}): twin ${hexOf(actual)}, JavaScript ${hexOf(expected)} (seed ${SEED})`);
  }
}

describe('twin and fast', () => {
  for (const name of BINARY) {
    it(`agree on ${name}, and so does the processor`, () => {
      const operands = floatPairs(new SeededRandom(SEED), CASES);
      const pair = fast[name];
      agree(name, [(a = 0, b = 0) => twin[name](a, b), ofBits((a = 0, b = 0) => pair(a, b))], operands, 2);
    });
  }

  for (const name of UNARY) {
    it(`agree on ${name}`, () => {
      const operands = floatCases(new SeededRandom(SEED), CASES);
      agree(name, [(x = 0) => twin[name](x), ofBits((x = 0) => fast[name](x))], operands, 1);
    });
  }

  it('agree on comparisons with the processor', () => {
    const operands = floatPairs(new SeededRandom(SEED), CASES);
    const as =
      (rule: (a: number, b: number) => boolean) =>
      (a = 0, b = 0) =>
        Number(rule(floatOf(a), floatOf(b)));
    agree('eq', [(a = 0, b = 0) => twin.eq(a, b), as((a, b) => a === b)], operands, 2);
    agree('lt', [(a = 0, b = 0) => twin.lt(a, b), as((a, b) => a < b)], operands, 2);
    agree('le', [(a = 0, b = 0) => twin.le(a, b), as((a, b) => a <= b)], operands, 2);
    agree('orderKey', [(a = 0, b = 0) => Number(orderKey(a) < orderKey(b)), as(isBelow)], operands, 2);
  });

  it('agree on conversions to and from int32', () => {
    const floats = floatCases(new SeededRandom(SEED), CASES);
    agree('toInt32', [(x = 0) => twin.toInt32(x), (x = 0) => fast.toInt32(floatOf(x)) >>> 0], floats, 1);
    const integers = integerCases(new SeededRandom(SEED), CASES);
    agree('fromInt32', [(x = 0) => twin.fromInt32(x), (x = 0) => bitsOf(fast.fromInt32(x | 0))], integers, 1);
  });

  it('never give −0 or another NaN', () => {
    const operands = floatPairs(new SeededRandom(SEED), CASES);
    const wrong: string[] = [];
    const check = (name: string, exact: number, quick: number) => {
      if (exact !== canonical(exact) || Object.is(quick, -0)) wrong.push(name);
    };
    for (let i = 0; i < operands.length; i += 2) {
      const [a, b] = [operands[i] ?? 0, operands[i + 1] ?? 0];
      const [x, y] = [floatOf(a), floatOf(b)];
      for (const name of BINARY) check(name, twin[name](a, b), fast[name](x, y));
      for (const name of UNARY) check(name, twin[name](a), fast[name](x));
    }
    expect(wrong).toEqual([]);
  });
});

/** NaN below everything, as an order of all numbers needs it. */
function isBelow(a: number, b: number): boolean {
  return Number.isNaN(a) ? !Number.isNaN(b) : a < b;
}

describe('bits', () => {
  it('go to numbers and back, canonically', () => {
    for (const bits of floatCases(new SeededRandom(SEED), CASES)) {
      if (bitsOf(floatOf(bits)) !== canonical(bits)) expect.fail(hexOf(bits));
    }
    expect(bitsOf(-0)).toBe(0);
    expect(Object.is(floatOf(0x80000000), 0)).toBe(true);
    expect(bitsOf(Number.NaN)).toBe(0x7fc00000);
    expect(isNaNBits(0xff800001)).toBe(true);
    expect(isNaNBits(0xff800000)).toBe(false);
  });

  it('come from the nearest float32', () => {
    expect(bitsOf(0.1)).toBe(0x3dcccccd);
    expect(bitsOf(1e39)).toBe(0x7f800000);
    expect(bitsOf(-(2 ** -150))).toBe(0);
  });
});
