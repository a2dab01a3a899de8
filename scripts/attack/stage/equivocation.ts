import { termsToChain } from '../../../workers/protocol/job.ts';
import type { Account, OperatorAccounts } from '../../stack/accounts.ts';
import { type Call, callOf } from './contract-handle.ts';
import { type AnsweredJob, type Job, outputOf, signOutput } from './jobs.ts';
import type { Stage } from './scene.ts';

/** An output with its attester's signature. Without one it stands for the recorded attestation. */
export interface SignedOutput {
  readonly outputRoot: string;
  readonly outputContent: string;
  readonly signature: string;
}

/** A signed answer that is `error` away from the right one. */
export async function signedOutput(
  stage: Stage,
  job: Job,
  error: number,
  by: OperatorAccounts = stage.cast.operator,
): Promise<SignedOutput> {
  const output = outputOf(stage, error);
  const signature = await signOutput(stage, by.attester, job, by.owner.address, output);
  return { outputRoot: output.root, outputContent: output.content, signature };
}

/** The evidence that an operator signed two answers; `first` is the recorded one unless it is given. */
export function equivocationCall(
  { handles }: Stage,
  { terms, record }: AnsweredJob,
  { owner }: OperatorAccounts,
  from: Account,
  { first, second }: { readonly first?: SignedOutput; readonly second: SignedOutput },
): Call {
  const recorded = { outputRoot: record.outputRoot, outputContent: record.outputContent, signature: '0x' };
  const args = [termsToChain(terms), record, owner.address, first ?? recorded, second];
  return callOf(from, handles.EquivocationCourt, 'prove', args);
}
