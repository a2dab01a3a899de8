import { termsToChain } from '../../workers/protocol/job.ts';
import { callOf } from './stage/contract-handle.ts';
import { answered, requested, settleCall } from './stage/jobs.ts';
import type { Attack } from './stage/attack.ts';
import { TOKEN } from './stage/open-stage.ts';

/** Whoever is not the owner moves no clock: not by force, and not by kindness. */
export const thirdPartyTimers: Attack = {
  name: 'third-party-timers',
  threats: ['T6'],
  what: 'a third party ends, restarts or lengthens the clocks of others',
  async run(stage) {
    const { cast, handles, contracts } = stage;
    const { operator, mallory, requester } = cast;
    const staking = handles.OperatorStaking;
    await stage.step('unbonds a part of its stake', callOf(operator.owner, staking, 'unbond', [10n * TOKEN]));
    const { releaseAt } = await contracts.OperatorStaking.unbondingOf(operator.owner.address);
    await stage.refused('unbonds one token, to restart the clock', callOf(mallory, staking, 'unbond', [1n]), {
      error: 'OperatorStakingInsufficientFree',
      with: { operator: mallory.address, free: 0 },
    });
    await stage.refused(
      'revokes the operator’s key',
      callOf(mallory, staking, 'revokeAttester', [operator.attester.address]),
      { error: 'OperatorStakingNotAttester', with: { operator: mallory.address } },
    );
    await stage.attempt(
      'gives the operator a present',
      callOf(mallory, handles.Settlement, 'deposit', [operator.owner.address, 1n]),
    );
    const after = await contracts.OperatorStaking.unbondingOf(operator.owner.address);
    stage.holds('the operator’s clock', after.releaseAt, releaseAt);

    const open = await requested(stage);
    await stage.refused(
      'ends the job early',
      callOf(mallory, handles.JobRegistry, 'expire', [termsToChain(open.terms)]),
      {
        error: 'JobRegistryDeadlineNotPassed',
        with: { attestDeadline: open.terms.attestDeadline },
      },
    );
    const answer = await answered(stage, open);
    await stage.refused('settles before the window has passed', settleCall(stage, answer, mallory), {
      error: 'JobRegistryWindowNotPassed',
      with: { challengeEnd: answer.record.challengeEnd },
    });
    await stage.nextBlockAt(Number(answer.record.challengeEnd) + 1);
    await stage.control('settles, when the window has passed', settleCall(stage, answer, requester));
    await stage.pass(Number(releaseAt) - (await stage.now()));
    await stage.control(
      'withdraws in the second that its own unbonding named',
      callOf(operator.owner, staking, 'withdraw', [operator.owner.address]),
    );
  },
};
