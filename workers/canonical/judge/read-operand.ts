import { twin } from '../arithmetic/float32-twin.ts';
import { type ElementType, type Operand, type Reference, SPACE, TYPE } from '../plan/instruction.ts';

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
  for (const { size, divisor, stride, offset, terms } of reference.coordinates) {
    let numerator = offset;
    for (const { dimension, coefficient } of terms) numerator += coefficient * (index[dimension] ?? 0);
    if (numerator < 0 || numerator % divisor !== 0 || numerator / divisor >= size) return undefined;
    address += stride * (numerator / divisor);
  }
  return address;
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
