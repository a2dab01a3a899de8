import { describe, expect, it } from 'vitest';
import {
  type Coordinate,
  type Instruction,
  OP,
  type Operand,
  type Reference,
  SPACE,
  TYPE,
  ZIP,
} from '../../../../workers/canonical/plan/instruction.ts';
import { malformation } from '../../../../workers/canonical/plan/malformation.ts';
import { randomInstruction, seeded, SPACE_LENGTH } from '../executor/random-instructions.ts';

const bounds = { inputLength: 100, weightsLength: 50 };

const read = (steps: readonly number[], more: Partial<Reference> = {}): Reference => ({
  space: SPACE.INPUT,
  type: TYPE.F32,
  base: 0,
  steps,
  coordinates: [],
  pad: 0,
  ...more,
});
const one: Operand = { space: SPACE.LITERAL, type: TYPE.F32, bits: 0x3f800000 };
const coordinate = (more: Partial<Coordinate> = {}): Coordinate => ({
  size: 4,
  divisor: 1,
  stride: 1,
  offset: 0,
  terms: [{ dimension: 0, coefficient: 1 }],
  ...more,
});

const instruction = (more: Partial<Instruction> = {}): Instruction => ({
  op: OP.ZIP,
  fn: ZIP.ADD,
  type: TYPE.F32,
  start: 0,
  a: 0,
  b: 0,
  dims: [10],
  window: [],
  operands: [read([1]), one],
  ...more,
});
const dot = (more: Partial<Instruction> = {}): Instruction =>
  instruction({ op: OP.DOT, fn: 0, a: 1, window: [5], operands: [read([1, 1]), one], ...more });
const rank = (more: Partial<Instruction> = {}): Instruction =>
  instruction({ op: OP.RANK, fn: 0, type: TYPE.I32, dims: [3], window: [5], operands: [read([0, 1])], ...more });

const CASES: readonly (readonly [string, Instruction, number])[] = [
  ['a sound sum', instruction(), 0],
  ['a sound product', dot(), 0],
  ['a sound ranking', rank(), 0],
  ['an unknown operation', instruction({ op: 9 as never }), 2],
  ['an unknown function', instruction({ fn: 99 }), 2],
  ['a type that is none', instruction({ type: 2 as never }), 2],
  ['a space that is none', instruction({ operands: [read([1], { space: 7 as never }), one] }), 2],
  ['a comparison that gives a float', instruction({ fn: ZIP.LT }), 2],
  ['an int among floats', instruction({ operands: [read([1], { type: TYPE.I32 }), one] }), 2],
  [
    'an index of largest that is a float',
    instruction({ op: OP.FOLD, fn: 3, window: [2], operands: [read([1, 1])] }),
    2,
  ],
  ['one operand too few', instruction({ operands: [one] }), 3],
  ['one operand too many', dot({ operands: [one, one, one, one] }), 3],
  ['a division by 0', dot({ a: 0 }), 3],
  ['an a that nobody reads', instruction({ a: 1 }), 3],
  ['a b that nobody reads', dot({ b: 1 }), 3],
  ['a pick out of nothing', instruction({ op: OP.PICK, fn: 0, operands: [read([0]), { ...one, type: TYPE.I32 }] }), 3],
  ['a rank of a dimension that is not there', rank({ a: 1 }), 3],
  ['a dimension of 0', instruction({ dims: [0] }), 4],
  ['a window where none belongs', instruction({ window: [2] }), 4],
  ['nine dimensions', instruction({ dims: new Array<number>(9).fill(1), operands: [one, one] }), 4],
  ['a window over 8,192', dot({ window: [8_193], operands: [one, one] }), 4],
  ['more than 2^32 elements', instruction({ dims: [65_536, 65_537], operands: [one, one] }), 4],
  ['a start inside a chunk', instruction({ start: 63 }), 5],
  ['an end past 2^40', instruction({ start: 2 ** 40 - 64, dims: [65], operands: [one, one] }), 5],
  [
    'a coordinate of no size',
    instruction({ operands: [read([0], { coordinates: [coordinate({ size: 0 })] }), one] }),
    6,
  ],
  [
    'a coordinate divided by 0',
    instruction({ operands: [read([0], { coordinates: [coordinate({ divisor: 0 })] }), one] }),
    6,
  ],
  [
    'a term of a dimension that is not there',
    instruction({
      operands: [read([0], { coordinates: [coordinate({ terms: [{ dimension: 1, coefficient: 1 }] })] }), one],
    }),
    6,
  ],
  ['a last element past the input', instruction({ operands: [read([1], { base: 91 }), one] }), 7],
  ['a first element before the input', instruction({ operands: [read([-1], { base: 8 }), one] }), 7],
  ['a read of what is not yet written', instruction({ operands: [read([1], { space: SPACE.TRACE }), one] }), 7],
  [
    'a coordinate that reaches too far',
    instruction({ operands: [read([0], { coordinates: [coordinate({ stride: 34 })] }), one] }),
    7,
  ],
  [
    'a pick that reaches too far',
    instruction({ op: OP.PICK, fn: 0, a: 11, b: 10, operands: [read([0]), { ...one, type: TYPE.I32 }] }),
    7,
  ],
  ['a ranking that depends on the rank', rank({ operands: [read([1, 1])] }), 8],
  ['more ranks than elements', rank({ dims: [6] }), 8],
];

describe('malformation', () => {
  it.each(CASES)('finds %s', (_, broken, reason) => {
    expect(malformation(broken, bounds)).toBe(reason);
  });

  it('lets addresses touch both ends of their space', () => {
    expect(malformation(instruction({ operands: [read([1], { base: 90 }), one] }), bounds)).toBe(0);
    expect(malformation(instruction({ operands: [read([-1], { base: 9 }), one] }), bounds)).toBe(0);
  });

  it('finds nothing in random sound instructions', () => {
    const random = seeded(11);
    const lengths = { inputLength: SPACE_LENGTH, weightsLength: SPACE_LENGTH };
    for (const op of Object.values(OP)) {
      for (let i = 0; i < 200; i++) expect(malformation(randomInstruction(random, op), lengths)).toBe(0);
    }
  });
});
