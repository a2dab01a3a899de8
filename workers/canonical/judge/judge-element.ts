import { dotResult, product160 } from '../arithmetic/dot.ts';
import { twin } from '../arithmetic/float32-twin.ts';
import { int32Twin } from '../arithmetic/int32.ts';
import { NAN_BITS } from '../arithmetic/rounding.ts';
import { FOLD, type Instruction, OP, type Operand, RANK, TYPE } from '../plan/instruction.ts';
import { unravel, windowSize } from '../plan/sizes.ts';
import { BINARY, UNARY } from './functions.ts';
import { canonicalOf, isInRange, type ReadElement, readOperand } from './read-operand.ts';

/** What one element of an instruction must be. */
export interface Canonical {
  /** bit pattern */
  readonly bits: number;
  /** a `PICK` was given an index that its data does not have */
  readonly outOfRange: boolean;
}

const ONE_BITS = 0x3f800000;

/**
 * Recomputes one element of one instruction the way the chain does, by exact integers only: the twin of `TensorJudge.judge`.
 * Slow on purpose and written apart from the executor, which must agree with it bit for bit.
 *
 * @param flat the element's place in the instruction's output, row-major
 * @param read gives the elements of the three vectors; it is called for just those that the judge has to see
 */
export function judgeElement(instruction: Instruction, flat: number, read: ReadElement): Canonical {
  const { op, fn, type, a, b, dims, operands } = instruction;
  const o = unravel(flat, dims);
  const at = (i: number): Operand => operands[i] ?? missing(instruction, i);
  const plain = (i: number): number => readOperand(at(i), o, read);
  const value = (bits: number, outOfRange = false): Canonical => ({ bits: canonicalOf(bits, type), outOfRange });
  switch (op) {
    case OP.DOT:
      return value(type === TYPE.F32 ? floatDot(instruction, o, read) : intDot(instruction, o, read));
    case OP.ZIP:
      return value(BINARY[fn]?.(plain(0), plain(1)) ?? missing(instruction, 0));
    case OP.MAP:
      return value(UNARY[fn]?.(plain(0)) ?? missing(instruction, 0));
    case OP.FOLD:
      return value(fold(fn, at(0).type, windowValues(instruction, o, at(0), read)));
    case OP.RANK: {
      const keys = windowValues(instruction, o, at(0), read).map((bits) =>
        sortKey(bits, at(0).type, fn === RANK.LARGEST),
      );
      const order = keys.map((_, k) => k).sort((p, q) => compare(keys[p] ?? 0, keys[q] ?? 0) || p - q);
      return value(order[o[a] ?? 0] ?? 0);
    }
    case OP.JOIN: {
      const found = operands.find((operand) => isInRange(operand, o)) ?? at(operands.length - 1);
      return value(readOperand(found, o, read));
    }
    case OP.PICK: {
      const index = plain(1) | 0;
      const row = index < 0 ? index + a : index;
      return row < 0 || row >= a ? value(0, true) : value(readOperand(at(0), o, read, row * b));
    }
    case OP.SELECT:
      return value(plain(plain(0) !== 0 ? 1 : 2));
  }
}

function missing(instruction: Instruction, operand: number): never {
  throw new RangeError(
    `instruction at ${instruction.start} is malformed: operand ${operand}, function ${instruction.fn}`,
  );
}

/** Operand values over the window, in its order. */
function windowValues(instruction: Instruction, o: readonly number[], operand: Operand, read: ReadElement): number[] {
  return Array.from({ length: windowSize(instruction) }, (_, k) =>
    readOperand(operand, [...o, ...unravel(k, instruction.window)], read),
  );
}

function pairs(instruction: Instruction, o: readonly number[], read: ReadElement) {
  const [left = missing(instruction, 0), right = missing(instruction, 1), bias] = instruction.operands;
  return {
    lefts: windowValues(instruction, o, left, read),
    rights: windowValues(instruction, o, right, read),
    bias: bias ? readOperand(bias, o, read) : 0,
  };
}

function floatDot(instruction: Instruction, o: readonly number[], read: ReadElement): number {
  const { lefts, rights, bias } = pairs(instruction, o, read);
  let sum = product160(bias, ONE_BITS);
  for (let k = 0; k < lefts.length && sum !== undefined; k++) {
    const product = product160(lefts[k] ?? 0, rights[k] ?? 0);
    sum = product === undefined ? undefined : sum + product;
  }
  return sum === undefined ? NAN_BITS : dotResult(sum, BigInt(instruction.a));
}

function intDot(instruction: Instruction, o: readonly number[], read: ReadElement): number {
  const { lefts, rights, bias } = pairs(instruction, o, read);
  return lefts.reduce((sum, left, k) => int32Twin.add(sum, int32Twin.mul(left, rights[k] ?? 0)), bias);
}

/** What is smallest comes first; NaN last. */
function sortKey(bits: number, type: number, largest: boolean): number {
  const key = type === TYPE.F32 ? twin.orderKey(bits) : bits | 0;
  if (type === TYPE.F32 && key === 0) return Infinity;
  return largest ? -key : key;
}

const compare = (one: number, other: number): number => (one < other ? -1 : one > other ? 1 : 0);

function fold(fn: number, type: number, values: readonly number[]): number {
  const arithmetic = type === TYPE.I32 ? int32Twin : twin;
  switch (fn) {
    case FOLD.MAX:
      return values.reduce((one, other) => arithmetic.max(one, other));
    case FOLD.MIN:
      return values.reduce((one, other) => arithmetic.min(one, other));
    case FOLD.PROD:
      return values.reduce((one, other) => arithmetic.mul(one, other), type === TYPE.I32 ? 1 : ONE_BITS);
  }
  let best = 0;
  const keys = values.map((bits) => sortKey(bits, type, fn === FOLD.ARGMAX));
  keys.forEach((key, k) => {
    if (key < (keys[best] ?? 0)) best = k;
  });
  return best;
}
