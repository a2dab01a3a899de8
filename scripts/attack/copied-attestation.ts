import { termsToChain } from '../../workers/protocol/job.ts';
import { callOf } from './stage/contract-handle.ts';
import { attestCall, outputOf, recordOf, requested, settleCall, signOutput } from './stage/jobs.ts';
import type { Attack } from './stage/attack.ts';

/** An answer seen on its way to the chain can be carried for its operator, and for nobody else. */
export const copiedAttestation: Attack = {
  name: 'copied-attestation',
  threats: ['T10'],
  what: 'a lazy operator copies an answer from the mempool and claims it for itself',
  async run(stage) {
    const { cast, handles, domain } = stage;
    const { mallory, operator, rival, stranger } = cast;
    const job = await requested(stage);
    const output = outputOf(stage);
    const signature = await signOutput({ domain }, operator.attester, job, operator.owner.address, output);
    const carry = (from: typeof mallory, operatorOf: string) =>
      callOf(from, handles.JobRegistry, 'attestWithSignature', [
        ...[termsToChain(job.terms), operatorOf, output, '0x', signature],
      ]);
    await stage.refused('answers with the copy, by its own key', attestCall(stage, job, output, rival.attester), {
      error: 'JobRegistryNotChosen',
      with: { operator: rival.owner.address, chosen: operator.owner.address },
    });
    await stage.refused('carries the copy as the rival’s', carry(rival.attester, rival.owner.address), {
      error: 'JobRegistryNotAttester',
    });
    await stage.refused('answers with the copy, without any stake', attestCall(stage, job, output, mallory), {
      error: 'JobRegistryNotAttester',
      with: { signer: mallory.address },
    });
    const before = await Promise.all([stage.wealthOf(operator.owner), stage.wealthOf(mallory)]);
    const { at } = await stage.control('carries it as the operator’s', carry(mallory, operator.owner.address));
    await stage.nextBlockAt(at + job.terms.challengeWindow + 1);
    const answer = recordOf(stage, job, output, operator.owner.address, at);
    await stage.step('settles', settleCall(stage, answer, stranger));
    const after = await Promise.all([stage.wealthOf(operator.owner), stage.wealthOf(mallory)]);
    stage.proves('the operator was paid', after[0] > before[0]);
    stage.holds('who carried it earned', after[1] - before[1], 0n);
  },
};
