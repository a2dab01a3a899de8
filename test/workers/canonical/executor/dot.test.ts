import { describe, expect, it } from 'vitest';
import { type RunTotals, addRunTotals, newRunTotals } from '../../../../workers/canonical/executor/counters.ts';
import { executeInstruction } from '../../../../workers/canonical/executor/execute.ts';
import { elementsOf } from '../../../../workers/canonical/executor/spaces.ts';
import { type Instruction, OP, SPACE, TYPE } from '../../../../workers/canonical/plan/instruction.ts';
import { judged } from './run-and-judge.ts';
import { FLAVOURS, type Random, between, bitsFor, oneOf, randomFloat, seeded } from './random-instructions.ts';

/** The shapes that send a sum through each way of running it. */
const WAYS = ['matrix', 'pairs', 'columns'] as const;
type Way = (typeof WAYS)[number];

interface Sums {
  /** rows of A and of B, of the same length */
  readonly a: readonly (readonly number[])[];
  readonly b: readonly (readonly number[])[];
  /** one per row of B */
  readonly bias: readonly number[];
  readonly divisor?: number;
  readonly integers?: boolean;
}

/**
 * The sums of every row of A with every row of B ("matrix"), or of each row of A with the same one of B: the rows one after the
 * other in memory ("pairs"), or element by element ("columns"). Numbers are patterns.
 */
function dotOf(way: Way, { a, b, bias, divisor = 1, integers = false }: Sums) {
  const type = integers ? TYPE.I32 : TYPE.F32;
  const [rows, length] = [a.length, a[0]?.length ?? 0];
  const flat = (matrix: readonly (readonly number[])[]): number[] =>
    way === 'columns' ? Array.from({ length }, (_, k) => matrix.map((row) => row[k] ?? 0)).flat() : matrix.flat();
  const input = Uint32Array.from(flat(a));
  const weights = Uint32Array.from([...flat(b), ...bias]);
  const steps = {
    matrix: [
      [length, 0, 1],
      [0, length, 1],
      [0, 1],
    ],
    pairs: [[length, 1], [length, 1], [1]],
    columns: [[1, rows], [1, rows], [1]],
  }[way];
  const [forA = [], forB = [], forBias = []] = steps;
  const reference = (space: 1 | 2, base: number, by: readonly number[]) =>
    ({ space, type, base, steps: by, coordinates: [], pad: 0 }) as const;
  const instruction: Instruction = {
    op: OP.DOT,
    fn: 0,
    type,
    start: 0,
    a: divisor,
    b: 0,
    dims: way === 'matrix' ? [rows, b.length] : [rows],
    window: [length],
    operands: [
      reference(SPACE.INPUT, 0, forA),
      reference(SPACE.WEIGHT, 0, forB),
      reference(SPACE.WEIGHT, b.length * length, forBias),
    ],
  };
  return { instruction, vectors: { input, weights, before: new Uint32Array(0) } };
}

/** Runs the sums in one way, expects the judge's numbers, and returns them with how they were found. */
function check(way: Way, sums: Sums): { values: Float32Array; totals: RunTotals } {
  const { instruction, vectors } = dotOf(way, sums);
  const trace = new Uint32Array(instruction.dims.reduce((size, dim) => size * dim, 1));
  const [input, weights] = [elementsOf(vectors.input), elementsOf(vectors.weights)];
  const totals = executeInstruction(instruction, { input, weights, trace: elementsOf(trace) });
  expect(Array.from(trace)).toEqual(judged(instruction, vectors));
  return { values: new Float32Array(trace.buffer), totals };
}

const patterns = (values: readonly number[]): number[] => values.map(bitsFor);
const repeated = (row: readonly number[], rows: number): number[][] => Array.from({ length: rows }, () => [...row]);

/** One sum of these products, eight times over. */
function eight(a: readonly number[], b: readonly number[], bias = 0, divisor = 1): Sums {
  return {
    a: repeated(patterns(a), 8),
    b: repeated(patterns(b), 8),
    bias: Array.from({ length: 8 }, () => bitsFor(bias)),
    divisor,
  };
}

