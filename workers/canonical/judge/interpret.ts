import { SPACE } from '../plan/instruction.ts';
import type { Plan } from '../plan/plan.ts';
import { sizeOf } from '../plan/sizes.ts';
import { judgeElement } from './judge-element.ts';
import type { ReadElement } from './read-operand.ts';

/** The vectors that a plan reads: bit patterns in host order. */
export interface PlanInput {
  readonly input: Uint32Array;
  readonly weights: Uint32Array;
}

/** Reads elements of the three vectors. @throws RangeError when there is no such element */
export function readerOf(vectors: PlanInput & { readonly trace: Uint32Array }): ReadElement {
  const spaces = {
    [SPACE.INPUT]: vectors.input,
    [SPACE.WEIGHT]: vectors.weights,
    [SPACE.TRACE]: vectors.trace,
  };
  return (space, address) => {
    const bits = spaces[space][address];
    if (bits === undefined) throw new RangeError(`space ${space} has no element ${address}`);
    return bits;
  };
}

/**
 * The trace of a plan, every element as the judge would have it: what the executor is compared with. Takes about a
 * microsecond for each product, so it is for small graphs. The plan must be sound (`checkPlan`).
 */
export function interpret(plan: Plan, { input, weights }: PlanInput): Uint32Array {
  const trace = new Uint32Array(plan.traceLength);
  const read = readerOf({ input, weights, trace });
  for (const instruction of plan.instructions) {
    for (let flat = 0; flat < sizeOf(instruction); flat++) {
      trace[instruction.start + flat] = judgeElement(instruction, flat, read).bits;
    }
  }
  return trace;
}
