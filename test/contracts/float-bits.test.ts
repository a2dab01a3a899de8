import { expect } from 'chai';
import fc from 'fast-check';
import { network } from 'hardhat';
import { bitsOfFloat, encodeFloats, floatOfBits } from '../../workers/protocol/vector.ts';

const { ethers } = await network.create();
const reader = await ethers.deployContract('FloatReader');
const ONE = 10n ** 18n;

/** Numbers whose bit patterns are at the edges of the format. */
const EDGES = [
  0x00000000, 0x80000000, 0x00000001, 0x007fffff, 0x00800000, 0x3f7fffff, 0x3f800000, 0x3f800001, 0xbf800000,
  0x4b7fffff, 0x4b800000, 0x4f800000, 0x7f7fffff, 0x7f800000, 0xff800000, 0x7f800001, 0x7fc00000, 0xffc00000,
  0xffffffff,
];
const bits = fc.oneof(fc.integer({ min: 0, max: 0xffffffff }), fc.constantFrom(...EDGES));
const RUNS = { numRuns: 20 };

/** `value · scale` rounded down, by the rational number that the float is. */
function scaled(pattern: number, scale: bigint): bigint {
  const value = floatOfBits(pattern);
  if (Number.isNaN(value) || value <= 0) return 0n;
  if (value === Infinity) return ethers.MaxUint256;
  // A float32 times 2^149 is a whole number, and a double holds it exactly.
  return (BigInt(value * 2 ** 149) * scale) >> 149n;
}

describe('FloatBits', () => {
  describe('toUnsignedDown', () => {
    it('is the floor of the scaled float32 of JavaScript, for any bits', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(bits, { minLength: 1, maxLength: 50 }),
          fc.bigInt(0n, 2n ** 128n),
          async (some, scale) => {
            const expected = some.map((pattern) => scaled(pattern, scale));
            expect([...(await reader.toUnsignedDown(some, scale))]).to.deep.equal(expected);
          },
        ),
        RUNS,
      );
    });

    it('reads what people expect', async () => {
      const cases: [number, bigint][] = [
        [0, 0n],
        [-0, 0n],
        [1, ONE],
        [0.5, ONE / 2n],
        [0.1, 100000001490116119n],
        [-1, 0n],
        [NaN, 0n],
        [Infinity, ethers.MaxUint256],
        [-Infinity, 0n],
        [16_777_216, 16_777_216n * ONE],
        [1e-30, 0n],
      ];
      const values = await reader.toUnsignedDown(
        cases.map(([value]) => bitsOfFloat(value)),
        ONE,
      );
      expect([...values]).to.deep.equal(cases.map(([, expected]) => expected));
    });
  });

  describe('orderKey', () => {
    it('orders any two floats as JavaScript does, and puts NaN below everything', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.tuple(bits, bits), { minLength: 1, maxLength: 50 }), async (pairs) => {
          const keys = [...(await reader.orderKey(pairs.flat()))];
          pairs.forEach(([a, b], i) => {
            const [x, y] = [floatOfBits(a), floatOfBits(b)];
            const [keyOfX, keyOfY] = [keys[2 * i]!, keys[2 * i + 1]!];
            expect(keyOfX === 0n).to.equal(Number.isNaN(x));
            if (Number.isNaN(x) || Number.isNaN(y)) return;
            expect(keyOfX < keyOfY).to.equal(x < y);
            expect(keyOfX === keyOfY).to.equal(x === y);
          });
        }),
        RUNS,
      );
    });
  });

  describe('elementAt', () => {
    it('reverts outside the vector, at the edge too', async () => {
      const vector = encodeFloats([1, 2]);
      for (const index of [2n, 3n, ethers.MaxUint256]) {
        await expect(reader.elementAt(vector, index))
          .to.be.revertedWithCustomError(reader, 'FloatBitsOutOfRange')
          .withArgs(index, 2n);
      }
      await expect(reader.elementAt('0x3f8000', 0n))
        .to.be.revertedWithCustomError(reader, 'FloatBitsOutOfRange')
        .withArgs(0n, 0n);
    });

    it('reads big-endian elements', async () => {
      const vector = encodeFloats([1, -2.5]);
      expect(await reader.elementAt(vector, 0n)).to.equal(BigInt(bitsOfFloat(1)));
      expect(await reader.elementAt(vector, 1n)).to.equal(BigInt(bitsOfFloat(-2.5)));
    });
  });

  describe('argMax', () => {
    it('is the first of the largest, NaN never', async () => {
      const cases: [number[], bigint][] = [
        [[], 0n],
        [[-3], 0n],
        [[1, 3, 2], 1n],
        [[-5, -1, -3], 1n],
        [[2, 7, 7], 1n],
        [[NaN, -Infinity, NaN], 1n],
        [[NaN, NaN], 0n],
        [[0, -0], 0n],
        [[-0, 0], 0n],
        [[1, Infinity, NaN], 1n],
      ];
      for (const [values, expected] of cases) expect(await reader.argMax(encodeFloats(values))).to.equal(expected);
    });

    it('agrees with a plain loop on any vector', async () => {
      const floats = fc.array(fc.float({ noNaN: false }), { minLength: 1, maxLength: 40 });
      await fc.assert(
        fc.asyncProperty(floats, async (values) => {
          const rounded = values.map((value) => Math.fround(value));
          let best = -1;
          rounded.forEach((value, i) => {
            if (!Number.isNaN(value) && (best < 0 || value > rounded[best]!)) best = i;
          });
          expect(await reader.argMax(encodeFloats(values))).to.equal(BigInt(Math.max(best, 0)));
        }),
        RUNS,
      );
    });
  });
});
