import type { ModelRun } from '../../test/support/model-runs.ts';
import { OP } from '../../workers/canonical/plan/instruction.ts';
import { windowSize } from '../../workers/canonical/plan/sizes.ts';
import { convictOf, type Court, middleOf, openRun, type ProofGas, rulingGas } from './court.ts';

/** A trial won for one flipped element of one instruction. */
export interface LayerTrial extends ProofGas {
  readonly instruction: number;
  readonly node: string;
  readonly opType: string;
  readonly op: string;
  /** gas of the proof without the conviction: calldata, hashes and the judge */
  readonly ruling: number;
  readonly element: number;
  /** elements of the window */
  readonly window: number;
}

export const opName = (op: number): string => Object.entries(OP).find(([, code]) => code === op)?.[0] ?? '?';

/** One trial for each instruction of a model, all of the same job: the chain goes back after each. */
export async function trialsOfLayers({ stage }: Court, run: ModelRun): Promise<readonly LayerTrial[]> {
  const before = await stage.networkHelpers.takeSnapshot();
  const opened = await openRun(stage, run);
  const snapshot = await stage.networkHelpers.takeSnapshot();
  const places = run.model.plan.instructions.map((instruction, index) => ({ index, element: middleOf(instruction) }));
  const rulings = await rulingGas(stage, opened, places);
  await snapshot.restore();
  const trials: LayerTrial[] = [];
  for (const [index, instruction] of run.model.plan.instructions.entries()) {
    const element = middleOf(instruction);
    const gas = await convictOf(stage, opened, { index, element });
    const ruling = rulings[index] ?? 0;
    const { node = '', opType = '' } = run.model.origins[index] ?? {};
    const window = windowSize(instruction);
    trials.push({ instruction: index, node, opType, op: opName(instruction.op), element, window, ruling, ...gas });
    await snapshot.restore();
  }
  // Otherwise the job would keep its share of the operator's stake locked.
  await before.restore();
  return trials;
}
