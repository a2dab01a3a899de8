import { TYPE } from '../../workers/canonical/plan/instruction.ts';
import { execute } from '../../workers/canonical/executor/execute.ts';
import { type Plan, planRoot } from '../../workers/canonical/plan/plan.ts';
import { VectorTree } from '../../workers/canonical/tree/vector-tree.ts';
import type { ModelRun } from '../../test/support/model-runs.ts';
import { gaussian } from '../canonical/random-numbers.ts';
import { residual18 } from '../canonical/networks.ts';
import { PlanBuilder } from '../canonical/plan-builder.ts';
import { convictOf, type Court, middleOf, openRun } from './court.ts';
import { type LayerTrial, trialsOfLayers } from './layers.ts';

/** Weights of a network with 100,000 of them: depths of trees are those of a model, not of a layer. */
const MODEL_WEIGHTS = 100_000;

/** A plan run on seeded random numbers. */
export function randomRun(name: string, plan: Plan): ModelRun {
  const [input, weights] = [gaussian(plan.inputLength, 1, 1), gaussian(plan.weightsLength, 2, 0.05)];
  const trace = execute(plan, { input, weights });
  const trees = { input: new VectorTree(input), weights: new VectorTree(weights), trace: new VectorTree(trace) };
  const last = plan.instructions.at(-1);
  const start = last?.start ?? 0;
  const shaped = { onnxType: 1, type: TYPE.F32 };
  const model = {
    ...{ plan, planRoot: planRoot(plan), weightsRoot: trees.weights.root },
    inputs: [{ ...shaped, name: 'input', shape: [plan.inputLength], start: 0, length: plan.inputLength }],
    outputs: [{ ...shaped, name: 'output', shape: last?.dims ?? [], start, length: plan.traceLength - start }],
    origins: plan.instructions.map((_, i) => ({ node: String(i), opType: '' })),
  };
  return { name, model, input, weights, trace, trees };
}

/** Sums of products of these lengths as the last of two layers, so that one side comes from the trace. */
const SUMS: Readonly<Record<string, () => Plan>> = {
  'DOT K = 256': () => stacked(256),
  'DOT K = 1,024': () => stacked(1_024),
  'DOT K = 4,608 (3×3×512)': () => {
    const net = new PlanBuilder(7, 7, 512);
    net.convolution(net.rectified(net.picture), { size: 3, channels: 512 });
    return net.plan();
  },
};

function stacked(length: number): Plan {
  const net = new PlanBuilder(1, 1, length);
  net.convolution(net.rectified(net.picture), { size: 1, channels: Math.ceil(MODEL_WEIGHTS / length) });
  return net.plan();
}

/** The proof of a whole sum, by name. */
export async function trialsOfSums(court: Court): Promise<Readonly<Record<string, LayerTrial>>> {
  const found: Record<string, LayerTrial> = {};
  for (const [name, plan] of Object.entries(SUMS)) {
    const trials = await trialsOfLayers(court, randomRun(name, plan()));
    const last = trials.at(-1);
    if (last) found[name] = last;
  }
  return found;
}

/** ResNet-18 at 224 × 224 with seeded weights. */
export const residualRun = (): ModelRun => randomRun('ResNet-18 (seeded weights)', residual18());

/** The first conviction on a chain writes balances that all later ones find. */
export async function convictOnce({ stage }: Court): Promise<void> {
  const run = randomRun('warm-up', stacked(64));
  const [first] = run.model.plan.instructions;
  if (first) await convictOf(stage, await openRun(stage, run), { index: 0, element: middleOf(first) });
}
