import { termsToChain } from '../../workers/protocol/job.ts';
import { callOf } from './stage/contract-handle.ts';
import { answered, requestCall, requested, settleCall, statusOf, termsFor } from './stage/jobs.ts';
import type { Attack } from './stage/attack.ts';
import { STAKE, TOKEN } from './stage/open-stage.ts';
import { heard, proveCall, trialStatus } from './stage/trials.ts';

/** A pause stops new requests. Everything that is under way goes on, and everybody can leave. */
export const pauseToTrap: Attack = {
  name: 'pause-to-trap',
  threats: ['T19'],
  what: 'the guardian pauses, to let clocks run out and to hold what is inside',
  async run(stage) {
    const { cast, handles, contracts } = stage;
    const { guardian, mallory, requester, rival, watcher, stranger } = cast;
    const registry = handles.JobRegistry;
    const waiting = await requested(stage);
    const forgotten = await requested(stage, { operator: rival.owner.address });
    const wrong = await answered(stage, await requested(stage), 4);
    await stage.refused('pauses', callOf(mallory, registry, 'pauseRequests', []), {
      error: 'AccessManagedUnauthorized',
      with: { caller: mallory.address },
    });
    await stage.attempt('pauses', callOf(guardian, registry, 'pauseRequests', []));
    const terms = await termsFor(stage);
    await stage.refused('asks', requestCall(stage, terms, requester), { error: 'JobRegistryRequestsPaused' });
    const right = await answered(stage, waiting);
    const trial = await heard(stage, wrong, 0);
    await stage.step('proves the lie', proveCall(stage, trial, 0, watcher));
    stage.holds('the trial', await trialStatus(stage, trial), 'Convicted');
    await stage.nextBlockAt(Number(right.record.challengeEnd) + 1);
    await stage.step('settles', settleCall(stage, right, stranger));
    stage.holds('the answered job', await statusOf(stage, right), 'Settled');
    await stage.nextBlockAt(Math.max(Number(forgotten.terms.attestDeadline) + 1, (await stage.now()) + 1));
    await stage.step('ends the unanswered job', callOf(stranger, registry, 'expire', [termsToChain(forgotten.terms)]));
    stage.holds('the unanswered job', await statusOf(stage, forgotten), 'Expired');
    await stage.step(
      'withdraws its money',
      callOf(requester, handles.Settlement, 'withdraw', [requester.address, 900n * TOKEN]),
    );
    await stage.step('unbonds its stake', callOf(rival.owner, handles.OperatorStaking, 'unbond', [STAKE]));
    await stage.pass(Number(await contracts.OperatorStaking.unbondingDelay()));
    const leaving = callOf(rival.owner, handles.OperatorStaking, 'withdraw', [rival.owner.address]);
    await stage.step('leaves with its stake', leaving);
    const left = await contracts.OperatorStaking.unbondingOf(rival.owner.address);
    stage.holds('held back', left.amount, 0n);
    await stage.step('ends the pause', callOf(guardian, registry, 'unpauseRequests', []));
    await stage.control('asks', requestCall(stage, await termsFor(stage), requester));
  },
};
