import { expect } from 'chai';
import type { AttestationRecord } from '../../workers/protocol/attestation-record.ts';
import { type Terms, termsToChain } from '../../workers/protocol/job.ts';
import { requestChecked } from './checked-requests.ts';
import { type ProveCase, type SignedOutput, proveChecked, signedOutput } from './checked-trials.ts';
import type { JobStage, StagedOperator } from './job-stage.ts';
import { type AttestedJob, type Job, NO_RECORD, STAKE_AT_RISK, outputFor, signOutput, termsFor } from './jobs.ts';

/** What an equivocation takes where the job's lock is not, or no longer, there to be taken. */
export const FREE_ONLY = { fromLocked: 0n, fromFree: STAKE_AT_RISK, fromUnbonding: 0n };
/** What it takes while the operator's own attestation holds the lock. */
export const LOCK_AND_FREE = { fromLocked: STAKE_AT_RISK, fromFree: STAKE_AT_RISK, fromUnbonding: 0n };

/** A requested job of the staged operator. */
export async function requested(stage: JobStage, overrides: Partial<Terms> = {}): Promise<Job> {
  return requestChecked(stage, await termsFor(stage, overrides));
}

/** A signed output of a job; different `first` elements make different outputs. */
export async function signed(stage: JobStage, job: Job, first: number, by = stage.operator): Promise<SignedOutput> {
  const output = outputFor(stage, job.terms, first);
  return signedOutput(output, await signOutput(stage, by.key, job.id, by.address, output));
}

/** The recorded attestation as one of the two outputs. */
export function recorded({ output }: AttestedJob): SignedOutput {
  return signedOutput(output, '0x');
}

/** What a reporter shows. The operator is the staged one and the record the job's own, unless they are given. */
export interface Evidence {
  readonly first: SignedOutput;
  readonly second: SignedOutput;
  readonly operator?: StagedOperator;
  readonly record?: AttestationRecord;
}

/** Brings evidence as a stranger. */
export async function attempt(
  stage: JobStage,
  job: Job,
  { first, second, operator = stage.operator, record }: Evidence,
) {
  const shown = record ?? ('record' in job ? (job as AttestedJob).record : NO_RECORD);
  return stage.court.connect(stage.stranger).prove(termsToChain(job.terms), shown, operator.address, first, second);
}

/** Proves as a stranger and checks everything. */
export async function prove(stage: JobStage, job: Job, proof: Evidence & Pick<ProveCase, 'takes'>): Promise<void> {
  const record = proof.record ?? ('record' in job ? (job as AttestedJob).record : NO_RECORD);
  const { operator = stage.operator } = proof;
  await proveChecked(stage, job, { reporter: stage.stranger, ...proof, record, operator });
  expect(await stage.court.isProven(job.id, operator.address)).to.equal(true);
}
