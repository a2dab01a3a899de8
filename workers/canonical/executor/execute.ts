import { RemitError } from '../../runtime/errors.ts';
import { type FastElementary, fastElementary } from '../arithmetic/elementary-fast.ts';
import { type Instruction, OP, TYPE } from '../plan/instruction.ts';
import { sizeOf } from '../plan/sizes.ts';
import { runJoin, runPick, runSelect } from './choose.ts';
import { type RunTotals, newRunTotals } from './counters.ts';
import { runDot } from './dot.ts';
import { runMap, runZip } from './elementwise.ts';
import { runFold } from './fold.ts';
import { malformed } from './malformed.ts';
import { runRank } from './rank.ts';
import { type Spaces, canonicalise, elementsOf } from './spaces.ts';

/** What is run of a plan that has been checked: its instructions and the lengths of its vectors, in elements. */
export interface ExecutablePlan {
  readonly instructions: readonly Instruction[];
  readonly inputLength: number;
  readonly weightsLength: number;
  readonly traceLength: number;
}

/** Vectors of bit patterns in host order. */
export interface PlanInputs {
  readonly input: Uint32Array;
  readonly weights: Uint32Array;
}

/** How one instruction went. */
export interface InstructionReport extends RunTotals {
  readonly index: number;
}

export interface ExecuteOptions {
  /** Told after every instruction. */
  readonly onInstruction?: (report: InstructionReport) => void;
  /** Looked at between instructions. */
  readonly signal?: AbortSignal;
  /** Where the trace is written: zeros, `traceLength` long. A new vector by default. */
  readonly trace?: Uint32Array;
}

/**
 * The canonical trace of a plan: every element exactly as docs/PLAN.md pins it. Float64 with proven error bounds does the
 * work; integers decide what it leaves open. The plan must have been checked (`checkPlan`): addresses are not looked at again.
 *
 * @returns bit patterns in host order, `traceLength` of them
 * @throws {RemitError} `CANONICAL_VECTOR_LENGTH`, `CANONICAL_VECTOR_TOO_LONG`, `CANONICAL_INDEX_TOO_WIDE` or `CANONICAL_INSTRUCTION_MALFORMED`
 */
export function execute(
  plan: ExecutablePlan,
  { input, weights }: PlanInputs,
  options: ExecuteOptions = {},
): Uint32Array {
  const trace = options.trace ?? new Uint32Array(plan.traceLength);
  expectLength('input', input, plan.inputLength);
  expectLength('weights', weights, plan.weightsLength);
  expectLength('trace', trace, plan.traceLength);
  const spaces = { input: elementsOf(input), weights: elementsOf(weights), trace: elementsOf(trace) };
  plan.instructions.forEach((instruction, index) => {
    options.signal?.throwIfAborted();
    const report = executeInstruction(instruction, spaces);
    options.onInstruction?.({ index, ...report });
  });
  return trace;
}

/** Runs one instruction: reads the spaces, writes its elements of the trace. */
export function executeInstruction(instruction: Instruction, spaces: Spaces): RunTotals {
  const totals = newRunTotals();
  const elementary = fastElementary({ onFallback: () => (totals.fallbacks += 1) });
  run(instruction, spaces, totals, elementary);
  if (instruction.type === TYPE.F32) canonicalise(spaces.trace.i32, instruction.start, sizeOf(instruction));
  return totals;
}

function run(instruction: Instruction, spaces: Spaces, totals: RunTotals, elementary: FastElementary): void {
  switch (instruction.op) {
    case OP.DOT:
      return runDot(instruction, spaces, totals);
    case OP.ZIP:
      return runZip(instruction, spaces, elementary);
    case OP.MAP:
      return runMap(instruction, spaces, elementary);
    case OP.FOLD:
      return runFold(instruction, spaces);
    case OP.RANK:
      return runRank(instruction, spaces);
    case OP.JOIN:
      return runJoin(instruction, spaces);
    case OP.PICK:
      return runPick(instruction, spaces, totals);
    case OP.SELECT:
      return runSelect(instruction, spaces);
    default:
      throw malformed(instruction);
  }
}

function expectLength(name: string, { length }: Uint32Array, expected: number): void {
  if (length === expected) return;
  throw new RemitError({
    code: 'CANONICAL_VECTOR_LENGTH',
    message: `the ${name} vector has ${length} elements, the plan says ${expected}`,
    fix: 'take the plan, the weights and the layout of the input from the same compilation of the model',
    context: { name, length, expected },
  });
}
