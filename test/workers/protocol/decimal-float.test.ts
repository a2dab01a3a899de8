import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimalFloatBits } from '../../../workers/protocol/decimal-float.ts';
import { bitsOfFloat, floatOfBits } from '../../../workers/protocol/vector.ts';

const INT128_MAX = 2n ** 127n - 1n;

/** A finite float32 as an exact fraction with the denominator 2^149. */
function scaled149(bits: number): bigint {
  const exponent = (bits >>> 23) & 0xff;
  const mantissa = BigInt(exponent === 0 ? bits & 0x7fffff : (bits & 0x7fffff) | 0x800000);
  const magnitude = mantissa << BigInt(Math.max(exponent, 1) - 1);
  return bits >>> 31 === 1 ? -magnitude : magnitude;
}

const absolute = (value: bigint): bigint => (value < 0n ? -value : value);

describe('decimals as float32', () => {
  it('is what a single rounding of a small quotient gives', () => {
    expect(decimalFloatBits(0n, 8)).toBe(0);
    expect(decimalFloatBits(300_000_000_000n, 8)).toBe(bitsOfFloat(3_000));
    expect(decimalFloatBits(-15n, 1)).toBe(bitsOfFloat(-1.5));
    expect(decimalFloatBits(1n, 18)).toBe(bitsOfFloat(1e-18));
  });

  it('rounds ties to even, both ways', () => {
    expect(decimalFloatBits(2n ** 24n + 1n, 0)).toBe(bitsOfFloat(2 ** 24));
    expect(decimalFloatBits(2n ** 24n + 3n, 0)).toBe(bitsOfFloat(2 ** 24 + 4));
    expect(decimalFloatBits(-(2n ** 24n) - 3n, 0)).toBe(bitsOfFloat(-(2 ** 24) - 4));
  });

  it('carries into the exponent', () => {
    expect(decimalFloatBits(2n ** 25n - 1n, 0)).toBe(bitsOfFloat(2 ** 25));
    expect(decimalFloatBits(INT128_MAX, 0)).toBe(bitsOfFloat(2 ** 127));
    expect(decimalFloatBits(-INT128_MAX - 1n, 0)).toBe(bitsOfFloat(-(2 ** 127)));
  });

  it('is the nearest: no neighbour is closer, and of two as close the even one', () => {
    const values = fc.bigInt({ min: -INT128_MAX - 1n, max: INT128_MAX });
    fc.assert(
      fc.property(values, fc.nat(127), fc.nat(18), (wide, shift, decimals) => {
        const value = wide >> BigInt(shift);
        const bits = decimalFloatBits(value, decimals);
        expect(Number.isFinite(floatOfBits(bits))).toBe(true);
        // Distances times 10^decimals · 2^149.
        const power = 10n ** BigInt(decimals);
        const distance = (to: number): bigint => absolute((value << 149n) - scaled149(to) * power);
        const neighbours = [bits - 1, bits + 1].filter((one) => (bits & 0x7fffffff) !== 0 || one === 1);
        for (const neighbour of neighbours) {
          const [here, there] = [distance(bits), distance(neighbour)];
          expect(here < there || (here === there && (bits & 1) === 0)).toBe(true);
        }
      }),
      { numRuns: 5_000 },
    );
  });
});
