import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../../scripts/gen/random.ts';
import { int32, int32Twin } from '../../../../workers/canonical/arithmetic/int32.ts';
import { hexOf } from '../../../support/arithmetic-batches.ts';
import { integerCases, integerPairs } from '../../../support/arithmetic-cases.ts';

const CASES = 50_000;
const SEED = 11;
const UNARY = ['neg', 'abs', 'sign'] as const;
const BINARY = [
  ...(['add', 'sub', 'mul', 'div', 'mod', 'rem', 'pow', 'min', 'max'] as const),
  ...(['eq', 'lt', 'le', 'and', 'or', 'xor'] as const),
];

describe('int32', () => {
  it('has every function of its twin', () => {
    expect(Object.keys(int32).sort()).toEqual([...UNARY, ...BINARY].sort());
    expect(Object.keys(int32Twin).sort()).toEqual([...UNARY, ...BINARY].sort());
  });

  for (const name of BINARY) {
    it(`computes ${name} as exact integers do`, () => {
      const operands = integerPairs(new SeededRandom(SEED), CASES);
      for (let i = 0; i < operands.length; i += 2) {
        const [a, b] = [operands[i] ?? 0, operands[i + 1] ?? 0];
        const actual = int32[name](a | 0, b | 0);
        if (!Object.is(actual, int32Twin[name](a, b) | 0)) expect.fail(`${name}(${hexOf(a)}, ${hexOf(b)}): ${actual}`);
      }
    });
  }

  for (const name of UNARY) {
    it(`computes ${name} as exact integers do`, () => {
      for (const x of integerCases(new SeededRandom(SEED), CASES)) {
        const actual = int32[name](x | 0);
        if (!Object.is(actual, int32Twin[name](x) | 0)) expect.fail(`${name}(${hexOf(x)}): ${actual}`);
      }
    });
  }

  it('divides as the names say', () => {
    expect([int32.div(-7, 2), int32.rem(-7, 2), int32.mod(-7, 2), int32.mod(7, -2)]).toEqual([-3, -1, 1, -1]);
    expect([int32.div(5, 0), int32.rem(5, 0), int32.mod(5, 0)]).toEqual([0, 0, 0]);
    expect(int32.div(-0x80000000, -1)).toBe(-0x80000000);
    expect(int32.abs(-0x80000000)).toBe(-0x80000000);
  });

  it('raises to powers', () => {
    const powers = [int32.pow(3, 4), int32.pow(0, 0), int32.pow(2, -1), int32.pow(-1, -3), int32.pow(-1, -4)];
    expect(powers).toEqual([81, 1, 0, -1, 1]);
    expect([int32.pow(2, 31), int32.pow(2, 32), int32.pow(0, -1)]).toEqual([-0x80000000, 0, 0]);
  });
});
