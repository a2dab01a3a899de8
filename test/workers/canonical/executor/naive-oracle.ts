import { product160, dotResult } from '../../../../workers/canonical/arithmetic/dot.ts';
import { pow } from '../../../../workers/canonical/arithmetic/elementary-pow.ts';
import * as elementary from '../../../../workers/canonical/arithmetic/elementary.ts';
import { twin } from '../../../../workers/canonical/arithmetic/float32-twin.ts';
import { int32Twin } from '../../../../workers/canonical/arithmetic/int32.ts';
import { type Instruction, OP, type Operand, SPACE, TYPE } from '../../../../workers/canonical/plan/instruction.ts';

type Vectors = Readonly<Record<1 | 2 | 3, Uint32Array>>;

/** The address of an operand's element, or nothing when it is out of range. */
function address(operand: Operand, x: readonly number[]): number | undefined {
  if (operand.space === SPACE.LITERAL) return undefined;
  let at = operand.base + operand.steps.reduce((sum, step, i) => sum + step * (x[i] ?? 0), 0);
  for (const { size, divisor, stride, offset, terms } of operand.coordinates) {
    const numerator = terms.reduce((sum, t) => sum + t.coefficient * (x[t.dimension] ?? 0), offset);
    if (numerator % divisor !== 0 || numerator < 0 || numerator / divisor >= size) return undefined;
    at += stride * (numerator / divisor);
  }
  return at;
}

function canonical(bits: number, type: number): number {
  return type === TYPE.F32 ? twin.canonical(bits) : bits;
}

function value(operand: Operand, x: readonly number[], vectors: Vectors, move = 0): number {
  if (operand.space === SPACE.LITERAL) return canonical(operand.bits, operand.type);
  const at = address(operand, x);
  return canonical(at === undefined ? operand.pad : (vectors[operand.space][at + move] ?? 0), operand.type);
}

function* boxes(dims: readonly number[]): Generator<number[]> {
  const [first, ...rest] = dims;
  if (first === undefined) return yield [];
  for (let i = 0; i < first; i++) for (const more of boxes(rest)) yield [i, ...more];
}

const UNARY: Readonly<Record<number, (x: number) => number>> = {
  0: (x) => x,
  1: twin.neg,
  2: twin.abs,
  3: twin.sqrt,
  4: twin.floor,
  5: twin.ceil,
  6: twin.roundHalfEven,
  7: twin.sign,
  16: elementary.exp,
  17: elementary.log,
  18: elementary.tanh,
  19: elementary.erf,
  20: elementary.sigmoid,
  21: elementary.softplus,
  22: elementary.sin,
  23: elementary.cos,
  32: twin.toInt32,
  40: twin.fromInt32,
};
const i = int32Twin;
const BINARY: Readonly<Record<number, (a: number, b: number) => number>> = {
  0: twin.add,
  1: twin.sub,
  2: twin.mul,
  3: twin.div,
  4: twin.min,
  5: twin.max,
  6: twin.fmod,
  7: pow,
  8: twin.eq,
  9: twin.lt,
  10: twin.le,
  16: i.add,
  17: i.sub,
  18: i.mul,
  19: i.div,
  20: i.min,
  21: i.max,
  22: i.mod,
  23: i.rem,
  24: i.and,
  25: i.or,
  26: i.xor,
  27: i.eq,
  28: i.lt,
  29: i.le,
  30: i.pow,
};

/** One element after the other, by the twins. */
export function naive(instruction: Instruction, vectors: Vectors): number[] {
  return [...boxes(instruction.dims)].map((o) => canonical(element(instruction, o, vectors) >>> 0, instruction.type));
}

function element(instruction: Instruction, o: readonly number[], vectors: Vectors): number {
  const { op, fn, type, a, b, window, operands } = instruction;
  const [first, second, third] = operands;
  if (!first) throw new Error('no operand');
  const read = (operand: Operand | undefined, x = o): number => (operand ? value(operand, x, vectors) : 0);
  const windowed = () => [...boxes(window)].map((k) => [...o, ...k]);
  switch (op) {
    case OP.DOT: {
      if (type === TYPE.I32) {
        return windowed().reduce((sum, x) => i.add(sum, i.mul(read(first, x), read(second, x))), read(third));
      }
      let sum = product160(read(third), 0x3f800000);
      for (const x of windowed()) {
        const product = product160(read(first, x), read(second, x));
        sum = sum === undefined || product === undefined ? undefined : sum + product;
      }
      return sum === undefined ? 0x7fc00000 : dotResult(sum, BigInt(a));
    }
    case OP.ZIP:
      return BINARY[fn]?.(read(first), read(second)) ?? NaN;
    case OP.MAP:
      return UNARY[fn]?.(read(first)) ?? NaN;
    case OP.FOLD:
      return folded(
        fn,
        first.type,
        windowed().map((x) => read(first, x)),
      );
    case OP.RANK: {
      const keys = windowed().map((x) => sortKey(read(first, x), first.type, fn === 0));
      const order = keys.map((_, k) => k).sort((p, q) => (keys[p] ?? 0) - (keys[q] ?? 0) || p - q);
      return order[o[a] ?? 0] ?? 0;
    }
    case OP.JOIN: {
      const found = operands.find((operand) => operand.space === SPACE.LITERAL || address(operand, o) !== undefined);
      return read(found ?? operands.at(-1));
    }
    case OP.PICK: {
      const index = read(second) | 0;
      const row = index < 0 ? index + a : index;
      return row < 0 || row >= a ? 0 : value(first, o, vectors, row * b);
    }
    default:
      return read(first) !== 0 ? read(second) : read(third);
  }
}

const keyOf = (bits: number, type: number): number => (type === TYPE.F32 ? twin.orderKey(bits) : bits | 0);
const isNaNOf = (bits: number, type: number): boolean => type === TYPE.F32 && twin.orderKey(bits) === 0;

function sortKey(bits: number, type: number, largest: boolean): number {
  if (isNaNOf(bits, type)) return Infinity;
  return largest ? -keyOf(bits, type) : keyOf(bits, type);
}

function folded(fn: number, type: number, values: readonly number[]): number {
  const integer = type === TYPE.I32;
  if (fn === 2) return integer ? values.reduce(i.mul, 1) : values.reduce(twin.mul, 0x3f800000);
  if (fn === 0) return values.reduce(integer ? i.max : twin.max);
  if (fn === 1) return values.reduce(integer ? i.min : twin.min);
  const keys = values.map((bits) => sortKey(bits, type, fn === 3));
  return Math.max(0, keys.indexOf(Math.min(...keys)));
}
