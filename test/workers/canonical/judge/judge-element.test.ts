import { describe, expect, it } from 'vitest';
import { judgeElement } from '../../../../workers/canonical/judge/judge-element.ts';
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
} from '../../../../workers/canonical/plan/instruction.ts';
import { sizeOf } from '../../../../workers/canonical/plan/sizes.ts';

const { F32, I32 } = TYPE;
const NAN = 0x7fc00000;

function bits(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  return view.getUint32(0);
}

const floats = (...values: number[]): number[] => values.map(bits);
const ints = (...values: number[]): number[] => values.map((value) => value >>> 0);

const read = (type: Reference['type'], base: number, ...steps: number[]): Reference => ({
  ...{ space: SPACE.INPUT, type, base, steps },
  coordinates: [],
  pad: 0,
});
const literal = (pattern: number, type: Reference['type'] = F32): Operand => ({
  ...{ space: SPACE.LITERAL, type, bits: pattern },
});
const axis = (change: Partial<Coordinate>): Coordinate => ({
  ...{ size: 4, divisor: 1, stride: 1, offset: 0, terms: [{ dimension: 0, coefficient: 1 }] },
  ...change,
});
const make = (change: Partial<Instruction> & Pick<Instruction, 'op' | 'dims' | 'operands'>): Instruction => ({
  ...{ fn: 0, type: F32, start: 0, a: 0, b: 0, window: [] },
  ...change,
});

/** All numbers of an instruction that reads `input`. */
function judged(instruction: Instruction, input: readonly number[]): number[] {
  return Array.from({ length: sizeOf(instruction) }, (_, flat) => {
    return judgeElement(instruction, flat, (_space, address) => {
      const found = input[address];
      if (found === undefined) throw new RangeError(`nothing at ${address}`);
      return found;
    }).bits;
  });
}

