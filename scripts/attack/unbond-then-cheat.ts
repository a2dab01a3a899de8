import { callOf } from './stage/contract-handle.ts';
import { answered, requested, STAKE_AT_RISK } from './stage/jobs.ts';
import { equivocationCall, signedOutput } from './stage/equivocation.ts';
import type { Attack } from './stage/attack.ts';
import { STAKE } from './stage/open-stage.ts';

/** Stake on its way out must still answer for what its owner does meanwhile. */
export const unbondThenCheat: Attack = {
  name: 'unbond-then-cheat',
  threats: ['T1'],
  what: 'an operator unbonds nearly all of its stake, signs two answers for one job, and tries to leave',
  async run(stage) {
    const { cast, handles, contracts } = stage;
    const { operator, watcher, rival } = cast;
    const job = await requested(stage);
    const left = STAKE - STAKE_AT_RISK;
    await stage.attempt(
      'unbonds all that no job needs',
      callOf(operator.owner, handles.OperatorStaking, 'unbond', [left]),
    );
    const answer = await answered(stage, job);
    const second = await signedOutput(stage, job, 4);
    const { releaseAt } = await contracts.OperatorStaking.unbondingOf(operator.owner.address);
    await stage.refused(
      'withdraws at once',
      callOf(operator.owner, handles.OperatorStaking, 'withdraw', [operator.owner.address]),
      { error: 'OperatorStakingNotReleased', with: { releaseAt } },
    );
    await stage.step(
      'shows the second answer to the court',
      equivocationCall(stage, answer, operator, watcher, { second }),
    );
    const { amount } = await contracts.OperatorStaking.unbondingOf(operator.owner.address);
    stage.holds('taken from the stake that was leaving', left - amount, STAKE_AT_RISK);
    stage.holds('taken in all', STAKE - amount, 2n * STAKE_AT_RISK);
    await stage.step('unbonds its stake', callOf(rival.owner, handles.OperatorStaking, 'unbond', [STAKE]));
    await stage.pass(Number(await contracts.OperatorStaking.unbondingDelay()));
    await stage.control(
      'withdraws it after the delay, because nothing is held against it',
      callOf(rival.owner, handles.OperatorStaking, 'withdraw', [rival.owner.address]),
    );
  },
};
