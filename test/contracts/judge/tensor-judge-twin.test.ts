import { expect } from 'chai';
import { network } from 'hardhat';
import { ruleOn } from '../../../workers/canonical/judge/evidence.ts';
import { judgeElement } from '../../../workers/canonical/judge/judge-element.ts';
import { readOperand } from '../../../workers/canonical/judge/read-operand.ts';
import { type Instruction, OP, type Op, SPACE, TYPE } from '../../../workers/canonical/plan/instruction.ts';
import { readsWindow, sizeOf, unravel, windowSize } from '../../../workers/canonical/plan/sizes.ts';
import { Stage } from '../../support/judge-stage.ts';
import {
  below,
  FLAVOURS,
  oneOf,
  randomInstruction,
  randomVector,
  type Random,
  seeded,
  SPACE_LENGTH,
} from '../../workers/canonical/executor/random-instructions.ts';

const CASES = 400;
const SEED = 20_260_303;

const { ethers } = await network.create({ override: { blockGasLimit: 1_000_000_000_000n, transactionGasCap: false } });
const judge = await ethers.deployContract('TensorJudge', { gasLimit: 10_000_000n });

/** A random instruction of an operation on random vectors, and an element of it. */
function randomCase(random: Random, op: Op): { instruction: Instruction; element: number; stage: Stage } {
  const instruction = randomInstruction(random, op);
  const vector = (length: number) => randomVector(random, oneOf(random, FLAVOURS), length);
  const trace = new Uint32Array(instruction.start + sizeOf(instruction));
  trace.set(vector(SPACE_LENGTH));
  return {
    instruction,
    element: instruction.start + below(random, sizeOf(instruction)),
    stage: new Stage(vector(SPACE_LENGTH), vector(SPACE_LENGTH), trace),
  };
}

/** Asks the contract and the twin about the element as it stands in the trace. */
async function compare(instruction: Instruction, element: number, stage: Stage): Promise<boolean> {
  const [encoded, vectors, place, openings] = stage.evidence(instruction, element);
  const ruling = await judge.judge(encoded, vectors, place, openings);
  const expected = ruleOn(instruction, element, stage.read);
  // ranks are checked, not computed
  const canonical = instruction.op === OP.RANK ? 0 : expected.canonical;
  expect(
    [ruling.wrong, ruling.outOfRange, Number(ruling.claimed), Number(ruling.canonical)],
    `${JSON.stringify(instruction)} element ${element}`,
  ).to.deep.equal([expected.wrong, expected.outOfRange, expected.claimed, canonical]);
  return ruling.wrong;
}

/** Patterns of 3 and 5. */
const FLOATS = [0x40400000, 0x40a00000] as const;
const FIRST_OF_INTEGERS = 16;
const FIRST_THAT_COMPARES = 8;
const numbersFrom = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i);

/** Function `fn` of the first two numbers of the input. */
function ofTwo(fn: number): Instruction {
  const type = fn < FIRST_OF_INTEGERS ? TYPE.F32 : TYPE.I32;
  const operand = { space: SPACE.INPUT, type, steps: [0], coordinates: [], pad: 0 } as const;
  return {
    ...{ op: OP.ZIP, fn, type: fn < FIRST_THAT_COMPARES ? TYPE.F32 : TYPE.I32, start: 0, a: 0, b: 0 },
    ...{ dims: [1], window: [], operands: [0, 1].map((base) => ({ ...operand, base })) },
  };
}

describe('tensor judge and its twin', () => {
  it('tell every function of two numbers from the others: equal ones, and both orders', async () => {
    for (const fn of [...numbersFrom(0, 11), ...numbersFrom(FIRST_OF_INTEGERS, 15)]) {
      const [low, high] = fn < FIRST_OF_INTEGERS ? FLOATS : [3, 5];
      for (const pair of [
        [low, low],
        [low, high],
        [high, low],
      ]) {
        const stage = new Stage(Uint32Array.from(pair), new Uint32Array(1), new Uint32Array(1));
        stage.trace[0] = judgeElement(ofTwo(fn), 0, stage.read).bits;
        expect(await compare(ofTwo(fn), 0, stage), `function ${fn} of ${pair.join(' and ')}`).to.equal(false);
      }
    }
  });

  for (const [name, op] of Object.entries(OP)) {
    it(`rules on ${name} as the twin does: true numbers, neighbours, forged operands, ${CASES} instructions`, async () => {
      const random = seeded(SEED + op);
      for (let i = 0; i < CASES; i++) {
        const { instruction, element, stage } = randomCase(random, op);
        const { bits } = judgeElement(instruction, element - instruction.start, stage.read);
        stage.trace[element] = bits;
        expect(await compare(instruction, element, stage)).to.equal(false);
        stage.trace[element] = bits + oneOf(random, [1, -1]);
        expect(await compare(instruction, element, stage)).to.equal(true);
        stage.trace[element] = bits;
        for (const vector of [stage.input, stage.weights, stage.trace.subarray(0, SPACE_LENGTH)]) {
          vector.set(vector.slice(0, SPACE_LENGTH / 2).reverse());
        }
        await compare(instruction, element, stage);
      }
    });
  }

  it(`shows every operand as the twin reads it, ${CASES} instructions`, async () => {
    const random = seeded(SEED);
    for (let i = 0; i < CASES; i++) {
      const { instruction, element, stage } = randomCase(random, oneOf(random, Object.values(OP)));
      const which = below(random, instruction.operands.length);
      const operand = instruction.operands[which];
      if (!operand) throw new Error('an instruction without operands');
      const windowed = readsWindow(instruction.op, which);
      const k = windowed ? below(random, windowSize(instruction)) : 0;
      const o = unravel(element - instruction.start, instruction.dims);
      const bits = readOperand(operand, windowed ? [...o, ...unravel(k, instruction.window)] : o, stage.read);
      const [encoded, vectors, place, openings] = stage.wholly(instruction, element);
      const shown = await judge.operandAt(encoded, vectors, place, which, k, openings);
      expect(Number(shown), `operand ${which} at ${k} of ${JSON.stringify(instruction)}`).to.equal(bits);
    }
  });
});
