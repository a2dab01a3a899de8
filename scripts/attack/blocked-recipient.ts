import { Artifact_CallbackProbe } from '../../generated/artifacts/CallbackProbe.js';
import { termsToChain } from '../../workers/protocol/job.ts';
import { callOf } from './stage/contract-handle.ts';
import { answered, INPUT, jobOf, settleCall, statusOf, termsFor } from './stage/jobs.ts';
import type { Attack } from './stage/attack.ts';
import { forwardedBy } from './stage/scene.ts';
import { TOKEN } from './stage/open-stage.ts';
import { demandInputCall, heard, proveCall, trialStatus } from './stage/trials.ts';

/** Nobody is paid by a push, so nobody's refusal to be paid stops anybody else. */
export const blockedRecipient: Attack = {
  name: 'blocked-recipient',
  threats: ['T8', 'T13'],
  what: 'a party that no money can be sent to blocks verdicts and settlements of others',
  async run(stage) {
    const { cast, handles, contracts } = stage;
    const { mallory, operator, watcher, stranger } = cast;
    const probe = await stage.deploy('a contract that refuses all money', mallory, Artifact_CallbackProbe, []);
    await stage.step('pays for its jobs', callOf(mallory, handles.Settlement, 'deposit', [probe.address, 10n * TOKEN]));
    const input = `0x${Buffer.from(INPUT).toString('hex')}`;
    const ask = async () => {
      const terms = await termsFor(stage, { requester: probe.address });
      const asking = forwardedBy(mallory, probe, handles.JobRegistry, 'request', [termsToChain(terms), input]);
      await stage.step('has it ask', asking);
      return jobOf(stage, terms);
    };
    const wrong = await answered(stage, await ask(), 4);
    const trial = await heard(stage, wrong, 0);
    const demand = { ...demandInputCall(stage, trial, mallory) };
    await stage.attempt('has money of its own in the court, as a demander', demand);
    await stage.control('proves the lie of the answer to that contract', proveCall(stage, trial, 0, watcher));
    stage.holds('the trial', await trialStatus(stage, trial), 'Convicted');
    const refund = await contracts.Settlement.balanceOf(probe.address);
    stage.proves('the requester’s refund is an entry of the ledger', refund > 10n * TOKEN);
    await stage.step(
      'takes its prepaid price back',
      callOf(stranger, handles.TrialCourt, 'reclaim', [wrong.id, mallory.address]),
    );
    await stage.refused(
      'has it sent to the contract that refuses money',
      callOf(mallory, handles.TrialCourt, 'withdrawCredit', [probe.address]),
      { error: 'TrialCourtPaymentFailed', with: { to: probe.address } },
    );
    await stage.control(
      'has it sent to an account',
      callOf(mallory, handles.TrialCourt, 'withdrawCredit', [mallory.address]),
    );
    const right = await answered(stage, await ask());
    await stage.nextBlockAt(Number(right.record.challengeEnd) + 1);
    const before = await stage.wealthOf(operator.owner);
    await stage.step('settles the next job', settleCall(stage, right, stranger));
    stage.holds('the job', await statusOf(stage, right), 'Settled');
    stage.proves('its operator was paid', (await stage.wealthOf(operator.owner)) > before);
  },
};
