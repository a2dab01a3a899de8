import { expect } from 'chai';
import { network } from 'hardhat';
import { SeededRandom } from '../../../scripts/gen/random.ts';
import {
  ONE,
  alternatingSeries,
  atanhSeries,
  errorSeries,
  exponential,
  logarithm,
  pade,
  quarterTurns,
} from '../../../workers/canonical/arithmetic/elementary-fixed.ts';

const CASES = 100_000;
const BATCH = 10_000;
const SEED = 20_260_103;

type Pair = readonly [bigint, bigint];

interface Core {
  readonly name: string;
  readonly operands: (random: SeededRandom) => Pair;
  readonly twin: (a: bigint, b: bigint) => Pair;
}

/** Anything up to a limit in Q112, of all sizes. */
const below = (random: SeededRandom, limit: bigint): bigint =>
  (random.big(121) % limit) >> BigInt(random.below(8) ** 2);
/** A significand that is not 0, and an exponent of float32. */
const float = (random: SeededRandom): Pair => [
  BigInt(Math.max(random.uint32() >>> (8 + random.below(24)), 1)),
  BigInt(random.below(254) - 149),
];

/** By number in `JudgeElementarySeries`. */
const CORES: readonly Core[] = [
  {
    name: 'pade',
    operands: (random) => [below(random, ONE / 8n), 0n],
    twin: (a) => {
      const { even, odd } = pade(a);
      return [even, odd];
    },
  },
  {
    name: 'exponential',
    operands: (random) => [below(random, 1n << 120n) * (random.below(2) === 0 ? 1n : -1n), 0n],
    twin: (a) => {
      const { mantissa, power } = exponential(a);
      return [mantissa, BigInt(power)];
    },
  },
  {
    name: 'atanhSeries',
    operands: (random) => [below(random, ONE / 9n), BigInt([17, 25][random.below(2)] ?? 17)],
    twin: (a, b) => [atanhSeries(a, Number(b)), 0n],
  },
  {
    name: 'logarithm',
    operands: float,
    twin: (a, b) => [logarithm({ significand: a, exponent: Number(b) }), 0n],
  },
  {
    name: 'alternatingSeries',
    operands: (random) => [below(random, (ONE * 62n) / 100n), BigInt(23 + random.below(2))],
    twin: (a, b) => [alternatingSeries(a, Number(b)), 0n],
  },
  {
    name: 'quarterTurns',
    operands: float,
    twin: (a, b) => {
      const { quarter, rest } = quarterTurns({ significand: a, exponent: Number(b) });
      return [BigInt(quarter), rest];
    },
  },
  {
    name: 'errorSeries',
    operands: (random) => [below(random, 16n * ONE), 0n],
    twin: (a) => [errorSeries(a), 0n],
  },
];

const word = (value: bigint): string => BigInt.asUintN(256, value).toString(16).padStart(64, '0');

const { ethers } = await network.create({ override: { blockGasLimit: 1_000_000_000_000n, transactionGasCap: false } });
const contract = await ethers.deployContract('JudgeElementarySeries', { gasLimit: 10_000_000n });

describe('judge elementary cores', () => {
  CORES.forEach(({ name, operands, twin }, id) => {
    it(`computes all bits of ${name} as the twin does, ${CASES} cases`, async () => {
      const random = new SeededRandom(SEED);
      for (let done = 0; done < CASES; done += BATCH) {
        const pairs = Array.from({ length: BATCH }, () => operands(random));
        const packed = `0x${pairs.map(([a, b]) => word(a) + word(b)).join('')}`;
        const expected = `0x${pairs.map(([a, b]) => twin(a, b).map(word).join('')).join('')}`;
        const actual = await contract.cores(id, packed);
        if (actual === expected) continue;
        const at = pairs.findIndex(
          (_, i) => actual.slice(128 * i, 128 * i + 130) !== expected.slice(128 * i, 128 * i + 130),
        );
        throw new Error(
          `${name}(${String(pairs[at])}) differs: ${actual.slice(128 * at + 2, 128 * at + 130)} on chain`,
        );
      }
    });
  });

  it('refuses a core it does not know', async () => {
    await expect(contract.cores(7, `0x${word(0n)}${word(0n)}`))
      .to.be.revertedWithCustomError(contract, 'JudgeElementarySeriesUnknownFunction')
      .withArgs(7n);
  });
});
