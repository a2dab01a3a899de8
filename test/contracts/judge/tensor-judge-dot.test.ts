import { expect } from 'chai';
import { network } from 'hardhat';
import { judgeElement } from '../../../workers/canonical/judge/judge-element.ts';
import { type Instruction, OP, SPACE, TYPE } from '../../../workers/canonical/plan/instruction.ts';
import { Stage } from '../../support/judge-stage.ts';
import {
  below,
  bitsFor,
  FLAVOURS,
  oneOf,
  randomFloat,
  randomVector,
  type Random,
  seeded,
} from '../../workers/canonical/executor/random-instructions.ts';

const SEED = 20_260_306;
const LENGTH = 8_192;
const NAN = 0x7fc00000;
const LARGEST = 0x7f7fffff;

const { ethers } = await network.create({ override: { blockGasLimit: 1_000_000_000_000n, transactionGasCap: false } });
const judge = await ethers.deployContract('TensorJudge', { gasLimit: 10_000_000n });

/** The sum of `count` products with a bias, one element of the trace. */
const dot = (count: number, a = 1, firsts = [0, 0], steps = [1, 1]): Instruction => ({
  ...{ op: OP.DOT, fn: 0, type: TYPE.F32, start: 64, a, b: 0, dims: [], window: [count] },
  operands: [
    ...[SPACE.INPUT, SPACE.WEIGHT].map((space, i) => ({
      ...{ space, type: TYPE.F32, base: firsts[i] ?? 0, steps: [steps[i] ?? 1], coordinates: [], pad: 0 },
    })),
    { space: SPACE.TRACE, type: TYPE.F32, base: 0, steps: [], coordinates: [], pad: 0 },
  ],
});

const stageOf = (left: Uint32Array, right: Uint32Array, bias = 0): Stage =>
  new Stage(
    left,
    right,
    Uint32Array.from({ length: 65 }, (_, i) => (i === 0 ? bias : 0)),
  );

/** What the contract says of the sum; the twin must say the same. */
async function judged(instruction: Instruction, stage: Stage): Promise<number> {
  const { bits } = judgeElement(instruction, 0, stage.read);
  stage.trace[64] = bits;
  const ruling = await judge.judge(...stage.evidence(instruction, 64));
  expect([ruling.wrong, Number(ruling.canonical)], JSON.stringify(instruction)).to.deep.equal([false, bits]);
  return bits;
}

/** Numbers of one flavour with a few of another among them, and sometimes one that is none. */
function mixed(random: Random): Uint32Array {
  const flavour = oneOf(random, FLAVOURS.slice(0, 5));
  const vector = Uint32Array.from({ length: LENGTH }, () => randomFloat(random, flavour));
  const other = oneOf(random, ['tiny', 'wide', 'small integers', 'cancelling'] as const);
  for (let i = below(random, 40); i < LENGTH; i += 1 + below(random, 80)) vector[i] = randomFloat(random, other);
  if (random() < 0.2) vector[below(random, LENGTH)] = randomFloat(random, 'special');
  return vector;
}

describe('tensor judge sums of products', () => {
  it('agrees with the twin on long windows of numbers of all sorts', async () => {
    const random = seeded(SEED);
    let numbers = 0;
    for (let i = 0; i < 150; i++) {
      const count = 1 + below(random, oneOf(random, [16, 200, 2_000]));
      const firsts = [below(random, LENGTH - count), below(random, LENGTH - count)];
      const instruction = dot(count, oneOf(random, [1, 1, 3, 49]), firsts);
      const bits = await judged(instruction, stageOf(mixed(random), mixed(random), randomFloat(random, 'plain')));
      if (bits !== NAN) numbers++;
    }
    expect(numbers).to.be.greaterThan(75);
  });

  it('adds up the longest window of the largest products', async () => {
    const most = stageOf(new Uint32Array(LENGTH).fill(0x4f7fffff), new Uint32Array(LENGTH).fill(0xcf7fffff));
    expect(await judged(dot(LENGTH), most)).to.equal(bitsFor(-8_192 * (2 ** 32 - 256) ** 2));
  });

  it('answers NaN from products of 2^64 on, and for what is not finite, wherever it stands', async () => {
    const below64 = [0x5f7fffff, 0x3f800000] as const;
    const cases = [
      [0x4f800000, 0x4f800000, NAN],
      [0x5f800000, 0x3f800000, NAN],
      [...below64, 0x5f7fffff],
      [LARGEST, 0x1f800000, 0x5f7fffff],
      [LARGEST, 0x20000000, NAN],
      [LARGEST, 0, 0],
      [0x7f800000, 0, NAN],
      [0, 0xffc00000, NAN],
    ] as const;
    for (const [left, right, expected] of cases) {
      for (const place of [0, 7, 8, 12]) {
        const [lefts, rights] = [new Uint32Array(64), new Uint32Array(64)];
        [lefts[place], rights[place]] = [left, right];
        expect(await judged(dot(13), stageOf(lefts, rights))).to.equal(expected);
      }
    }
  });

  it('answers NaN for a bias that is not finite, or reaches 2^64', async () => {
    const zeros = new Uint32Array(64);
    expect(await judged(dot(4), stageOf(zeros, zeros, 0xff800000))).to.equal(NAN);
    expect(await judged(dot(4), stageOf(zeros, zeros, 0x5f800000))).to.equal(NAN);
    expect(await judged(dot(4), stageOf(zeros, zeros, 0x5f7fffff))).to.equal(0x5f7fffff);
  });

  it('truncates each product to a multiple of 2^-160, either sign toward zero', async () => {
    // 1.375 · 2^-80 squared is 1.89 · 2^-160, and float32 begins at 2^-149: 1,024 of them must be a tie, not more
    const lefts = new Uint32Array(1_088).fill(0x17b00000);
    for (const sign of [0, 0x80000000]) {
      const rights = lefts.map((bits) => (bits | sign) >>> 0);
      expect(await judged(dot(1_024), stageOf(lefts, rights))).to.equal(0);
      expect(await judged(dot(1_025), stageOf(lefts, rights))).to.equal((1 | sign) >>> 0);
    }
  });

  it('reads windows backwards, with steps, and one element again and again', async () => {
    const random = seeded(SEED + 1);
    for (const steps of [
      [-1, 1],
      [7, -3],
      [0, 1],
      [64, 0],
    ]) {
      const firsts = steps.map((step) => (step < 0 ? 4_000 : 5));
      const stage = stageOf(randomVector(random, 'plain', LENGTH), randomVector(random, 'wide', LENGTH), bitsFor(0.5));
      await judged(dot(100, 1, firsts, steps), stage);
    }
  });

  it('goes on from range to range', async () => {
    const random = seeded(SEED + 2);
    const vector = () => Uint32Array.from({ length: LENGTH }, () => randomFloat(random, 'plain'));
    const stage = stageOf(vector(), vector());
    const instruction = dot(300, 1, [50, 100]);
    await judged(instruction, stage);
    const [encoded, vectors, element, openings] = stage.evidence(instruction, 64);
    expect(openings.input.ranges).to.equal('0x0000000000000006');
    // the same six chunks in four ranges
    const input = {
      ...openings.input,
      ranges: `0x${['0000000000000001', '0000000001000002', '0000000003000001', '0000000004000002'].join('')}`,
    };
    const ruling = await judge.judge(encoded, vectors, element, { ...openings, input });
    expect([ruling.wrong, Number(ruling.canonical)]).to.deep.equal([false, stage.trace[64]]);
  });
});
