import { describe, expect, it } from 'vitest';
import { execute } from '../../../../workers/canonical/executor/execute.ts';
import { newElements } from '../../../../workers/canonical/executor/spaces.ts';
import {
  FOLD,
  type Instruction,
  OP,
  type Op,
  type Reference,
  SPACE,
  TYPE,
  ZIP,
} from '../../../../workers/canonical/plan/instruction.ts';

const NOTHING = 99;
const reference: Reference = { space: SPACE.INPUT, type: TYPE.F32, base: 0, steps: [1], coordinates: [], pad: 0 };

/** Two elements of an input of two; the trace is theirs alone. */
const instruction = (change: Partial<Instruction>): Instruction => ({
  ...{ op: OP.MAP, fn: 0, type: TYPE.F32, start: 0, a: 0, b: 0, dims: [2], window: [], operands: [reference] },
  ...change,
});
const run = (change: Partial<Instruction>): Uint32Array =>
  execute(
    { instructions: [instruction(change)], inputLength: 2, weightsLength: 0, traceLength: 2 },
    { input: Uint32Array.of(7, 8), weights: new Uint32Array(0) },
  );

describe('what no checked plan holds', () => {
  it.each<readonly [string, Partial<Instruction>]>([
    ['an operation that there is not', { op: NOTHING as Op }],
    ['a function of one number that there is not', { fn: NOTHING }],
    ['a function of two numbers that there is not', { op: OP.ZIP, fn: NOTHING, operands: [reference, reference] }],
    ['a fold that there is not', { op: OP.FOLD, fn: NOTHING }],
    ['a map of nothing', { operands: [] }],
    ['a sum of two with one of them', { op: OP.ZIP, fn: ZIP.ADD }],
    ['products with one factor', { op: OP.DOT, a: 1 }],
    ['a fold of nothing', { op: OP.FOLD, fn: FOLD.MAX, operands: [] }],
    ['a choice without its branches', { op: OP.SELECT }],
    ['a pick without its index', { op: OP.PICK }],
    ['ranks of nothing', { op: OP.RANK, operands: [] }],
  ])('is refused by name: %s', (_name, change) => {
    expect([...run({})]).toEqual([7, 8]);
    expect(() => run(change)).toThrow(expect.objectContaining({ code: 'CANONICAL_INSTRUCTION_MALFORMED' }));
  });

  it('a coordinate that float64 cannot carry exactly is refused, the last one that it can is walked', () => {
    const reach = (coefficient: number): Partial<Instruction> => ({
      operands: [
        {
          ...reference,
          steps: [0],
          coordinates: [{ size: 2, divisor: 1, stride: 1, offset: 0, terms: [{ dimension: 0, coefficient }] }],
          pad: 9,
        },
      ],
    });
    expect([...run(reach(2 ** 52 - 1))]).toEqual([7, 9]);
    expect(() => run(reach(2 ** 52))).toThrow(expect.objectContaining({ code: 'CANONICAL_INDEX_TOO_WIDE' }));
  });
});

it('a vector beyond 2^31 − 1 elements is refused before its memory is taken', () => {
  expect(() => newElements(2 ** 31)).toThrow(expect.objectContaining({ code: 'CANONICAL_VECTOR_TOO_LONG' }));
  expect(newElements(2).i32).toHaveLength(2);
});
