import { expect } from 'chai';
import { network } from 'hardhat';
import { judgeElement } from '../../../workers/canonical/judge/judge-element.ts';
import { type Instruction, OP, type Reference, SPACE, TYPE } from '../../../workers/canonical/plan/instruction.ts';
import { sizeOf } from '../../../workers/canonical/plan/sizes.ts';
import { type Evidence, Stage } from '../../support/judge-stage.ts';
import { randomVector, seeded } from '../../workers/canonical/executor/random-instructions.ts';

const SEED = 20_260_305;
/** Elements of the vectors: about those of a model with 100,000 numbers. */
const LENGTH = 102_400;

const { ethers } = await network.create();
const judge = await ethers.deployContract('TensorJudge');

const reference = (space: Reference['space'], base: number, steps: readonly number[]): Reference => ({
  ...{ space, type: TYPE.F32, base, steps, coordinates: [], pad: 0 },
});
const { WEIGHT, TRACE } = SPACE;

const base = { fn: 0, type: TYPE.F32, start: LENGTH, a: 0, b: 0, window: [] } as const;

/** A fully connected layer of 8 outputs. */
const dense = (inputs: number): Instruction => ({
  ...base,
  ...{ op: OP.DOT, a: 1, dims: [8], window: [inputs] },
  operands: [reference(TRACE, 640, [0, 1]), reference(WEIGHT, 320, [inputs, 1]), reference(WEIGHT, 0, [1])],
});

/** A 3×3 convolution with padding, channels last: `side`² places, 4 channels out. */
function convolution(side: number, channels: number): Instruction {
  const along = (dimension: number, stride: number) => ({
    ...{ size: side, divisor: 1, stride, offset: -1 },
    terms: [dimension, dimension + 3].map((at) => ({ dimension: at, coefficient: 1 })),
  });
  const image: Reference = {
    ...reference(TRACE, 64, [0, 0, 0, 0, 0, 1]),
    coordinates: [along(0, side * channels), along(1, channels)],
  };
  const kernel = reference(WEIGHT, 128, [0, 0, 9 * channels, 3 * channels, channels, 1]);
  return {
    ...base,
    ...{ op: OP.DOT, a: 1, dims: [side, side, 4], window: [3, 3, channels] },
    operands: [image, kernel, reference(WEIGHT, 0, [0, 0, 1])],
  };
}

const single = (op: Instruction['op'], fn: number, operands: number): Instruction => ({
  ...{ ...base, op, fn, dims: [8, 16, 16] },
  operands: Array.from({ length: operands }, (_, i) => reference(TRACE, 20_000 * i, [256, 16, 1])),
});
const pooled: Instruction = {
  ...{ ...base, op: OP.FOLD, dims: [8, 8, 64], window: [2, 2] },
  operands: [reference(TRACE, 0, [2048, 64 * 2, 1, 1024, 64])],
};
const ranked: Instruction = {
  ...{ ...base, op: OP.RANK, type: TYPE.I32, dims: [5], window: [256] },
  operands: [reference(TRACE, 0, [0, 1])],
};

const CASES: readonly (readonly [name: string, instruction: Instruction, element: number, limit: number])[] = [
  ['a fully connected layer of 256', dense(256), 3, 180_000],
  ['a fully connected layer of 1,024', dense(1_024), 3, 430_000],
  ['a 3×3 convolution of 512 channels', convolution(7, 512), 4 * (7 * 3 + 3) + 1, 1_650_000],
  ['a 3×3 convolution of 512 channels, at a corner', convolution(7, 512), 0, 1_250_000],
  ['a 3×3 convolution of 3 channels', convolution(16, 3), 4 * 35 + 1, 150_000],
  ['a sum', single(OP.ZIP, 0, 2), 500, 130_000],
  ['a power', single(OP.ZIP, 7, 2), 500, 130_000],
  ['an error function', single(OP.MAP, 19, 1), 500, 130_000],
  ['a join of four', single(OP.JOIN, 0, 4), 500, 130_000],
  ['a pooling', pooled, 500, 130_000],
  ['a rank among 256', ranked, 2, 150_000],
];

/** Vectors of a network's size and of numbers like a network's, every other one cut off at zero; the claim is true. */
function evidenceOf(instruction: Instruction, flat: number): Evidence {
  const random = seeded(SEED);
  const activations = randomVector(random, 'plain', LENGTH).map((bits, i) => (i % 2 === 0 ? bits & 0x7fffffff : bits));
  const trace = new Uint32Array(LENGTH + sizeOf(instruction));
  trace.set(activations);
  const stage = new Stage(new Uint32Array(0), randomVector(random, 'plain', LENGTH), trace);
  const element = instruction.start + flat;
  stage.trace[element] = judgeElement(instruction, flat, stage.read).bits;
  return stage.evidence(instruction, element);
}

describe('tensor judge gas', () => {
  for (const [name, instruction, flat, limit] of CASES) {
    it(`judges ${name} for at most ${limit.toLocaleString('en')} gas, in a transaction of its own`, async () => {
      const evidence = evidenceOf(instruction, flat);
      const call = await judge.judge.populateTransaction(...evidence);
      const [sender] = await ethers.getSigners();
      const receipt = await (await sender?.sendTransaction({ ...call, gasLimit: 16_000_000n }))?.wait();
      expect((await judge.judge(...evidence)).wrong).to.equal(false);
      expect(receipt?.gasUsed).to.be.at.most(limit);
    });
  }
});
