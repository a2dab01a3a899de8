import { offerTypedData } from '../../workers/protocol/attestation.ts';
import { termsToChain } from '../../workers/protocol/job.ts';
import { callOf } from './stage/contract-handle.ts';
import { jobOf, type Output, outputOf, requestCall, requested, signOutput, termsFor } from './stage/jobs.ts';
import { consentOf } from './stage/open-stage.ts';
import type { Attack } from './stage/attack.ts';

/** A signature says what it says for one job of one registry on one chain. */
export const signatureReplay: Attack = {
  name: 'signature-replay',
  threats: ['T9', 'T22'],
  what: 'a signature is used for another job, on another chain, at another registry, or as something else',
  async run(stage) {
    const { cast, handles, domain, chain } = stage;
    const { mallory, operator, requester } = cast;
    const output = outputOf(stage);
    const job = await requested(stage);
    const other = await requested(stage);
    const carry = (what: typeof job, signature: string, answer: Output = output) =>
      callOf(mallory, handles.JobRegistry, 'attestWithSignature', [
        ...[termsToChain(what.terms), operator.owner.address, answer, '0x', signature],
      ]);
    const sign = (by: typeof domain, of = job, answer = output) =>
      signOutput({ domain: by }, operator.attester, of, operator.owner.address, answer);
    const refusal = { error: 'JobRegistryNotAttester' };
    const right = await sign(domain);
    await stage.refused('carries the signature of another job', carry(other, right), refusal);
    const mainnet = await sign({ ...domain, chainId: 1n });
    await stage.refused('carries one that was made for mainnet', carry(job, mainnet), refusal);
    const elsewhere = await sign({ ...domain, verifyingContract: handles.Settlement.address });
    await stage.refused('carries one that was made for another registry', carry(job, elsewhere), refusal);
    const consent = await consentOf(operator, chain.chainId, handles.OperatorStaking.address);
    await stage.refused('carries the key’s consent to attest', carry(job, consent), refusal);
    const offer = offerTypedData({ jobId: job.id, penalty: 1n, expiry: 2n ** 40n }, domain);
    const offered = await operator.attester.signer.signTypedData(offer.domain, offer.types, offer.value);
    await stage.refused('carries an offer for the same job', carry(job, offered), refusal);
    const wrong = outputOf(stage, 4);
    await stage.refused('carries the signature with another answer', carry(job, right, wrong), refusal);
    await stage.control('carries the signature where it belongs', carry(job, right));
    await stage.refused('carries it once more', carry(job, right), {
      error: 'JobRegistryAlreadyAttested',
      with: { jobId: job.id },
    });
    const terms = { ...job.terms };
    await stage.refused(
      'asks the same again, to have it answered by the old signature',
      requestCall(stage, terms, requester),
      {
        error: 'JobRegistryAlreadyRequested',
        with: { jobId: job.id },
      },
    );
    const fresh = jobOf(stage, await termsFor(stage));
    stage.proves('other terms make another job', fresh.id !== job.id);
  },
};
