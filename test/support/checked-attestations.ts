import type { HardhatEthersSigner } from '@nomicfoundation/hardhat-ethers/types';
import type { TransactionResponse } from 'ethers';
import type { AttestationRecord } from '../../workers/protocol/attestation-record.ts';
import type { Hex } from '../../workers/protocol/ids.ts';
import { CallbackPhase, type Terms, termsToChain } from '../../workers/protocol/job.ts';
import { type SeenEvent, checked } from './checked-action.ts';
import { attestedSlot } from './job-slot.ts';
import type { JobStage, StagedOperator } from './job-stage.ts';
import { type AttestedJob, type Job, type Output, nextAt, operatorAt, outputFor, signOutput } from './jobs.ts';

/** What became of a callback. */
export type CallbackFate = 'delivered' | 'failed';

export interface AttestOptions {
  /** Defaults to the named operator. */
  readonly by?: StagedOperator;
  readonly output?: Output;
  readonly evidence?: Hex;
  /** Brings the operator's signature instead of sending as its key. */
  readonly relayedBy?: HardhatEthersSigner;
  /** Unix seconds of the attestation's block. */
  readonly at?: bigint;
  /** The window that the policy chose, seconds. */
  readonly window?: number;
  /** Of an `onAttested` callback; it is expected to be delivered by default. */
  readonly callback?: CallbackFate;
  readonly gasLimit?: bigint;
}

/** Attests, and checks the slot, the events, the lock, and the end of the challenge window. */
export async function attestChecked(stage: JobStage, job: Job, options: AttestOptions = {}): Promise<AttestedJob> {
  const { terms, id } = job;
  const by = options.by ?? operatorAt(stage, terms.operator);
  const output = options.output ?? outputFor(stage, terms);
  const window = BigInt(options.window ?? terms.challengeWindow);
  const due = terms.callbackPhase === CallbackPhase.OnAttested;
  const failed = due && options.callback === 'failed';
  const recordAt = (at: bigint): AttestationRecord => ({
    outputRoot: output.root,
    outputContent: output.content,
    operator: by.address,
    challengeEnd: at + window,
  });
  const send = await attestation(stage, job, by, output, options);
  if (options.at !== undefined) await nextAt(stage, options.at);
  const { at } = await checked(stage, [id], send, ({ at: now }) => {
    const record = recordAt(now);
    const attested: SeenEvent = ['JobAttested', id, by.address, output.root, output.content, record.challengeEnd];
    return {
      events: failed ? [attested, ['CallbackFailed', id]] : [attested],
      books: { stakes: { [by.address]: lockOf(terms) } },
      slots: new Map([[id, attestedSlot(record, due && !failed)]]),
    };
  });
  return { ...job, output, record: recordAt(at) };
}

/** What attesting does to the operator's stake: the offer's penalty comes free, the stake at risk is locked. */
function lockOf({ stakeAtRisk, offerPenalty }: Terms): { readonly free: bigint; readonly locked: bigint } {
  return { free: offerPenalty - stakeAtRisk, locked: stakeAtRisk - offerPenalty };
}

async function attestation(
  stage: JobStage,
  { id, terms }: Job,
  by: StagedOperator,
  output: Output,
  { relayedBy, evidence = '0x', gasLimit }: AttestOptions,
): Promise<() => Promise<TransactionResponse>> {
  const overrides = gasLimit === undefined ? {} : { gasLimit };
  const chainTerms = termsToChain(terms);
  if (relayedBy === undefined) {
    return () => stage.jobs.connect(by.key).attest(chainTerms, output, evidence, overrides);
  }
  const signature = await signOutput(stage, by.key, id, by.address, output);
  const { jobs } = stage;
  return () =>
    jobs.connect(relayedBy).attestWithSignature(chainTerms, by.address, output, evidence, signature, overrides);
}
