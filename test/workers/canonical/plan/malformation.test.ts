import fc from 'fast-check';
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

const BOUNDS = { inputLength: 100, weightsLength: 50 };
const { F32, I32 } = TYPE;

const read = (change: Partial<Reference> = {}): Reference => ({
  ...{ space: SPACE.INPUT, type: F32, base: 0, steps: [1], coordinates: [], pad: 0 },
  ...change,
});
const axis = (change: Partial<Coordinate> = {}): Coordinate => ({
  ...{ size: 8, divisor: 1, stride: 1, offset: 0, terms: [{ dimension: 0, coefficient: 1 }] },
  ...change,
});
const within = (...coordinates: Coordinate[]): Operand => read({ steps: [0], coordinates });
const make = (change: Partial<Instruction>): Instruction => ({
  ...{ op: OP.MAP, fn: 0, type: F32, start: 64, a: 0, b: 0, dims: [8], window: [], operands: [read()] },
  ...change,
});
const dot = (change: Partial<Instruction> = {}) =>
  make({ op: OP.DOT, a: 1, window: [4], operands: [read({ steps: [1, 1] }), read({ steps: [0, 1] })], ...change });
const rank = (change: Partial<Instruction> = {}) =>
  make({ op: OP.RANK, type: I32, dims: [4], window: [4], operands: [read({ steps: [0, 1] })], ...change });
const pick = (change: Partial<Instruction> = {}) =>
  make({ op: OP.PICK, a: 4, b: 8, operands: [read(), read({ type: I32 })], ...change });
const times = <T>(count: number, one: T): T[] => new Array<T>(count).fill(one);

const SOUND: readonly (readonly [string, Instruction])[] = [
  ['the last element of the input', make({ operands: [read({ base: 92 })] })],
  ['backwards from the last element', make({ operands: [read({ base: 99, steps: [-1] })] })],
  ['the last element before the start', make({ operands: [read({ space: SPACE.TRACE, base: 56 })] })],
  ['no dimensions', make({ dims: [], operands: [read({ steps: [], base: 99 })] })],
  ['eight dimensions', make({ dims: times(8, 1), operands: [read({ steps: times(8, 9) })] })],
  ['2^32 elements', make({ dims: [65_536, 65_536], operands: [read({ steps: [0, 0] })] })],
  ['an end at 2^40', make({ start: 2 ** 40 - 64, dims: [64] })],
  ['a window of 8,192', dot({ window: [8192], operands: times(2, read({ steps: [1, 0] })) })],
  ['a divisor', dot({ a: 2 ** 32 - 1 })],
  ['a bias', dot({ operands: [...dot().operands, read()] })],
  ['sixteen operands', make({ op: OP.JOIN, operands: times(16, read()) })],
  ['eight coordinates', make({ operands: [within(...times(8, axis()))] })],
  ['sixteen terms', make({ operands: [within(axis({ terms: times(16, { dimension: 0, coefficient: 1 }) }))] })],
  ['the index of a largest int', make({ op: OP.FOLD, fn: 3, type: I32, operands: [read({ type: I32 })] })],
  ['a comparison of floats', make({ op: OP.ZIP, fn: ZIP.LE, type: I32, operands: [read(), read()] })],
  ['as many ranks as elements', rank()],
  ['ranks of a literal', rank({ operands: [{ space: SPACE.LITERAL, type: F32, bits: 0 }] })],
  ['data with an index', pick()],
  ['data that the index walks backwards', pick({ b: -8, operands: [read({ base: 24 }), read({ type: I32 })] })],
];

