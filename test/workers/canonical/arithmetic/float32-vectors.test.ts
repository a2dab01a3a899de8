import { describe, expect, it } from 'vitest';
import { dotResult, product160 } from '../../../../workers/canonical/arithmetic/dot.ts';
import { twin } from '../../../../workers/canonical/arithmetic/float32-twin.ts';
import { fromRational } from '../../../../workers/canonical/arithmetic/rounding.ts';
import { sharedVectors } from '../../../support/shared-vectors.ts';

interface Case {
  readonly name: keyof typeof twin;
  readonly about: string;
  readonly operands: string;
  readonly result: string;
}
interface Product {
  readonly about: string;
  readonly operands: string;
  readonly scaled: string;
  readonly bad: boolean;
}
interface Rational {
  readonly about: string;
  readonly negative: boolean;
  readonly numerator: string;
  readonly denominator: string;
  readonly exponent: string;
  readonly result: string;
}
interface Dot {
  readonly about: string;
  readonly sum: string;
  readonly divisor: string;
  readonly result: string;
}

const vectors = sharedVectors('float32.json') as {
  readonly unary: readonly Case[];
  readonly binary: readonly Case[];
  readonly products: readonly Product[];
  readonly rationals: readonly Rational[];
  readonly dots: readonly Dot[];
};

const pairOf = (operands: string): [number, number] => [
  Number(operands.slice(0, 10)),
  Number(`0x${operands.slice(10)}`),
];
const integerOf = (word: string): bigint => BigInt.asIntN(256, BigInt(word));

describe('float32.json', () => {
  for (const { name, about, operands, result } of vectors.unary) {
    it(`${name}(${operands}): ${about}`, () => {
      const apply = twin[name] as (x: number) => number;
      expect(apply(Number(operands))).toBe(Number(result));
    });
  }

  for (const { name, about, operands, result } of vectors.binary) {
    it(`${name}(${operands}): ${about}`, () => {
      const apply = twin[name];
      expect(apply(...pairOf(operands))).toBe(Number(result));
    });
  }

  for (const { about, operands, scaled, bad } of vectors.products) {
    it(`the product of ${operands}: ${about}`, () => {
      expect(product160(...pairOf(operands))).toBe(bad ? undefined : integerOf(scaled));
    });
  }

  for (const [i, { about, negative, numerator, denominator, exponent, result }] of vectors.rationals.entries()) {
    it(`rational ${i}: ${about}`, () => {
      // an exponent past what a number holds becomes one that is past every limit, too
      const bits = fromRational(negative, BigInt(numerator), BigInt(denominator), Number(integerOf(exponent)));
      expect(bits).toBe(Number(result));
    });
  }

  for (const [i, { about, sum, divisor, result }] of vectors.dots.entries()) {
    it(`dot ${i}: ${about}`, () => {
      expect(dotResult(integerOf(sum), BigInt(divisor))).toBe(Number(result));
    });
  }
});
