import { depthOf } from '../../workers/canonical/tree/tree-nodes.ts';
import { CHUNK_ELEMENTS } from '../../workers/protocol/vector.ts';

/** A made-up model: `instructions` of `size` elements each, every element a function of the one before it. */
export interface SimPlan {
  readonly instructions: number;
  readonly size: number;
}

export const strideOf = ({ size }: SimPlan): number => Math.ceil(size / CHUNK_ELEMENTS) * CHUNK_ELEMENTS;
export const lengthOf = (plan: SimPlan): number => (plan.instructions - 1) * strideOf(plan) + plan.size;

export function isPadding(plan: SimPlan, element: number): boolean {
  return element >= lengthOf(plan) || element % strideOf(plan) >= plan.size;
}

/** What the plan says of an element, given the claimed vector. */
export function ruleOf(plan: SimPlan, vector: Uint32Array, element: number): number {
  if (isPadding(plan, element)) return 0;
  let before = element - 1;
  while (before >= 0 && isPadding(plan, before)) before--;
  return (Math.imul((vector[before] ?? 7) ^ element, 2_654_435_761) | 1) >>> 0;
}

/** The canonical trace, or what follows from `changes` (bits by element) when a cheat computes on from them. */
export function traceOf(plan: SimPlan, changes: ReadonlyMap<number, number> = new Map(), goOn = true): Uint32Array {
  const length = 2 ** depthOf(lengthOf(plan)) * CHUNK_ELEMENTS;
  const honest = new Uint32Array(length);
  const claimed = new Uint32Array(length);
  for (let element = 0; element < length; element++) {
    honest[element] = ruleOf(plan, honest, element);
    claimed[element] = changes.get(element) ?? (goOn ? ruleOf(plan, claimed, element) : (honest[element] ?? 0));
  }
  return claimed;
}