const BROKEN: readonly (readonly [number, string, Instruction])[] = [
  [2, 'op 0', make({ op: 0 as 1 })],
  [2, 'op 9', make({ op: 9 as 1 })],
  [2, 'type 2', make({ type: 2 as 1 })],
  [2, 'space 4', make({ operands: [read({ space: 4 as 1 })] })],
  [2, 'MAP 8', make({ fn: 8 })],
  [2, 'MAP 33', make({ fn: 33 })],
  [2, 'ZIP 11', make({ op: OP.ZIP, fn: 11, operands: [read(), read()] })],
  [2, 'FOLD 5', make({ op: OP.FOLD, fn: 5 })],
  [2, 'RANK 2', rank({ fn: 2 })],
  [2, 'DOT with a function', dot({ fn: 1 })],
  [2, 'JOIN with a function', make({ op: OP.JOIN, fn: 1 })],
  [2, 'TO_INT as f32', make({ fn: 32 })],
  [2, 'an index of the largest as f32', make({ op: OP.FOLD, fn: 3 })],
  [2, 'ranks as f32', rank({ type: F32 })],
  [2, 'operands of two types', dot({ operands: [read({ steps: [1, 1] }), read({ steps: [0, 1], type: I32 })] })],
  [2, 'an index that is f32', pick({ operands: [read(), read()] })],
  [2, 'a condition that is f32', make({ op: OP.SELECT, operands: times(3, read()) })],
  [3, 'a without a use', make({ a: 1 })],
  [3, 'b without a use', make({ b: -1 })],
  [3, 'MAP of two', make({ operands: [read(), read()] })],
  [3, 'MAP of none', make({ operands: [] })],
  [3, 'DOT of one', dot({ operands: [read({ steps: [1, 1] })] })],
  [3, 'DOT divided by 0', dot({ a: 0 })],
  [3, 'i32 DOT with a divisor', dot({ type: I32, a: 2, operands: times(2, read({ steps: [1, 1], type: I32 })) })],
  [3, 'JOIN of 17', make({ op: OP.JOIN, operands: times(17, read()) })],
  [3, 'PICK of 0', pick({ a: 0 })],
  [3, 'PICK of 2^31', pick({ a: 2 ** 31, b: 0 })],
  [3, 'RANK along no dimension', rank({ a: 1 })],
  [4, 'nine dimensions', make({ dims: times(9, 1), operands: [read({ steps: times(9, 0) })] })],
  [4, 'nine window dimensions', dot({ window: times(9, 1), operands: times(2, read({ steps: times(10, 0) })) })],
  [4, 'a dimension of 0', make({ dims: [0] })],
  [4, 'a window dimension of 0', dot({ window: [0] })],
  [4, 'a window in MAP', make({ window: [1] })],
  [4, 'more than 2^32 elements', make({ dims: [65_536, 65_537], operands: [read({ steps: [0, 0] })] })],
  [4, 'a window of 8,193', dot({ window: [8193], operands: times(2, read({ steps: [0, 0] })) })],
  [5, 'a start between chunks', make({ start: 65 })],
  [5, 'an end past 2^40', make({ start: 2 ** 40 - 64, dims: [65] })],
  [6, 'nine coordinates', make({ operands: [within(...times(9, axis()))] })],
  [6, 'seventeen terms', make({ operands: [within(axis({ terms: times(17, { dimension: 0, coefficient: 1 }) }))] })],
  [
    6,
    'a term without its dimension',
    make({ operands: [within(axis({ terms: [{ dimension: 1, coefficient: 0 }] }))] }),
  ],
  [6, 'a size of 0', make({ operands: [within(axis({ size: 0 }))] })],
  [6, 'a divisor of 0', make({ operands: [within(axis({ divisor: 0 }))] })],
  [7, 'an address below 0', make({ operands: [read({ base: -1 })] })],
  [7, 'an address past the input', make({ operands: [read({ base: 93 })] })],
  [7, 'an address past the weights', make({ operands: [read({ space: SPACE.WEIGHT, base: 43 })] })],
  [7, 'its own first element', make({ operands: [read({ space: SPACE.TRACE, base: 57 })] })],
  [7, 'a coordinate past the end', make({ operands: [within(axis({ size: 101 }))] })],
  [7, 'a coordinate below 0', make({ operands: [within(axis({ stride: -1 }))] })],
  [7, 'an index past the end', pick({ operands: [read({ base: 69 }), read({ type: I32 })] })],
  [7, 'an index below 0', pick({ b: -8, operands: [read({ base: 23 }), read({ type: I32 })] })],
  [8, 'a step along the ranks', rank({ operands: [read({ steps: [1, 1] })] })],
  [8, 'more ranks than elements', rank({ dims: [5] })],
  [
    8,
    'a term along the ranks',
    rank({ operands: [read({ steps: [0, 0], coordinates: [axis({ terms: [{ dimension: 0, coefficient: 0 }] })] })] }),
  ],
];

describe('limits of an instruction', () => {
  it.each(SOUND)('let %s pass', (_, instruction) => {
    expect(malformation(instruction, BOUNDS)).toBe(0);
  });

  it.each(BROKEN)('%d: refuse %s', (reason, _, instruction) => {
    expect(malformation(instruction, BOUNDS)).toBe(reason);
  });

  it('let an operand without coordinates pass just when all of its addresses exist', () => {
    const step = fc.integer({ min: -40, max: 40 });
    const size = fc.integer({ min: 1, max: 4 });
    const shapes = fc.array(fc.tuple(size, step), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(shapes, fc.integer({ min: -50, max: 150 }), (dims, base) => {
        const addresses = dims.reduce(
          (sums, [count, by]) => sums.flatMap((sum) => Array.from({ length: count }, (_, x) => sum + x * by)),
          [base],
        );
        const inside = addresses.every((address) => address >= 0 && address < BOUNDS.inputLength);
        const instruction = make({
          dims: dims.map(([count]) => count),
          operands: [read({ base, steps: dims.map(([, by]) => by) })],
        });
        expect(malformation(instruction, BOUNDS)).toBe(inside ? 0 : 7);
      }),
      { numRuns: 1000 },
    );
  });
});
