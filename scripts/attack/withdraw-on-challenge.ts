import { callOf } from './stage/contract-handle.ts';
import { answered, requested, STAKE_AT_RISK } from './stage/jobs.ts';
import type { Attack } from './stage/attack.ts';
import { STAKE } from './stage/open-stage.ts';
import { opened, resolveTrialCall, trialStatus } from './stage/trials.ts';

/** What a job locks is locked when it is answered, not when it is challenged: there is nothing to run away with. */
export const withdrawOnChallenge: Attack = {
  name: 'withdraw-on-challenge',
  threats: ['T2'],
  what: 'a liar sees the trial coming and takes its stake out before the verdict',
  async run(stage) {
    const { cast, handles, contracts } = stage;
    const { operator, stranger } = cast;
    const staking = handles.OperatorStaking;
    const answer = await answered(stage, await requested(stage), 4);
    const trial = await opened(stage, answer);
    await stage.refused('unbonds everything', callOf(operator.owner, staking, 'unbond', [STAKE]), {
      error: 'OperatorStakingInsufficientFree',
      with: { free: STAKE - STAKE_AT_RISK },
    });
    await stage.control(
      'unbonds what no job holds',
      callOf(operator.owner, staking, 'unbond', [STAKE - STAKE_AT_RISK]),
    );
    const { locked } = await contracts.OperatorStaking.stakeOf(operator.owner.address);
    stage.holds('still locked by the job', locked, STAKE_AT_RISK);
    await stage.nextBlockAt(trial.file.docket.traceDue + 1);
    await stage.step('asks for the verdict: no trace came', resolveTrialCall(stage, trial, stranger));
    stage.holds('the trial', await trialStatus(stage, trial), 'Convicted');
    const left = await contracts.OperatorStaking.stakeOf(operator.owner.address);
    const { amount } = await contracts.OperatorStaking.unbondingOf(operator.owner.address);
    stage.holds('what is left of the stake', left.free + left.locked + amount, STAKE - STAKE_AT_RISK);
  },
};
