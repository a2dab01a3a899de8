import { Artifact_CallbackProbe } from '../../generated/artifacts/CallbackProbe.js';
import type { Hex } from '../../workers/protocol/ids.ts';
import { CallbackPhase, JobStatus, termsToChain } from '../../workers/protocol/job.ts';
import { callOf, explain } from './stage/contract-handle.ts';
import { answered, jobOf, requested, settleCall, statusOf, termsFor, INPUT } from './stage/jobs.ts';
import type { Attack } from './stage/attack.ts';
import { forwardedBy } from './stage/scene.ts';
import { TOKEN } from './stage/open-stage.ts';

/** A contract that is called with its answer may call anything; what it is paid for happens once. */
export const reenterByCallback: Attack = {
  name: 'reenter-by-callback',
  threats: ['T7'],
  what: 'a requester’s contract settles its job again from within its callback',
  async run(stage) {
    const { cast, handles } = stage;
    const { mallory, operator, stranger } = cast;
    const probe = await stage.deploy('a contract that calls back', mallory, Artifact_CallbackProbe, []);
    await stage.step('pays for its jobs', callOf(mallory, handles.Settlement, 'deposit', [probe.address, 10n * TOKEN]));
    const input = `0x${Buffer.from(INPUT).toString('hex')}`;
    const callback = { callbackPhase: CallbackPhase.OnFinal, callbackGas: 300_000 };
    const ask = async () => {
      const terms = await termsFor(stage, { requester: probe.address, ...callback });
      const asking = forwardedBy(mallory, probe, handles.JobRegistry, 'request', [termsToChain(terms), input]);
      await stage.step('has it ask', asking);
      return answered(stage, jobOf(stage, terms));
    };
    // A lock of another job, which a second settlement could release in place of its own.
    await answered(stage, await requested(stage));
    const answer = await ask();
    const { terms } = answer;
    const again = settleCall(stage, answer, mallory);
    await stage.step(
      'tells it to settle again',
      callOf(mallory, probe, 'reenter', [handles.JobRegistry.address, again.data]),
    );
    const before = await stage.wealthOf(operator.owner);
    await stage.nextBlockAt(Number(answer.record.challengeEnd) + 1);
    const settled = await stage.attempt('settles; the contract is called', settleCall(stage, answer, mallory));
    const share = (terms.fee * 9_400n) / 10_000n;
    stage.holds('the operator was paid once', (await stage.wealthOf(operator.owner)) - before, share);
    const { success, returned } = stage.eventIn(settled, probe, 'Reentered') as unknown as {
      success: boolean;
      returned: Hex;
    };
    stage.holds('the call from inside went through', success, false);
    stage.holds('it was refused with', explain(returned).name, 'ReentrancyGuardReentrantCall');
    stage.holds('the job', await statusOf(stage, answer), 'Settled');
    await stage.refused('settles from outside, too', settleCall(stage, answer, stranger), {
      error: 'JobRegistryWrongStatus',
      with: { status: JobStatus.Settled },
    });
    const next = await ask();
    await stage.step('lets the contract behave', callOf(mallory, probe, 'setBehaviour', [0]));
    await stage.nextBlockAt(Number(next.record.challengeEnd) + 1);
    const { data } = settleCall(stage, next, mallory);
    await stage.control(
      'has the contract settle its next job from outside a callback',
      callOf(mallory, probe, 'forward', [handles.JobRegistry.address, data]),
    );
  },
};
