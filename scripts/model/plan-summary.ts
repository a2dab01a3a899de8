import type { CompiledModel } from '../../workers/canonical/compiler/compile-model.ts';
import { type ExecuteOptions, execute } from '../../workers/canonical/executor/execute.ts';
import { sizeOf } from '../../workers/canonical/plan/sizes.ts';
import { SeededRandom } from '../gen/random.ts';
import { type Domain, sampleInput } from './sample-inputs.ts';
import { type ProofCost, worstProof } from './worst-proof.ts';

/** What the nodes of one operator became. */
export interface OperatorTotals {
  readonly opType: string;
  nodes: number;
  instructions: number;
  /** elements of the trace */
  elements: number;
  /** multiplications with an addition */
  macs: number;
}

export interface PlanSummary {
  /** most multiplications first */
  readonly operators: readonly OperatorTotals[];
  readonly worst: ProofCost;
}

const SEED = 1;

/** Runs a plan once, on a random input, and counts. */
export function summarisePlan(
  compiled: CompiledModel,
  domain: Domain,
  options: Pick<ExecuteOptions, 'signal'> = {},
): PlanSummary {
  const { plan, weights, inputs, origins } = compiled;
  const operators = new Map<string, OperatorTotals & { readonly names: Set<string> }>();
  const random = new SeededRandom(SEED);
  const input = sampleInput({ inputs, length: plan.inputLength }, domain, { sample: 0, random });
  const trace = execute(
    plan,
    { input, weights },
    {
      ...options,
      onInstruction({ index, macs }) {
        const { node, opType } = origins[index] ?? { node: '', opType: '' };
        const empty = { opType, nodes: 0, instructions: 0, elements: 0, macs: 0, names: new Set<string>() };
        const totals = operators.get(opType) ?? empty;
        operators.set(opType, totals);
        const instruction = plan.instructions[index];
        totals.names.add(node);
        totals.nodes = totals.names.size;
        totals.instructions += 1;
        totals.elements += instruction ? sizeOf(instruction) : 0;
        totals.macs += macs;
      },
    },
  );
  return {
    operators: [...operators.values()]
      .map(({ opType, nodes, instructions, elements, macs }) => ({ opType, nodes, instructions, elements, macs }))
      .sort((one, other) => other.macs - one.macs || other.elements - one.elements),
    worst: worstProof(compiled, { input, trace }),
  };
}