describe('judgement of an element', () => {
  it('multiplies matrices', () => {
    // [1 2; 3 4] · [5 6; 7 8] + [10 20]
    const product = make({
      ...{ op: OP.DOT, a: 1, dims: [2, 2], window: [2] },
      operands: [read(F32, 0, 2, 0, 1), read(F32, 4, 0, 1, 2), read(F32, 8, 0, 1)],
    });
    expect(judged(product, floats(1, 2, 3, 4, 5, 6, 7, 8, 10, 20))).toEqual(floats(29, 42, 53, 70));
  });

  it('keeps what a float32 sum would lose', () => {
    const sum = make({ op: OP.DOT, a: 1, dims: [], window: [3], operands: [read(F32, 0, 1), read(F32, 3, 1)] });
    expect(judged(sum, floats(2 ** 30, 1, -(2 ** 30), 1, 2 ** -20, 1))).toEqual(floats(2 ** -20));
  });

  it('drops what is below 2^−160 of each product, toward zero', () => {
    const square = make({ op: OP.DOT, a: 1, dims: [], window: [2], operands: [read(F32, 0, 1), read(F32, 2, 1)] });
    expect(judged(square, floats(2 ** -80, -(2 ** -81), 2 ** -80, 2 ** -80))).toEqual(floats(0));
    expect(judged(square, floats(2 ** -80, 2 ** -70, 2 ** -80, 2 ** -70))).toEqual(floats(2 ** -140));
  });

  it('divides before it rounds', () => {
    const mean = make({ op: OP.DOT, a: 3, dims: [], window: [2], operands: [read(F32, 0, 1), literal(bits(1))] });
    expect(judged(mean, floats(1, 1))).toEqual(floats(2 / 3));
  });

  it.each([
    ['an infinite factor', floats(Infinity, 1, 0, 1)],
    ['a NaN', [...floats(1, 1, 1), NAN]],
    ['a product of 2^64', floats(2 ** 32, 0, 2 ** 32, 0)],
  ])('says NaN to a sum with %s', (_, input) => {
    const sum = make({ op: OP.DOT, a: 1, dims: [], window: [2], operands: [read(F32, 0, 1), read(F32, 2, 1)] });
    expect(judged(sum, input)).toEqual([NAN]);
  });

  it('takes a bias of 2^64 for a product that is too large, and one below it for a number', () => {
    const biased = (bias: number) =>
      make({ ...{ op: OP.DOT, a: 1, dims: [], window: [1] }, operands: [literal(0), literal(0), literal(bits(bias))] });
    expect(judged(biased(2 ** 64), [])).toEqual([NAN]);
    expect(judged(biased(-(2 ** 63)), [])).toEqual(floats(-(2 ** 63)));
  });

  it('wraps sums of integers', () => {
    const sum = make({
      ...{ op: OP.DOT, type: I32, a: 1, dims: [], window: [2] },
      operands: [read(I32, 0, 1), read(I32, 2, 1), literal(1, I32)],
    });
    expect(judged(sum, ints(2 ** 31 - 1, 3, 2, 5))).toEqual(ints(-2 + 15 + 1));
  });

  it('reads a number canonically and writes it so', () => {
    const move = (type: Reference['type']) => make({ op: OP.MAP, type, dims: [3], operands: [read(type, 0, 1)] });
    const odd = [0x80000000, 0xffc00001, 0x7f800001];
    expect(judged(move(F32), odd)).toEqual([0, NAN, NAN]);
    expect(judged(move(I32), odd)).toEqual(odd);
  });

  it('pads what is out of range, and what lies between the steps of a divisor', () => {
    const pad = bits(-7);
    const over = (coordinate: Partial<Coordinate>) =>
      make({
        ...{ op: OP.MAP, dims: [6] },
        operands: [{ ...read(F32, 0, 0), pad, coordinates: [axis(coordinate)] }],
      });
    const input = floats(1, 2, 3, 4);
    expect(judged(over({ offset: -1 }), input)).toEqual(floats(-7, 1, 2, 3, 4, -7));
    expect(judged(over({ divisor: 2 }), input)).toEqual(floats(1, -7, 2, -7, 3, -7));
    expect(judged(over({ offset: 3, terms: [{ dimension: 0, coefficient: -1 }] }), input)).toEqual(
      floats(4, 3, 2, 1, -7, -7),
    );
  });

  it('counts coordinates exactly where float64 would not', () => {
    // the terms cancel and leave the offset, which float64 has lost next to 2^62 by then
    const far = [2 ** 31 - 1, 1, -(2 ** 31)].map((coefficient) => ({ dimension: 0, coefficient }));
    const at = (offset: number, divisor: number) =>
      make({
        ...{ op: OP.MAP, dims: [2 ** 32 - 1] },
        operands: [{ ...read(F32, 0, 0), pad: NAN, coordinates: [axis({ offset, divisor, terms: far })] }],
      });
    const value = (instruction: Instruction) => judgeElement(instruction, 2 ** 31 + 1, (_, address) => address).bits;
    expect(value(at(1, 1))).toBe(1);
    expect(value(at(1, 2))).toBe(NAN);
    expect(value(at(2, 2))).toBe(1);
    expect(value(at(-1, 1))).toBe(NAN);
    // 16 terms add up to just under 2^67: never in range, never near it
    const sixteen = axis({
      terms: new Array<Coordinate['terms'][0]>(16).fill({ dimension: 0, coefficient: 2 ** 31 - 1 }),
    });
    const wide = make({
      op: OP.MAP,
      dims: [2 ** 32],
      operands: [{ ...read(F32, 0, 0), pad: 5, coordinates: [sixteen] }],
    });
    expect(judgeElement(wide, 2 ** 32 - 1, () => 1).bits).toBe(5);
    expect(judgeElement(wide, 0, () => 1).bits).toBe(1);
  });

  it('maps and zips', () => {
    const map = (fn: number, type: Reference['type'], from: Reference['type']) =>
      make({ op: OP.MAP, fn, type, dims: [3], operands: [read(from, 0, 1)] });
    expect(judged(map(MAP.ROUND, F32, F32), floats(0.5, 1.5, -2.5))).toEqual(floats(0, 2, -2));
    expect(judged(map(MAP.EXP, F32, F32), floats(0, 1, 200))).toEqual(floats(1, Math.E, Infinity));
    expect(judged(map(MAP.TO_INT, I32, F32), [...floats(-1.9, 3e9), NAN])).toEqual(ints(-1, 2 ** 31 - 1, 0));
    expect(judged(map(MAP.TO_FLOAT, F32, I32), ints(-3, 16_777_217, 0))).toEqual(floats(-3, 16_777_216, 0));
    const zip = (fn: number, type: Reference['type'], from: Reference['type']) =>
      make({ op: OP.ZIP, fn, type, dims: [2], operands: [read(from, 0, 1), read(from, 2, 1)] });
    expect(judged(zip(ZIP.DIV, F32, F32), floats(1, 1, 3, 0))).toEqual(floats(1 / 3, Infinity));
    expect(judged(zip(ZIP.LT, I32, F32), floats(1, 2, 2, 1))).toEqual([1, 0]);
    expect(judged(zip(ZIP.INT_MOD, I32, I32), ints(-7, 7, 3, -3))).toEqual(ints(2, -2));
    expect(judged(zip(ZIP.INT_REM, I32, I32), ints(-7, 7, 3, 0))).toEqual(ints(-1, 0));
  });

  it.each([
    ['MAX', FOLD.MAX, floats(1, 3, -2), bits(3)],
    ['MIN', FOLD.MIN, floats(1, 3, -2), bits(-2)],
    ['MAX with a NaN', FOLD.MAX, [...floats(1, 3), NAN], NAN],
    ['PROD, rounded each time', FOLD.PROD, floats(2 ** 100, 2 ** 100, 2 ** -100), bits(Infinity)],
    ['ARGMAX of equals', FOLD.ARGMAX, floats(1, 3, 3), 1],
    ['ARGMIN of both zeros', FOLD.ARGMIN, floats(0, -0, 1), 0],
    ['ARGMAX with a NaN first', FOLD.ARGMAX, [NAN, ...floats(-Infinity, -Infinity)], 1],
    ['ARGMIN of nothing but NaN', FOLD.ARGMIN, [NAN, NAN, NAN], 0],
  ])('folds: %s', (_, fn, input, expected) => {
    const type = fn >= FOLD.ARGMAX ? I32 : F32;
    expect(judged(make({ op: OP.FOLD, fn, type, dims: [], window: [3], operands: [read(F32, 0, 1)] }), input)).toEqual([
      expected,
    ]);
  });

  it('ranks: equals by index, NaN last', () => {
    const ranks = (fn: number, type: Reference['type']) =>
      make({ op: OP.RANK, fn, type: I32, a: 0, dims: [5], window: [5], operands: [read(type, 0, 0, 1)] });
    const input = [NAN, ...floats(2, -1, 2, -0)];
    expect(judged(ranks(RANK.LARGEST, F32), input)).toEqual([1, 3, 4, 2, 0]);
    expect(judged(ranks(RANK.SMALLEST, F32), input)).toEqual([2, 4, 1, 3, 0]);
    expect(judged(ranks(RANK.LARGEST, I32), ints(-1, 5, 0, 5, -(2 ** 31)))).toEqual([1, 3, 2, 0, 4]);
  });

  it('joins the first operand that is in range, else the pad of the last', () => {
    const part = (base: number, size: number, offset: number, pad: number): Reference => ({
      ...{ ...read(F32, base, 0), pad: bits(pad) },
      coordinates: [axis({ size, offset })],
    });
    const join = make({ op: OP.JOIN, dims: [5], operands: [part(0, 2, 0, 8), part(2, 2, -2, 9)] });
    expect(judged(join, floats(1, 2, 3, 4))).toEqual(floats(1, 2, 3, 4, 9));
    const always = make({ op: OP.JOIN, dims: [3], operands: [part(0, 2, 0, 8), literal(bits(6))] });
    expect(judged(always, floats(1, 2))).toEqual(floats(1, 2, 6));
  });

  it('picks rows, from the end when the index is negative, and 0 out of range', () => {
    const pick = make({ op: OP.PICK, a: 3, b: 1, dims: [6], operands: [read(F32, 0, 0), read(I32, 3, 1)] });
    const input = [...floats(1, 2, 3), ...ints(0, 2, -1, -3, 3, -4)];
    expect(judged(pick, input)).toEqual(floats(1, 3, 3, 1, 0, 0));
    const outOfRange = [0, 1, 2, 3, 4, 5].map((flat) => {
      return judgeElement(pick, flat, (_, address) => input[address] ?? 0).outOfRange;
    });
    expect(outOfRange).toEqual([false, false, false, false, true, true]);
  });

  it('selects, and reads only what it selects', () => {
    const select = make({ op: OP.SELECT, dims: [2], operands: [read(I32, 0, 1), read(F32, 2, 1), read(F32, 4, 1)] });
    expect(judged(select, [...ints(-5, 0), ...floats(1, 2, 3, 4)])).toEqual(floats(1, 4));
    const seen: number[] = [];
    judgeElement(select, 1, (_, address) => {
      seen.push(address);
      return 0;
    });
    expect(seen).toEqual([1, 5]);
  });
});
