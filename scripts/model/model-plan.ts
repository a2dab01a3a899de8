import { type CompiledModel, compileModel } from '../../workers/canonical/compiler/compile-model.ts';
import { FOLD, OP, TYPE } from '../../workers/canonical/plan/instruction.ts';
import { instructionAt } from '../../workers/canonical/plan/plan.ts';
import { compileRegistered } from '../../workers/canonical/service/compile-registered.ts';
import { OutputKind } from '../../workers/protocol/model.ts';
import { codeOf, RemitError } from '../../workers/runtime/errors.ts';
import { operatorName, refusedNodes } from './refused-nodes.ts';

/** A model's plan, or why it has none. */
export type ModelPlan =
  | { readonly compiled: CompiledModel; readonly refusal?: undefined }
  | { readonly compiled: undefined; readonly refusal: RemitError };

/**
 * Compiles a file the way every node will. What no plan can hold is an answer, not a failure.
 *
 * @param shapes sizes of dynamic dimensions by name; nodes give all of them the size 1
 */
export function planOf(file: Uint8Array, shapes?: Readonly<Record<string, number>>): ModelPlan {
  try {
    return { compiled: shapes === undefined ? compileRegistered(file) : compileModel(file, { shapes }) };
  } catch (error) {
    if (error instanceof RemitError && /^(MODEL|PLAN|CANONICAL)_/.test(codeOf(error))) {
      return { compiled: undefined, refusal: error };
    }
    throw error;
  }
}

/**
 * The plan to register with, or none where the publisher gives trials up.
 *
 * @throws RemitError the compiler's, naming every node that is refused, with that way out as advice
 */
export function planToRegister(file: Uint8Array, wanted: boolean): CompiledModel | undefined {
  if (!wanted) return undefined;
  const plan = planOf(file);
  if (plan.compiled) return plan.compiled;
  const { code, message, fix, context } = plan.refusal;
  const refused = refusedNodes(file);
  const names = refused.map((node) => `${node.name} (${operatorName(node)})`).join(', ');
  const without = 'register it with --no-plan: then nobody can put an answer on trial';
  throw new RemitError({
    code,
    message: refused.length > 1 ? `${message}; refused in all: ${names}` : message,
    fix: fix === undefined ? without : `${fix}; or ${without}`,
    context: { ...context, ...(refused.length > 1 && { refused: names }) },
    cause: plan.refusal,
  });
}

/** How an output is judged: floats by their distance, indices by what they point at, other whole numbers by their difference. */
export function outputKindOf({ plan, outputs }: CompiledModel, output: number): OutputKind {
  const found = outputs[output];
  if (!found || found.type === TYPE.F32) return OutputKind.Continuous;
  const writer = plan.instructions[instructionAt(plan, found.start).index];
  const ranks = writer?.op === OP.RANK || (writer?.op === OP.FOLD && writer.fn >= FOLD.ARGMAX);
  return ranks ? OutputKind.Index : OutputKind.Integer;
}
