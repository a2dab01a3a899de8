import type { CompiledModel } from '../../workers/canonical/compiler/compile-model.ts';
import { isNarrow } from '../../workers/canonical/compiler/element-types.ts';
import { type Instruction, MAP, OP, SPACE, TYPE } from '../../workers/canonical/plan/instruction.ts';
import { instructionAt, type Plan } from '../../workers/canonical/plan/plan.ts';

/**
 * Steps by which quantised numbers may differ: nodes check themselves against a quarter of the tolerance, and floats that
 * straddle half a step honestly round to neighbours.
 */
const QUANTISED_STEPS = 4;

/**
 * The least tolerance of a whole-number output, as the spec has it: whole numbers are exact, but for floats rounded to the steps
 * of a narrow type. Where nodes have to answer from the canonical run, those are exact too.
 */
export function leastIntegerTolerance(
  { plan, outputs, canonicalOnly }: Pick<CompiledModel, 'plan' | 'outputs' | 'canonicalOnly'>,
  output: number,
): number {
  const found = outputs[output];
  if (!found || found.type !== TYPE.I32 || !isNarrow(found.onnxType) || canonicalOnly.length > 0) return 0;
  const writer = maker(plan, found.start);
  return writer?.op === OP.MAP && writer.fn === MAP.TO_INT ? QUANTISED_STEPS : 0;
}

/** What computes an element of the trace; moves only bring it into place. */
function maker(plan: Plan, element: number): Instruction | undefined {
  const instruction = plan.instructions[instructionAt(plan, element).index];
  const [from] = instruction?.operands ?? [];
  if (instruction?.op !== OP.MAP || instruction.fn !== MAP.MOVE || from?.space !== SPACE.TRACE) return instruction;
  // With coordinates the base may lie outside of what is read.
  return from.coordinates.length > 0 ? instruction : maker(plan, from.base);
}
