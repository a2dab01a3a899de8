import {
  type Coordinate,
  FOLD,
  type Instruction,
  MAP,
  OP,
  type Operand,
  RANK,
  type Reference,
  SPACE,
  TYPE,
  ZIP,
} from '../../workers/canonical/plan/instruction.ts';
import type { Plan } from '../../workers/canonical/plan/plan.ts';
import { nextStart, sizeOf } from '../../workers/canonical/plan/sizes.ts';

const { F32, I32 } = TYPE;
const { INPUT, WEIGHT, TRACE } = SPACE;

/** The input: floats, then, from here on, small integers. */
export const SAMPLE_INTEGERS = 128;

const at = (space: Reference['space'], type: Reference['type'], base: number, ...steps: number[]): Reference => ({
  ...{ space, type, base, steps },
  coordinates: [],
  pad: 0,
});

const bounded = (operand: Reference, pad: number, ...coordinates: Coordinate[]): Reference => ({
  ...operand,
  pad,
  coordinates,
});

const axis = (size: number, stride: number, offset: number, ...terms: (readonly [number, number])[]): Coordinate => ({
  ...{ size, divisor: 1, stride, offset },
  terms: terms.map(([dimension, coefficient]) => ({ dimension, coefficient })),
});

const literal = (type: Reference['type'], bits: number): Operand => ({ space: SPACE.LITERAL, type, bits });

type Parts = Partial<Instruction> & Pick<Instruction, 'op' | 'dims' | 'operands'>;

/** Every operation at least once, small: an instruction is given where the ones before it start. */
const STEPS: readonly ((starts: readonly number[]) => Parts)[] = [
  // a dense layer
  () => ({
    ...{ op: OP.DOT, a: 1, dims: [2, 5], window: [20] },
    operands: [at(INPUT, F32, 0, 20, 0, 1), at(WEIGHT, F32, 0, 0, 20, 1), at(WEIGHT, F32, 128, 0, 1)],
  }),
  // a 3×3 mean of an 8×8 picture, stride 2, padded by one
  () => ({
    ...{ op: OP.DOT, a: 9, dims: [4, 4], window: [3, 3] },
    operands: [
      bounded(at(INPUT, F32, 0, 0, 0, 0, 0), 0, axis(8, 8, -1, [0, 2], [2, 1]), axis(8, 1, -1, [1, 2], [3, 1])),
      literal(F32, 0x3f800000),
    ],
  }),
  () => ({
    ...{ op: OP.DOT, type: I32, a: 1, dims: [3], window: [7] },
    operands: [at(INPUT, I32, SAMPLE_INTEGERS, 0, 1), at(INPUT, I32, SAMPLE_INTEGERS + 8, 7, 1)],
  }),
  ([dense = 0]) => ({
    ...{ op: OP.ZIP, fn: ZIP.SUB, dims: [2, 5] },
    operands: [at(TRACE, F32, dense, 5, 1), at(WEIGHT, F32, 200, 0, 1)],
  }),
  ([, , , shifted = 0]) => ({ op: OP.MAP, fn: MAP.EXP, dims: [10], operands: [at(TRACE, F32, shifted, 1)] }),
  ([, mean = 0]) => ({
    ...{ op: OP.FOLD, fn: FOLD.MAX, dims: [4], window: [4] },
    operands: [at(TRACE, F32, mean, 1, 4)],
  }),
  ([, mean = 0]) => ({
    ...{ op: OP.FOLD, fn: FOLD.ARGMIN, type: I32, dims: [2], window: [2, 4] },
    operands: [at(TRACE, F32, mean, 8, 4, 1)],
  }),
  ([, , , shifted = 0]) => ({
    ...{ op: OP.RANK, fn: RANK.LARGEST, type: I32, a: 1, dims: [2, 3], window: [5] },
    operands: [at(TRACE, F32, shifted, 5, 0, 1)],
  }),
  // 3 rows of one, 2 of the other
  ([dense = 0]) => ({
    ...{ op: OP.JOIN, dims: [5, 5] },
    operands: [
      bounded(at(WEIGHT, F32, 0, 0, 1), 0, axis(3, 64, 0, [0, 1])),
      bounded(at(TRACE, F32, dense, 0, 1), 0x7fc00000, axis(2, 5, -3, [0, 1])),
    ],
  }),
  // rows of 4; the indices run from −4 to 5, so that some are out of range
  () => ({
    ...{ op: OP.PICK, a: 4, b: 4, dims: [16, 4] },
    operands: [at(WEIGHT, F32, 64, 0, 1), at(INPUT, I32, SAMPLE_INTEGERS, 1, 0)],
  }),
  () => ({
    ...{ op: OP.SELECT, dims: [8] },
    operands: [at(INPUT, I32, SAMPLE_INTEGERS, 1), at(INPUT, F32, 63, -1), literal(F32, 0xff800000)],
  }),
  ([, , , , , , argmin = 0]) => ({ op: OP.MAP, fn: MAP.TO_FLOAT, dims: [], operands: [at(TRACE, I32, argmin)] }),
];

function chained(): readonly Instruction[] {
  const instructions: Instruction[] = [];
  for (const step of STEPS) {
    const last = instructions.at(-1);
    const parts = step(instructions.map(({ start }) => start));
    instructions.push({ fn: 0, type: F32, start: last ? nextStart(last) : 0, a: 0, b: 0, window: [], ...parts });
  }
  return instructions;
}

/** A plan that is no network but has every operation in it. */
export function samplePlan(): Plan {
  const instructions = chained();
  const last = instructions.at(-1);
  const traceLength = last ? last.start + sizeOf(last) : 0;
  return { instructions, inputLength: 192, weightsLength: 210, traceLength };
}
