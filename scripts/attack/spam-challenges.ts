import { answered, requested } from './stage/jobs.ts';
import { callOf } from './stage/contract-handle.ts';
import type { Attack } from './stage/attack.ts';
import { BALANCE } from './stage/open-stage.ts';
import { openTrialCall, opened, posted, resolveTrialCall, trialStatus } from './stage/trials.ts';

/** Every groundless accusation costs its bond, and the bond goes to whom it kept. */
export const spamChallenges: Attack = {
  name: 'spam-challenges',
  threats: ['T5'],
  what: 'an attacker accuses right answers, to bind the operator and make it pay',
  async run(stage) {
    const { cast, handles, contracts } = stage;
    const { mallory, operator, watcher } = cast;
    const { openerBond } = await contracts.TrialCourt.settings();
    const answer = await answered(stage, await requested(stage));
    const before = await stage.wealthOf(mallory);
    const operators = await stage.wealthOf(operator.owner);
    const trial = await posted(stage, await opened(stage, answer, mallory));
    await stage.refused('accuses the same answer once more', openTrialCall(stage, answer, mallory), {
      error: 'JobRegistryWrongStatus',
      with: { jobId: answer.id },
    });
    await stage.pass(trial.file.docket.hearingEnd - (await stage.now()));
    await stage.attempt('has nothing to prove, and asks for the verdict', resolveTrialCall(stage, trial, mallory));
    stage.holds('the trial', await trialStatus(stage, trial), 'Acquitted');
    stage.holds('the accuser lost', before - (await stage.wealthOf(mallory)), openerBond);
    // 500 ten-thousandths are the publisher's, 100 the treasury's.
    const share = (answer.terms.fee * 9_400n) / 10_000n;
    stage.holds(
      'the operator has its part of the fee and the bond',
      (await stage.wealthOf(operator.owner)) - operators,
      share + openerBond,
    );
    const next = await answered(stage, await requested(stage));
    await stage.step(
      'takes everything out of Settlement',
      callOf(mallory, handles.Settlement, 'withdraw', [mallory.address, BALANCE - openerBond]),
    );
    await stage.refused('accuses without a bond', openTrialCall(stage, next, mallory), {
      error: 'SettlementInsufficientBalance',
      with: { balance: 0, needed: openerBond },
    });
    const wrong = await answered(stage, await requested(stage), 4);
    await stage.control('accuses a wrong answer, with a bond', openTrialCall(stage, wrong, watcher));
  },
};
