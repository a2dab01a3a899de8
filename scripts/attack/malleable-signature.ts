import { Signature } from 'ethers';
import { termsToChain } from '../../workers/protocol/job.ts';
import { callOf } from './stage/contract-handle.ts';
import { equivocationCall, signedOutput } from './stage/equivocation.ts';
import { outputOf, recordOf, requested, signOutput } from './stage/jobs.ts';
import type { Attack } from './stage/attack.ts';

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** The other signature that the curve allows for the same message and key. */
function twinOf(signature: string): string {
  const { r, s, v } = Signature.from(signature);
  const high = (ORDER - BigInt(s)).toString(16).padStart(64, '0');
  return `${r}${high}${v === 27 ? '1c' : '1b'}`;
}

/** Every signature has a twin with a high `s`: it is no signature here, and no second one either. */
export const malleableSignature: Attack = {
  name: 'malleable-signature',
  threats: ['T9'],
  what: 'the twin of a signature is passed off as another one',
  async run(stage) {
    const { cast, handles, domain } = stage;
    const { mallory, operator, watcher } = cast;
    const job = await requested(stage);
    const output = outputOf(stage);
    const signature = await signOutput({ domain }, operator.attester, job, operator.owner.address, output);
    const carry = (signed: string) =>
      callOf(mallory, handles.JobRegistry, 'attestWithSignature', [
        ...[termsToChain(job.terms), operator.owner.address, output, '0x', signed],
      ]);
    await stage.refused('carries the twin', carry(twinOf(signature)), { error: 'JobRegistryNotAttester' });
    const { at } = await stage.control('carries the signature', carry(signature));
    const answer = recordOf(stage, job, output, operator.owner.address, at);
    const same = { outputRoot: output.root, outputContent: output.content };
    const evidence = { first: { ...same, signature }, second: { ...same, signature: twinOf(signature) } };
    await stage.refused(
      'accuses the operator of two answers, with both',
      equivocationCall(stage, answer, operator, mallory, evidence),
      { error: 'EquivocationCourtNotProven', with: { jobId: job.id } },
    );
    const second = await signedOutput(stage, job, 4);
    const forged = { ...second, signature: twinOf(second.signature) };
    await stage.refused(
      'accuses it with the twin of another answer’s signature',
      equivocationCall(stage, answer, operator, mallory, { second: forged }),
      { error: 'EquivocationCourtNotProven', with: { jobId: job.id } },
    );
    await stage.control(
      'accuses it with that signature itself',
      equivocationCall(stage, answer, operator, watcher, { second }),
    );
  },
};
