import { MAP, OP, ZIP } from '../plan/instruction.ts';
import type { Draft, Reading } from './draft.ts';
import { integerRangeOf, isWide } from './element-types.ts';
import { DraftRefused } from './refusal.ts';
import { elementCount, forEachAddress, isConstant } from './value.ts';

const ENDS: ReadonlySet<number> = new Set([0x7fffffff, 0x80000000]);
/** Results that are right for a number that was cut to an end of int32, as long as the other one is an int32. */
const ORDERING: ReadonlySet<number> = new Set([ZIP.INT_MIN, ZIP.INT_MAX]);
const COMPARING: ReadonlySet<number> = new Set([ZIP.INT_EQ, ZIP.INT_LT, ZIP.INT_LE]);

/** Whether what is read includes a whole number that was cut to fit 32 bits. */
export function readsCutNumber({ value }: Reading): boolean {
  if (!isConstant(value) || value.source.saturated !== true) return false;
  const { bits } = value.source;
  let found = false;
  forEachAddress(value, (address) => (found ||= ENDS.has(bits[address] ?? 0)));
  return found;
}

/**
 * Refuses to compute with a whole number that was cut to fit 32 bits, as the end of a slice is: it may be moved, and be the
 * smaller or the larger of two.
 *
 * @param folds whether the instruction is computed at once; at run time nothing but a minimum or maximum may read such a number
 * @returns whether the result may hold one
 */
export function guardCutNumbers({ op, fn = 0, operands }: Draft, folds: boolean): boolean {
  const cut = operands.filter(readsCutNumber).length;
  if (cut === 0) return false;
  const orders = op === OP.ZIP && ORDERING.has(fn);
  const compares = op === OP.ZIP && COMPARING.has(fn) && cut === 1;
  const moves = op === OP.JOIN || op === OP.SELECT || op === OP.PICK || (op === OP.MAP && fn === MAP.MOVE);
  if (orders || (folds && (moves || compares))) return !compares;
  throw new DraftRefused('it computes with a whole number that does not fit 32 bits');
}

/** Whether some number of a computed constant was cut. */
export function hasEnd(bits: Uint32Array): boolean {
  return bits.some((one) => ENDS.has(one));
}

/** Refuses a constant of a 64-bit or unsigned type that leaves the range of numbers the judge has for it. */
export function guardOverflow({ op, fn = 0, onnxType, dims, operands }: Draft): void {
  const range = integerRangeOf(onnxType);
  const exact = EXACT[fn];
  const [a, b] = operands;
  if (op !== OP.ZIP || !isWide(onnxType) || !range || !exact || !a || !b) return;
  const [left, right] = [intsRead(a, dims), intsRead(b, dims)];
  const [low, high] = range;
  left.forEach((one, i) => {
    const result = exact(one, right[i] ?? 0);
    if (result >= low && result <= high) return;
    throw new DraftRefused(`${one} and ${right[i] ?? 0} give a whole number that does not fit 32 bits`);
  });
}

const EXACT: Readonly<Record<number, (a: number, b: number) => number>> = {
  [ZIP.INT_ADD]: (a, b) => a + b,
  [ZIP.INT_SUB]: (a, b) => a - b,
  [ZIP.INT_MUL]: (a, b) => a * b,
  [ZIP.INT_POW]: powerOf,
};

/** Exact below 2^53, and beyond it certainly too large. */
function powerOf(base: number, exponent: number): number {
  if (Math.abs(base) <= 1 || exponent <= 0) return 0;
  let power = 1;
  for (let i = 0; i < Math.min(exponent, 64); i++) power *= base;
  return power;
}

function intsRead({ value, offset = 0, steps }: Reading, dims: readonly number[]): Int32Array {
  const ints = new Int32Array(elementCount(dims));
  if (!isConstant(value)) return ints;
  const { bits } = value.source;
  forEachAddress({ shape: dims, base: value.base + offset, steps }, (address, i) => (ints[i] = bits[address] ?? 0));
  return ints;
}
