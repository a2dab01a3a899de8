import { attestCall, outputOf, answered, requested, settleCall } from './stage/jobs.ts';
import type { Attack } from './stage/attack.ts';
import { STAKE } from './stage/open-stage.ts';

/** One token of stake stands behind one job at a time. */
export const stakeReuse: Attack = {
  name: 'stake-reuse',
  threats: ['T3'],
  what: 'an operator answers two jobs that each put more than half of its stake at risk',
  async run(stage) {
    const { operator, stranger } = stage.cast;
    const stakeAtRisk = (STAKE * 6n) / 10n;
    const first = await requested(stage, { stakeAtRisk });
    const second = await requested(stage, { stakeAtRisk, attestDeadline: first.terms.attestDeadline + 300n });
    const answer = await answered(stage, first);
    const again = attestCall(stage, second, outputOf(stage), operator.attester);
    await stage.refused('answers the second with the same stake', again, {
      error: 'OperatorStakingInsufficientFree',
      with: { operator: operator.owner.address, free: STAKE - stakeAtRisk, needed: stakeAtRisk },
    });
    await stage.nextBlockAt(Number(answer.record.challengeEnd) + 1);
    await stage.step('settles the first', settleCall(stage, answer, stranger));
    await stage.control('answers the second with stake that is free again', again);
    const { free, locked } = await stage.contracts.OperatorStaking.stakeOf(operator.owner.address);
    stage.holds('free', free, STAKE - stakeAtRisk);
    stage.holds('locked', locked, stakeAtRisk);
  },
};
