import type { CompiledModel } from '../../workers/canonical/compiler/compile-model.ts';
import { FOLD, OP, TYPE } from '../../workers/canonical/plan/instruction.ts';
import { instructionAt } from '../../workers/canonical/plan/plan.ts';
import { compileRegistered } from '../../workers/canonical/service/compile-registered.ts';
import { OutputKind } from '../../workers/protocol/model.ts';
import { codeOf, RemitError } from '../../workers/runtime/errors.ts';

/** A model's plan, or why it has none. */
export type ModelPlan =
  { readonly compiled: CompiledModel } | { readonly compiled: undefined; readonly refusal: RemitError };

/** Compiles a file the way every node will. What no plan can hold is an answer, not a failure. */
export function planOf(file: Uint8Array): ModelPlan {
  try {
    return { compiled: compileRegistered(file) };
  } catch (error) {
    if (error instanceof RemitError && /^(MODEL|PLAN|CANONICAL)_/.test(codeOf(error))) {
      return { compiled: undefined, refusal: error };
    }
    throw error;
  }
}

/** How an output is judged: floats by their distance, indices by what they point at, other whole numbers by their difference. */
export function outputKindOf({ plan, outputs }: CompiledModel, output: number): OutputKind {
  const found = outputs[output];
  if (!found || found.type === TYPE.F32) return OutputKind.Continuous;
  const writer = plan.instructions[instructionAt(plan, found.start).index];
  const ranks = writer?.op === OP.RANK || (writer?.op === OP.FOLD && writer.fn >= FOLD.ARGMAX);
  return ranks ? OutputKind.Index : OutputKind.Integer;
}
