import { equivocationCall, signedOutput } from './stage/equivocation.ts';
import { answered, requested, STAKE_AT_RISK, statusOf } from './stage/jobs.ts';
import type { Attack } from './stage/attack.ts';
import { STAKE } from './stage/open-stage.ts';

/** Two signed answers to one job cost the lock, and as much again: once. */
export const equivocation: Attack = {
  name: 'equivocation',
  threats: ['T9', 'T10'],
  what: 'an operator signs two answers, shows one to the chain and another to a customer, and is accused twice',
  async run(stage) {
    const { operator, rival, watcher, mallory } = stage.cast;
    const answer = await answered(stage, await requested(stage));
    const second = await signedOutput(stage, answer, 4);
    const byAnother = await signedOutput(stage, answer, 4, rival);
    await stage.refused(
      'accuses the operator with an answer that a rival signed',
      equivocationCall(stage, answer, operator, mallory, { second: byAnother }),
      { error: 'EquivocationCourtNotProven' },
    );
    await stage.control(
      'shows both of the operator’s answers',
      equivocationCall(stage, answer, operator, watcher, { second }),
    );
    const { free, locked } = await stage.contracts.OperatorStaking.stakeOf(operator.owner.address);
    stage.holds('what is left of the stake', free + locked, STAKE - 2n * STAKE_AT_RISK);
    stage.holds('the job', await statusOf(stage, answer), 'Slashed');
    const third = await signedOutput(stage, answer, 5);
    await stage.refused(
      'shows a third, to take it a second time',
      equivocationCall(stage, answer, operator, mallory, { second: third }),
      { error: 'EquivocationCourtAlreadyProven', with: { operator: operator.owner.address } },
    );
  },
};
