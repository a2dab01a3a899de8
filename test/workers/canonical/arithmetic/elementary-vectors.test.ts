import { describe, expect, it } from 'vitest';
import { type UnaryName, fastElementary } from '../../../../workers/canonical/arithmetic/elementary-fast.ts';
import { pow } from '../../../../workers/canonical/arithmetic/elementary-pow.ts';
import * as elementary from '../../../../workers/canonical/arithmetic/elementary.ts';
import { bitsOf, floatOf } from '../../../../workers/canonical/arithmetic/float32.ts';
import { hexOf } from '../../../support/arithmetic-batches.ts';
import { sharedVectors } from '../../../support/shared-vectors.ts';

interface Case<Name> {
  readonly name: Name;
  readonly about: string;
  readonly operands: string;
  readonly result: string;
}

const vectors = sharedVectors('elementary.json') as {
  readonly unary: readonly Case<UnaryName>[];
  readonly binary: readonly Case<'pow'>[];
};
const fast = fastElementary();

describe('elementary.json', () => {
  for (const { name, about, operands, result } of vectors.unary) {
    it(`${name}(${operands}): ${about}`, () => {
      const x = Number(operands);
      expect(hexOf(elementary[name](x))).toBe(result);
      expect(hexOf(bitsOf(fast[name](floatOf(x)))), 'fast path').toBe(result);
    });
  }

  for (const { about, operands, result } of vectors.binary) {
    it(`pow(${operands}): ${about}`, () => {
      const [x, y] = [Number(operands.slice(0, 10)), Number(`0x${operands.slice(10)}`)];
      expect(hexOf(pow(x, y))).toBe(result);
      expect(hexOf(bitsOf(fast.pow(floatOf(x), floatOf(y)))), 'fast path').toBe(result);
    });
  }
});
