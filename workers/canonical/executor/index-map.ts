import { RemitError } from '../../runtime/errors.ts';
import type { Reference } from '../plan/instruction.ts';

/** A dimension that is walked: its size, and which dimension of the operand's index it is. */
export interface WalkedDimension {
  readonly size: number;
  readonly dimension: number;
}

/** A bounded coordinate `numerator / divisor`; the numerator is affine in the walked dimensions. */
export interface Guard {
  readonly size: number;
  readonly divisor: number;
  readonly stride: number;
  readonly offset: number;
  readonly coefficients: readonly number[];
}

/** Where an operand's elements are while some dimensions of its index are walked in order, the last one fastest. */
export interface IndexMap {
  readonly sizes: readonly number[];
  readonly base: number;
  /** the address's step per walked dimension, without what the guards add */
  readonly steps: readonly number[];
  readonly guards: readonly Guard[];
}

/**
 * The index map of an operand over the walked dimensions; the others stay 0. Coordinates that cannot be out of range become
 * part of the steps, dimensions of size 1 vanish, and neighbours that advance as one are one. There is at least one dimension.
 *
 * @throws {RemitError} `CANONICAL_INDEX_TOO_WIDE` when a coordinate's numerator could pass 2^53
 */
export function indexMapOf(reference: Reference, walked: readonly WalkedDimension[]): IndexMap {
  const dims = walked.filter(({ size }) => size > 1);
  let base = reference.base;
  const steps = dims.map(({ dimension }) => reference.steps[dimension] ?? 0);
  const guards: Guard[] = [];
  for (const { size, divisor, stride, offset, terms } of reference.coordinates) {
    const coefficients = dims.map(({ dimension }) =>
      terms.reduce((sum, term) => (term.dimension === dimension ? sum + term.coefficient : sum), 0),
    );
    const guard: Guard = { size, divisor, stride, offset, coefficients };
    refuseTooWide(guard, dims);
    if (!neverFails(guard, dims)) {
      guards.push(guard);
      continue;
    }
    base += stride * (offset / divisor);
    coefficients.forEach((coefficient, i) => (steps[i] = (steps[i] ?? 0) + stride * (coefficient / divisor)));
  }
  const sizes = dims.map(({ size }) => size);
  return merged({ sizes, base, steps, guards });
}

/** Whether an index of the walked dimensions can change what is read. */
export function dependsOn(reference: Reference, dimension: number): boolean {
  if ((reference.steps[dimension] ?? 0) !== 0) return true;
  return reference.coordinates.some(({ terms }) => terms.some((t) => t.dimension === dimension && t.coefficient !== 0));
}

function neverFails({ size, divisor, offset, coefficients }: Guard, dims: readonly WalkedDimension[]): boolean {
  if (offset % divisor !== 0 || coefficients.some((coefficient) => coefficient % divisor !== 0)) return false;
  let [low, high] = [offset, offset];
  coefficients.forEach((coefficient, i) => {
    const reach = coefficient * ((dims[i]?.size ?? 1) - 1);
    if (reach < 0) low += reach;
    else high += reach;
  });
  return low >= 0 && high / divisor < size;
}

/** Numerators are carried along in float64, where integers are exact below 2^53. */
function refuseTooWide({ offset, coefficients }: Guard, dims: readonly WalkedDimension[]): void {
  const reach = coefficients.reduce((sum, c, i) => sum + Math.abs(c) * (dims[i]?.size ?? 1), Math.abs(offset));
  if (reach <= Number.MAX_SAFE_INTEGER) return;
  throw new RemitError({
    code: 'CANONICAL_INDEX_TOO_WIDE',
    message: `a coordinate of an operand reaches ${reach}, beyond 2^53`,
    fix: 'compile the model with this release: its compiler writes no such coordinates',
    context: { offset, coefficients },
  });
}

/** Joins neighbouring dimensions whose outer one goes on where the inner one ends. */
function merged({ sizes, base, steps, guards }: IndexMap): IndexMap {
  if (sizes.length === 0) {
    return { sizes: [1], base, steps: [0], guards: guards.map((guard) => ({ ...guard, coefficients: [0] })) };
  }
  const rows = [steps, ...guards.map(({ coefficients }) => coefficients)].map((row) => [...row]);
  const joined = [...sizes];
  for (let i = joined.length - 2; i >= 0; i--) {
    const inner = joined[i + 1] ?? 1;
    if (!rows.every((row) => row[i] === (row[i + 1] ?? 0) * inner)) continue;
    joined.splice(i, 2, (joined[i] ?? 1) * inner);
    for (const row of rows) row.splice(i, 1);
  }
  const [joinedSteps = [], ...coefficients] = rows;
  return {
    sizes: joined,
    base,
    steps: joinedSteps,
    guards: guards.map((guard, j) => ({ ...guard, coefficients: coefficients[j] ?? [] })),
  };
}