function random(random: Random, rows: number, length: number, make: (k: number) => number): number[][] {
  return Array.from({ length: rows }, () => Array.from({ length }, (_, k) => (random() < 0.02 ? 0 : make(k))));
}

describe.each(WAYS)('a DOT run as %s', (way) => {
  it('is the nearest float32 for random numbers of every kind and length', () => {
    const next = seeded(1);
    for (let round = 0; round < 250; round++) {
      const flavour = oneOf(next, FLAVOURS);
      const [rows, length] = [between(next, 8, 11), oneOf(next, [1, 2, 3, 7, 33, 100])];
      const make = () => randomFloat(next, flavour);
      const sums = {
        a: random(next, rows, length, make),
        b: random(next, rows, length, make),
        bias: Array.from({ length: rows }, () => randomFloat(next, oneOf(next, FLAVOURS))),
        divisor: oneOf(next, [1, 1, 2, 3, 49, 4294967295]),
      };
      check(way, sums);
    }
  });

  it('is the nearest float32 when large products cancel and leave little', () => {
    const next = seeded(2);
    const totals = newRunTotals();
    for (let round = 0; round < 60; round++) {
      const half = between(next, 1, 30);
      const scale = between(next, 0, 25);
      const row = () => Array.from({ length: half }, () => randomFloat(next, 'plain'));
      const [x, y] = [row(), row()];
      const doubled = (values: number[], sign: number) => [...values, ...values.map((v) => (v ^ sign) >>> 0)];
      const rest = () => bitsFor((next() - 0.5) * 2 ** -scale);
      const sums = {
        a: Array.from({ length: 8 }, () => [...doubled(x, 0), rest()]),
        b: Array.from({ length: 8 }, () => [...doubled(y, 0x80000000), rest()]),
        bias: Array.from({ length: 8 }, () => (next() < 0.5 ? 0 : bitsFor((next() - 0.5) * 2 ** (-2 * scale)))),
      };
      addRunTotals(totals, check(way, sums).totals);
    }
    expect(totals.compensated).toBeGreaterThan(totals.direct / 4);
  });

  it('rounds ties to even, and to the side of whatever is left over', () => {
    const tie = [1, 2 ** -24];
    const ones = [1, 1];
    expect(check(way, eight(tie, ones)).values[0]).toBe(1);
    expect(check(way, eight([...tie, 2 ** -75], [...ones, 2 ** -75])).values[0]).toBe(1 + 2 ** -23);
    expect(check(way, eight([...tie, 2 ** -75], [...ones, -(2 ** -75)])).values[0]).toBe(1);
    expect(check(way, eight(tie, ones, 2 ** -23)).values[0]).toBe(1 + 2 ** -22);
    expect(check(way, eight([3, 3 * 2 ** -24], ones, 0, 3)).values[0]).toBe(1);
    expect(check(way, eight([3, 3 * 2 ** -24, 2 ** -70], [...ones, 2 ** -70], 0, 3)).values[0]).toBe(1 + 2 ** -23);
  });

  it('counts what is below 2^-160 of a product as nothing, product by product', () => {
    const small = 1.5 * 2 ** -80;
    // 2.25 units of 2^-160 count as 2: twice that and a bias of 2^-149, in the middle of two numbers, is above it or not
    expect(check(way, eight([1.5 * 2 ** -81], [1.5 * 2 ** -81], 2 ** -149)).values[0]).toBe(2 ** -149);
    check(way, eight([small, small, 2 ** -13], [small, small, 2 ** -147]));
    check(way, eight([small, 2 ** -75], [small, 2 ** -75], 2 ** -149));
    check(way, eight([1, 2 ** -24, small, small], [1, 1, -small, small], 0));
    check(way, eight([2 ** -149, 2 ** -149], [2 ** -1, 2 ** -10]));
    check(way, eight([2 ** -140, -(2 ** -141)], [2 ** -9, Math.fround(2 ** -8 * 1.1)], 2 ** -149));
  });

  it('is NaN from a product of 2^64 on, and only then', () => {
    const under = Math.fround(2 ** 32 - 2 ** 8);
    expect(check(way, eight([2 ** 32], [2 ** 32])).values[0]).toBeNaN();
    expect(check(way, eight([2 ** 32], [-(2 ** 32)])).values[0]).toBeNaN();
    expect(check(way, eight([2 ** 32], [under])).values[0]).toBe(2 ** 32 * under);
    expect(check(way, eight([under, under], [2 ** 32, -(2 ** 32)], 1)).values[0]).toBe(1);
    expect(check(way, eight([0], [0], 2 ** 64)).values[0]).toBeNaN();
    expect(check(way, eight([0], [0], Math.fround(2 ** 64 - 2 ** 40))).values[0]).toBe(2 ** 64 - 2 ** 40);
    // many products that are large together but not alone
    const many = Array.from({ length: 100 }, () => 2 ** 31.5);
    expect(check(way, eight(many, many)).values[0]).toBeGreaterThan(2 ** 69);
  });

  it('is NaN when an operand or the bias is not finite', () => {
    for (const odd of [Infinity, -Infinity, NaN]) {
      expect(check(way, eight([odd, 1], [0, 1])).values[0]).toBeNaN();
      expect(check(way, eight([1, 0], [1, odd])).values[0]).toBeNaN();
      expect(check(way, eight([1, 0], [1, 1], odd)).values[0]).toBeNaN();
    }
  });

  it('leaves the other rows alone when one of them is not finite', () => {
    const a = repeated(patterns([1, 2, 3]), 8);
    a[3] = patterns([1, Infinity, 3]);
    const { values } = check(way, { a, b: repeated(patterns([1, 1, 1]), 8), bias: patterns([0, 1, 2, 3, 4, 5, 6, 7]) });
    expect(Array.from(values).filter(Number.isNaN)).toHaveLength(way === 'matrix' ? 8 : 1);
  });

  it('is the bias exactly where a row is zero', () => {
    const { values, totals } = check(way, eight([0, -0, 0], [3, 4, 5], Math.fround(0.1)));
    expect(values[0]).toBe(Math.fround(0.1));
    expect(totals.direct).toBe(values.length);
    expect(check(way, eight([0, 0], [3, 4])).totals.direct).toBe(values.length);
  });

  it('adds a bias that dwarfs the sum, and one that the sum dwarfs', () => {
    const next = seeded(3);
    for (let round = 0; round < 40; round++) {
      const row = Array.from({ length: 40 }, () => (next() - 0.5) * 2 ** between(next, -30, -10));
      check(way, eight(row, row, Math.fround(next() - 0.5)));
      check(way, eight(row, row, 2 ** between(next, -149, -40)));
    }
  });

  it('lets integers decide what two float64 cannot hold', () => {
    const sums = eight([2 ** 30, 1, 2 ** -24, 2 ** -55, 2 ** 30], [2 ** 30, 1, 1, 2 ** -55, -(2 ** 30)]);
    const { values, totals } = check(way, sums);
    expect(values[0]).toBe(1 + 2 ** -23);
    expect(totals.exact).toBe(values.length);
  });

  it('wraps sums of int32, however large they become', () => {
    const next = seeded(4);
    for (const bits of [3, 8, 24, 32]) {
      const number = () => (Math.floor((next() - 0.5) * 2 ** bits) | 0) >>> 0;
      const matrix = () => Array.from({ length: 9 }, () => Array.from({ length: 70 }, number));
      const bias = Array.from({ length: 9 }, number);
      check(way, { a: matrix(), b: matrix(), bias, integers: true });
    }
  });
});

describe('a DOT over long windows', () => {
  it('is the nearest float32 with as many products as there may be', () => {
    const next = seeded(5);
    const row = (rows: number) => random(next, rows, 8192, () => randomFloat(next, 'plain'));
    const { totals } = check('matrix', { a: row(5), b: row(9), bias: patterns([1, 2, 3, 4, 5, 6, 7, 8, 9]) });
    expect(totals.macs).toBe(5 * 9 * 8192);
    expect(totals.direct + totals.compensated + totals.exact).toBe(45);
  });
});
