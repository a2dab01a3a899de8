import type { ModelRun } from '../../test/support/model-runs.ts';
import { attestClaim, playOut, trialPlayer } from '../../test/support/trial-player.ts';
import { TrialStatus } from '../../test/support/trial-stage.ts';
import { bitsOfFloat, floatOfBits } from '../../workers/protocol/vector.ts';
import { bytesOfBits } from '../../workers/roles/trial/elements.ts';
import { answerOf, type Court, middleOf, specOfRun } from './court.ts';

/** What one side sent until the verdict. */
export interface SideGas {
  readonly transactions: number;
  readonly gas: number;
  readonly steps: readonly { readonly step: string; readonly gas: number }[];
}

/** A whole trial, played by the role that operators and watchers run. */
export interface WholeTrial {
  readonly instruction: number;
  readonly served: boolean;
  readonly challenger: SideGas;
  readonly claimant: SideGas;
  readonly total: number;
}

/** The chain goes back afterwards. @throws Error unless the claimant is convicted */
export async function wholeTrial(
  { stage }: Court,
  run: ModelRun,
  instruction: number,
  served: boolean,
): Promise<WholeTrial> {
  const snapshot = await stage.networkHelpers.takeSnapshot();
  const { plan } = run.model;
  const wrong = plan.instructions[instruction];
  if (!wrong) throw new RangeError(`no instruction ${instruction}`);
  const lying = run.trace.slice();
  const element = middleOf(wrong);
  lying[element] = ((lying[element] ?? 0) ^ 1) >>> 0;
  const answer = answerOf(run);
  answer[0] = bitsOfFloat(floatOfBits(answer[0] ?? 0) + 100);
  const claim = await attestClaim(stage, {
    spec: specOfRun(run),
    input: bytesOfBits(run.input),
    answer: bytesOfBits(answer),
  });
  const model = { plan, weights: { tree: run.trees.weights, length: run.weights.length } };
  const challenger = await trialPlayer(stage, claim, {
    ...{ ...model, signer: stage.opener, trace: run.trace },
    served: served ? lying : undefined,
  });
  const claimant = await trialPlayer(stage, claim, { ...model, signer: stage.key, trace: lying });
  const status = await playOut(stage, claim.message.jobId, [challenger, claimant]);
  const proof = `prove-element-${element}`;
  if (status !== TrialStatus.Convicted || challenger.sent.at(-1) !== proof)
    throw new Error(`the trial ended with ${status} after ${challenger.sent.join(', ')}`);
  await snapshot.restore();
  const [one, other] = [sideOf(challenger.steps), sideOf(claimant.steps)];
  return { instruction, served, challenger: one, claimant: other, total: one.gas + other.gas };
}

function sideOf(sent: readonly { readonly step: string; readonly gas: bigint }[]): SideGas {
  const steps = sent.map(({ step, gas }) => ({ step, gas: Number(gas) }));
  return { transactions: steps.length, gas: steps.reduce((sum, { gas }) => sum + gas, 0), steps };
}
