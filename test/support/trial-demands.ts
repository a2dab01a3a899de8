import type { HardhatEthersSigner } from '@nomicfoundation/hardhat-ethers/types';
import { defaultParameters, COURT_SETTINGS } from './system.ts';
import { Space, type SpaceId, type Trial, type TrialStage, sampleCase } from './trial-stage.ts';
import { TrialVector, bitsOf } from './trial-trees.ts';

export const { revealTime } = defaultParameters;
export const { demandBond, openerBond } = COURT_SETTINGS;
export const GWEI = 10n ** 9n;
export const REVEAL_GAS = 130_000n;
export const FEE_CAP = 20n * GWEI;
export const PRICE = FEE_CAP * REVEAL_GAS;

/** Gas is estimated without a base fee, under which nothing may be postponed. */
export const LIMIT = { gasLimit: 200_000 };

/** A trace of 40 chunks, so that its root lies 6 levels above them: opened to height 1, then 0, then the chunk. */
export const deep = () =>
  sampleCase({ trace: new TrialVector(Array.from({ length: 2_560 }, (_, i) => (i < 2_500 ? bitsOf(i + 1) : 0))) });

const TREES = { [Space.Input]: 'input', [Space.Weight]: 'weights', [Space.Trace]: 'trace', [Space.Output]: 'output' };

export const vectorOf = (trial: Trial, space: SpaceId): TrialVector => trial[TREES[space as 1] as 'trace'];

export interface Asked {
  readonly by?: HardhatEthersSigner;
  readonly space?: SpaceId;
  readonly height?: number;
  readonly index?: number;
  readonly value?: bigint;
}

export async function demand(stage: TrialStage, trial: Trial, asked: Asked = {}) {
  const { by = stage.demander, space = Space.Trace, index = 0, value = PRICE } = asked;
  const tree = vectorOf(trial, space);
  const height = asked.height ?? tree.height;
  const [node, siblings] = [tree.node(height, index), tree.siblings(height, index)];
  return stage.trials.connect(by).demand(trial.file, space, height, index, node, siblings, { value });
}

export async function reveal(stage: TrialStage, trial: Trial, asked: Asked = {}) {
  const { by = stage.key, space = Space.Trace, index = 0 } = asked;
  const tree = vectorOf(trial, space);
  const height = asked.height ?? tree.height;
  return stage.trials.connect(by).reveal(trial.id, space, height, index, tree.content(height, index));
}

export async function demandIdOf({ trials }: TrialStage, trial: Trial, asked: Asked = {}): Promise<string> {
  const { space = Space.Trace, index = 0 } = asked;
  const tree = vectorOf(trial, space);
  const height = asked.height ?? tree.height;
  return trials.demandIdOf(trial.id, space, height, index, tree.node(height, index));
}
