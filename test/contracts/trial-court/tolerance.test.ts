import { expect } from 'chai';
import { network } from 'hardhat';
import { bitsOf } from '../../support/trial-trees.ts';

const { ethers, networkHelpers } = await network.create();
const probe = async () => networkHelpers.loadFixture(deployProbe);
async function deployProbe() {
  return ethers.deployContract('ToleranceProbe');
}

const [WITHIN, BEYOND, FAR] = [0n, 1n, 2n];
const CASES = Number(process.env['FUZZ_RUNS'] ?? 256);

/** A finite float32 as an exact multiple of 2^-149. */
function exact(bits: number): bigint {
  const exponent = (bits >>> 23) & 0xff;
  const mantissa = BigInt(bits & 0x7fffff);
  const magnitude = exponent === 0 ? mantissa : (mantissa | 0x800000n) << BigInt(exponent - 1);
  return bits >>> 31 === 0 ? magnitude : -magnitude;
}

const abs = (value: bigint): bigint => (value < 0n ? -value : value);

/** |a − c| against n · (absTol + relTol · |c|), all in units of 2^-298. */
function judged(a: bigint, c: bigint, absTol: number, relTol: number): bigint {
  const gap = abs(a - c) << 149n;
  const tolerance = (abs(exact(absTol)) << 149n) + abs(exact(relTol)) * abs(c);
  return gap <= tolerance ? WITHIN : gap <= 16n * tolerance ? BEYOND : FAR;
}

/** Reproducible numbers: xorshift32. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>>= 0);
  };
}

const finite = (bits: number): number => ((bits & 0x7f800000) === 0x7f800000 ? bits & 0xff7fffff : bits) >>> 0;

describe('Tolerance', () => {
  it('judges floats of every magnitude as exact rational numbers do', async () => {
    const contract = await probe();
    const next = numbers(0x9e3779b9);
    for (let i = 0; i < CASES; i++) {
      const canonical = finite(next());
      // Neighbours, near numbers and anything: most random pairs lie far apart.
      const near = [finite(next()), finite(canonical + (next() % 64)), finite(canonical ^ (next() % 0x10000))][i % 3]!;
      const [absTol, relTol] = [finite(next()) & 0x7fffffff, [bitsOf(2 ** -20), finite(next()) & 0x3fffffff][i % 2]!];
      const scaled = i % 4 === 0 ? absTol : 0;
      const expected = judged(exact(near), exact(canonical), scaled, relTol);
      const label = [near, canonical, scaled, relTol].map((bits) => bits.toString(16)).join(' ');
      expect(await contract.ofFloats(near, canonical, scaled, relTol), label).to.equal(expected);
    }
  });

  it('knows its edges: one unit of the last place decides, at the smallest and at the largest numbers', async () => {
    const contract = await probe();
    const largest = 0x7f7fffff;
    for (const [a, c, absTol, relTol, expected] of [
      [1, 0, 1, 0, WITHIN],
      [2, 0, 1, 0, BEYOND],
      [16, 0, 1, 0, BEYOND],
      [17, 0, 1, 0, FAR],
      [0x80000001, 1, 2, 0, WITHIN],
      [0x80000001, 1, 1, 0, BEYOND],
      [largest, 0xff7fffff, largest, 0, BEYOND],
      [largest, 0xff7fffff, largest, bitsOf(1), WITHIN],
      [largest, 0xff7fffff, 0, bitsOf(2), WITHIN],
      [largest, 0xff7fffff, 0, bitsOf(2) - 1, BEYOND],
      [largest, largest, 0, 0, WITHIN],
      [0, 0x80000000, 0, 0, WITHIN],
      [1, 0, 0, largest, FAR],
      // a tolerance of more than 512 bits
      [0xff7fffff, largest, 0, largest, WITHIN],
      [0, largest, largest, largest, WITHIN],
      // the product of two smallest numbers still counts
      [1, 0x80000001, 1, bitsOf(1), WITHIN],
      [1, 0x80000001, 1, bitsOf(1) - 1, BEYOND],
    ] as const) {
      const label = [a, c, absTol, relTol].map((bits) => bits.toString(16)).join(' ');
      expect(await contract.ofFloats(a, c, absTol, relTol), label).to.equal(expected);
    }
  });

  it('allows everything under a tolerance that is no number', async () => {
    const contract = await probe();
    for (const [absTol, relTol] of [
      [0x7f800000, 0],
      [0, 0x7fc00000],
    ] as const) {
      expect(await contract.ofFloats(bitsOf(1), bitsOf(1_000), absTol, relTol)).to.equal(WITHIN);
      expect(await contract.ofFloats(0x7f7fffff, 0xff7fffff, absTol, relTol)).to.equal(WITHIN);
      expect(await contract.ofIntegers(1, 1_000, absTol, relTol)).to.equal(WITHIN);
    }
  });

  it('judges ranked integers exactly', async () => {
    const contract = await probe();
    const next = numbers(0x2545f491);
    for (let i = 0; i < CASES; i++) {
      const canonical = next();
      const claimed = i % 2 === 0 ? next() : (canonical + (next() % 512) - 256) >>> 0;
      const [absTol, relTol] = [bitsOf(next() % 128), [0, bitsOf(2 ** -24)][i % 2]!];
      const scale = (value: number): bigint => BigInt(value | 0) << 149n;
      const expected = judged(scale(claimed), scale(canonical), absTol, relTol);
      expect(await contract.ofIntegers(claimed, canonical, absTol, relTol), `${claimed} ${canonical}`).to.equal(
        expected,
      );
    }
  });

  it('counts by whole numbers, over the whole range', async () => {
    const contract = await probe();
    for (const [a, c, absTol, expected] of [
      [0x7fffffff, 0x80000000, 0xffffffff, WITHIN],
      [0x7fffffff, 0x80000000, 0xfffffffe, BEYOND],
      [0x7fffffff, 0x80000000, 0x0fffffff, FAR],
      [0x7fffffff, 0x80000000, 0x10000000, BEYOND],
      [3, 3, 0, WITHIN],
      [0xffffffff, 0, 0, FAR],
      [0xffffffff, 0, 1, WITHIN],
      [1, 3, 1, BEYOND],
      [3, 1, 1, BEYOND],
    ] as const) {
      expect(await contract.ofCounts(a, c, absTol), `${a} ${c} ${absTol}`).to.equal(expected);
    }
  });
});
