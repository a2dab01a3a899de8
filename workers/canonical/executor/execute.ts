import { type FastElementary, fastElementary } from '../arithmetic/elementary-fast.ts';
import { type Instruction, OP, TYPE } from '../plan/instruction.ts';
import { runJoin, runPick, runSelect } from './choose.ts';
import { type DotCounters, newDotCounters } from './counters.ts';
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
export interface InstructionReport extends DotCounters {
  readonly index: number;
  /** elementary functions that float64 could not decide */
  readonly fallbacks: number;
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
 * work; integers decide what it leaves open. The plan and the vectors' lengths must have been checked: addresses are not.
 *
 * @returns bit patterns in host order, `traceLength` of them
 * @throws {RemitError} `CANONICAL_VECTOR_TOO_LONG`, `CANONICAL_INDEX_TOO_WIDE` or `CANONICAL_INSTRUCTION_MALFORMED`
 */
export function execute(
  plan: ExecutablePlan,
  { input, weights }: PlanInputs,
  options: ExecuteOptions = {},
): Uint32Array {
  const trace = options.trace ?? new Uint32Array(plan.traceLength);
  const spaces = { input: elementsOf(input), weights: elementsOf(weights), trace: elementsOf(trace) };
  plan.instructions.forEach((instruction, index) => {
    options.signal?.throwIfAborted();
    const report = executeInstruction(instruction, spaces);
    options.onInstruction?.({ index, ...report });
  });
  return trace;
}

/** Runs one instruction: reads the spaces, writes its elements of the trace. */
export function executeInstruction(instruction: Instruction, spaces: Spaces): Omit<InstructionReport, 'index'> {
  const counters = newDotCounters();
  let fallbacks = 0;
  const elementary = fastElementary({ onFallback: () => (fallbacks += 1) });
  run(instruction, spaces, counters, elementary);
  if (instruction.type === TYPE.F32) {
    canonicalise(
      spaces.trace.i32,
      instruction.start,
      instruction.dims.reduce((size, dim) => size * dim, 1),
    );
  }
  return { ...counters, fallbacks };
}

function run(instruction: Instruction, spaces: Spaces, counters: DotCounters, elementary: FastElementary): void {
  switch (instruction.op) {
    case OP.DOT:
      return runDot(instruction, spaces, counters);
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
      return runPick(instruction, spaces);
    case OP.SELECT:
      return runSelect(instruction, spaces);
    default:
      throw malformed(instruction);
  }
}
