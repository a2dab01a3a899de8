import { RemitError } from '../../runtime/errors.ts';
import type { Instruction } from '../plan/instruction.ts';

/** The error for an instruction that no checked plan holds. */
export function malformed({ op, fn, type, start, operands }: Instruction): RemitError {
  return new RemitError({
    code: 'CANONICAL_INSTRUCTION_MALFORMED',
    message: `op ${op}, fn ${fn}, type ${type} with ${operands.length} operands is no instruction (at ${start} of the trace)`,
    fix: 'compile the model again and compare the plan root with the registered one',
    context: { op, fn, type, start },
  });
}
