import { twin } from '../arithmetic/float32-twin.ts';
import { type Coordinate, type ElementType, type Operand, type Reference, SPACE, TYPE } from '../plan/instruction.ts';

/** Gives the bit pattern at an address of one of the three vectors. */
export type ReadElement = (space: Reference['space'], address: number) => number;

/** A float in its canonical form; an int as it is. */
export function canonicalOf(bits: number, type: ElementType): number {
  return type === TYPE.F32 ? twin.canonical(bits) : bits >>> 0;
}

/** Where an operand's element is for an index; undefined when a coordinate is out of range. docs/PLAN.md, "Encoding". */
export function addressOf(reference: Reference, index: readonly number[]): number | undefined {
  let address = reference.base;
  reference.steps.forEach((step, i) => (address += step * (index[i] ?? 0)));
  for (const coordinate of reference.coordinates) {
    const c = coordinateAt(coordinate, index);
    if (c === undefined) return undefined;
    address += coordinate.stride * c;
  }
  return address;
}

/** `c` in `[0, size)`; undefined when the operand is out of range. */
function coordinateAt(coordinate: Coordinate, index: readonly number[]): number | undefined {
  const { size, divisor, offset, terms } = coordinate;
  let [numerator, reach] = [offset, Math.abs(offset)];
  for (const { dimension, coefficient } of terms) {
    const moved = coefficient * (index[dimension] ?? 0);
    numerator += moved;
    reach += Math.abs(moved);
  }
  if (reach > Number.MAX_SAFE_INTEGER) return wideCoordinateAt(coordinate, index);
  if (numerator < 0 || numerator % divisor !== 0 || numerator / divisor >= size) return undefined;
  return numerator / divisor;
}

/** The same where float64 would round: sixteen terms of 31 and 32 bits reach 2^67, and the chain adds them exactly. */
function wideCoordinateAt(coordinate: Coordinate, index: readonly number[]): number | undefined {
  const { size, divisor, offset, terms } = coordinate;
  const numerator = terms.reduce(
    (sum, { dimension, coefficient }) => sum + BigInt(coefficient) * BigInt(index[dimension] ?? 0),
    BigInt(offset),
  );
  if (numerator < 0n || numerator % BigInt(divisor) !== 0n) return undefined;
  const c = numerator / BigInt(divisor);
  return c < BigInt(size) ? Number(c) : undefined;
}

/** Whether an operand has an element for an index. */
export function isInRange(operand: Operand, index: readonly number[]): boolean {
  return operand.space === SPACE.LITERAL || addressOf(operand, index) !== undefined;
}

/** What an operand is for an index, canonical. @param shift is added to the address */
export function readOperand(operand: Operand, index: readonly number[], read: ReadElement, shift = 0): number {
  if (operand.space === SPACE.LITERAL) return canonicalOf(operand.bits, operand.type);
  const address = addressOf(operand, index);
  return canonicalOf(address === undefined ? operand.pad : read(operand.space, address + shift), operand.type);
}
