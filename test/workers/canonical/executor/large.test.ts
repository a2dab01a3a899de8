import { describe, expect, it } from 'vitest';
import { execute } from '../../../../workers/canonical/executor/execute.ts';
import { judgeElement } from '../../../../workers/canonical/judge/judge-element.ts';
import {
  type Coordinate,
  FOLD,
  type Instruction,
  MAP,
  OP,
  type Reference,
  SPACE,
  TYPE,
  ZIP,
} from '../../../../workers/canonical/plan/instruction.ts';
import { checkPlan } from '../../../../workers/canonical/plan/plan.ts';
import { sizeOf } from '../../../../workers/canonical/plan/sizes.ts';
import { below, randomFloat, seeded } from './random-instructions.ts';

const LENGTH = 40_000;
const SAMPLES = 300;
const random = seeded(11);
const floats = Uint32Array.from({ length: LENGTH }, () => randomFloat(random, 'plain'));
const integers = Uint32Array.from({ length: LENGTH }, () => below(random, 40) - 20);

type Parts = Partial<Instruction> & Pick<Instruction, 'op' | 'dims' | 'operands'>;

/** An instruction that reads floats from the input and integers from the weights. */
const instruction = (parts: Parts): Instruction => ({
  fn: 0,
  type: TYPE.F32,
  start: 0,
  a: 0,
  b: 0,
  window: [],
  ...parts,
});
const from = (steps: readonly number[], more: Partial<Reference> = {}): Reference => ({
  space: SPACE.INPUT,
  type: TYPE.F32,
  base: 0,
  steps,
  coordinates: [],
  pad: 0,
  ...more,
});
const fromIntegers = (steps: readonly number[]): Reference => from(steps, { space: SPACE.WEIGHT, type: TYPE.I32 });

/** One of two coordinates of a padded picture of 50 × 60 × 11. */
const axis = (size: number, stride: number, dimension: number, window: number, divisor = 1): Coordinate => ({
  size,
  divisor,
  stride,
  offset: -1,
  terms: [
    { dimension, coefficient: 1 },
    { dimension: window, coefficient: 1 },
  ],
});
const patches = (channel: readonly number[], divisor = 1): Reference =>
  from(channel, { coordinates: [axis(50, 660, 0, 3, divisor), axis(60, 11, 1, 4, divisor)], pad: 0x40000000 });

const CASES: Readonly<Record<string, Instruction>> = {
  'sum of two pictures, one of them turned': instruction({
    op: OP.ZIP,
    fn: ZIP.ADD,
    dims: [50, 60, 11],
    operands: [from([660, 11, 1]), from([1, 50, 3000])],
  }),
  'exponential of every third number': instruction({
    op: OP.MAP,
    fn: MAP.EXP,
    dims: [9000],
    operands: [from([3])],
  }),
  'padded picture': instruction({
    op: OP.MAP,
    dims: [52, 62, 11],
    operands: [
      from([0, 0, 1], {
        coordinates: [
          { size: 50, divisor: 1, stride: 660, offset: -1, terms: [{ dimension: 0, coefficient: 1 }] },
          { size: 60, divisor: 1, stride: 11, offset: 60, terms: [{ dimension: 1, coefficient: -1 }] },
        ],
        pad: 0x3f800000,
      }),
    ],
  }),
  'choice between two': instruction({
    op: OP.SELECT,
    dims: [90, 100],
    operands: [fromIntegers([100, 1]), from([100, 1]), from([1, 90])],
  }),
  'rows by index': instruction({
    op: OP.PICK,
    a: 20,
    b: 100,
    dims: [90, 100],
    operands: [from([0, 1]), fromIntegers([1, 0])],
  }),
  'largest of windows side by side': instruction({
    op: OP.FOLD,
    fn: FOLD.MAX,
    dims: [50, 60, 11],
    window: [3, 3],
    operands: [patches([0, 0, 1, 0, 0])],
  }),
  'index of the largest in windows': instruction({
    op: OP.FOLD,
    fn: FOLD.ARGMAX,
    type: TYPE.I32,
    dims: [50, 60, 11],
    window: [3, 3],
    operands: [patches([0, 0, 1, 0, 0])],
  }),
  'one filter per channel': instruction({
    op: OP.DOT,
    a: 1,
    dims: [50, 60, 11],
    window: [3, 3],
    operands: [patches([0, 0, 1, 0, 0]), from([0, 0, 9, 3, 1]), from([0, 0, 1])],
  }),
  convolution: instruction({
    op: OP.DOT,
    a: 1,
    dims: [50, 60, 7],
    window: [3, 3, 11],
    operands: [patches([0, 0, 0, 0, 0, 1]), from([0, 0, 99, 33, 11, 1]), from([0, 0, 1])],
  }),
  'transposed convolution': instruction({
    op: OP.DOT,
    a: 1,
    dims: [90, 100, 2],
    window: [2, 2, 11],
    operands: [patches([0, 0, 0, 0, 0, 1], 2), from([0, 0, 44, 22, 11, 1])],
  }),
  'products of elements with long rows': instruction({
    op: OP.DOT,
    a: 3,
    dims: [5000],
    window: [7],
    operands: [from([7, 1]), from([1, 5000])],
  }),
  'matrix product in many blocks': instruction({
    op: OP.DOT,
    a: 1,
    dims: [70, 9],
    window: [8192],
    operands: [from([400, 0, 1]), from([0, 3000, 1]), from([9, 1])],
  }),
  'matrix products side by side': instruction({
    op: OP.DOT,
    a: 1,
    dims: [30, 6, 30],
    window: [20],
    operands: [from([600, 20, 0, 1]), from([600, 0, 1, 30]), from([0, 30, 1])],
  }),
};

describe('execute over more elements than one block', () => {
  it.each(Object.entries(CASES))('writes what the judge would: %s', (_name, given) => {
    const plan = {
      instructions: [given],
      inputLength: LENGTH,
      weightsLength: LENGTH,
      traceLength: sizeOf(given),
    };
    checkPlan(plan);
    const trace = execute(plan, { input: floats, weights: integers });
    const read = (space: Reference['space'], address: number): number => {
      const bits = (space === SPACE.INPUT ? floats : integers)[address];
      if (bits === undefined) throw new RangeError(`nothing at ${address}`);
      return bits;
    };
    const samples = given.window[0] === 8192 ? 20 : SAMPLES;
    for (let i = 0; i < samples; i++) {
      // the last one too
      const flat = i === 0 ? trace.length - 1 : below(random, trace.length);
      expect({ flat, bits: trace[flat] }).toEqual({ flat, bits: judgeElement(given, flat, read).bits });
    }
  });

  it('stops between instructions when the signal aborts', () => {
    const controller = new AbortController();
    const move = instruction({ op: OP.MAP, dims: [64], operands: [from([1])] });
    const plan = {
      instructions: [move, { ...move, start: 64 }],
      inputLength: LENGTH,
      weightsLength: 0,
      traceLength: 128,
    };
    const seen: number[] = [];
    const run = () =>
      execute(
        plan,
        { input: floats, weights: new Uint32Array(0) },
        {
          signal: controller.signal,
          onInstruction: ({ index }) => {
            seen.push(index);
            controller.abort(new Error('enough'));
          },
        },
      );
    expect(run).toThrow('enough');
    expect(seen).toEqual([0]);
  });
});
