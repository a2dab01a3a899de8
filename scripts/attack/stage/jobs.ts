import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { attestationTypedData } from '../../../workers/protocol/attestation.ts';
import type { AttestationRecord } from '../../../workers/protocol/attestation-record.ts';
import {
  type Address,
  type Hex,
  type Hex32,
  type JobId,
  ZERO_ADDRESS,
  ZERO_HEX32,
} from '../../../workers/protocol/ids.ts';
import {
  Availability,
  CallbackPhase,
  Delivery,
  jobIdOf,
  JobStatus,
  nameOf,
  type Terms,
  termsToChain,
} from '../../../workers/protocol/job.ts';
import type { SigningDomain } from '../../../workers/protocol/typed-data.ts';
import { encodeFloats } from '../../../workers/protocol/vector.ts';
import { vectorRoot } from '../../../workers/protocol/vector-root.ts';
import type { Account } from '../../stack/accounts.ts';
import { type Call, callOf } from './contract-handle.ts';
import { TOKEN } from './open-stage.ts';
import type { Stage } from './scene.ts';

export const FEE = TOKEN;
export const STAKE_AT_RISK = 100n * TOKEN;
/** Seconds, as every time here. */
export const ATTEST_TIME = 120;
export const CHALLENGE_WINDOW = 30;

export interface Job {
  readonly id: JobId;
  readonly terms: Terms;
}

/** An output as the registry takes it. */
export interface Output {
  readonly root: Hex32;
  readonly content: Hex32;
  readonly vector: Hex;
}

export interface AnsweredJob extends Job {
  readonly output: Output;
  readonly record: AttestationRecord;
}

const hexOf = (bytes: Uint8Array): Hex => `0x${Buffer.from(bytes).toString('hex')}`;

/** The first made-up applicant of the shipped model: the input of every job here. */
export const INPUT: Uint8Array = encodeFloats(firstCase());

function firstCase(): readonly number[] {
  const file = join(resolve(import.meta.dirname, '../../..'), 'models/credit-score/input.json');
  const cases = JSON.parse(readFileSync(file, 'utf8')) as readonly { readonly values: readonly number[] }[];
  return cases[0]?.values ?? [];
}

let salt = 0n;

/** Complete terms, as the registry will have them, of a job for the operator: everything in calldata, no callback. */
export async function termsFor(stage: Stage, overrides: Partial<Terms> = {}): Promise<Terms> {
  const { cast, model, contracts } = stage;
  return {
    requester: cast.requester.address,
    modelId: model.id,
    inputRoot: vectorRoot(INPUT),
    availability: Availability.Inline,
    delivery: Delivery.Inline,
    callbackPhase: CallbackPhase.None,
    callbackGas: 0,
    callbackTarget: ZERO_ADDRESS,
    fee: FEE,
    stakeAtRisk: STAKE_AT_RISK,
    operator: cast.operator.owner.address,
    offerPenalty: 0n,
    attestDeadline: BigInt((await stage.now()) + ATTEST_TIME),
    challengeWindow: CHALLENGE_WINDOW,
    policy: ZERO_ADDRESS,
    parametersVersion: Number(await contracts.JobRegistry.currentVersion()),
    salt: ++salt,
    ...overrides,
  };
}

export function jobOf({ domain }: Pick<Stage, 'domain'>, terms: Terms): Job {
  return { id: jobIdOf(terms, { chainId: domain.chainId, registry: domain.verifyingContract }), terms };
}

export function requestCall({ handles }: Stage, terms: Terms, from: Account, input: Hex = hexOf(INPUT)): Call {
  return callOf(from, handles.JobRegistry, 'request', [termsToChain(terms), input]);
}

/** A job that the requester has paid for. */
export async function requested(stage: Stage, overrides: Partial<Terms> = {}, from?: Account): Promise<Job> {
  const by = from ?? stage.cast.requester;
  const terms = await termsFor(stage, { requester: by.address, ...overrides });
  await stage.step('pays for an answer', requestCall(stage, terms, by));
  return jobOf(stage, terms);
}

/** The right answer, or the right one moved by `error`. */
export function outputOf({ model }: Pick<Stage, 'model'>, error = 0): Output {
  const bytes = model.answer(model.trace(INPUT));
  const vector =
    error === 0 ? bytes : encodeFloats([new DataView(bytes.buffer, bytes.byteOffset).getFloat32(0) + error]);
  return { root: vectorRoot(vector), content: ZERO_HEX32, vector: hexOf(vector) };
}

export function attestCall({ handles }: Stage, { terms }: Job, output: Output, key: Account): Call {
  return callOf(key, handles.JobRegistry, 'attest', [termsToChain(terms), output, '0x']);
}

export function recordOf(stage: Stage, job: Job, output: Output, operator: Address, at: number): AnsweredJob {
  const challengeEnd = BigInt(at + job.terms.challengeWindow);
  return { ...job, output, record: { outputRoot: output.root, outputContent: output.content, operator, challengeEnd } };
}

/** The operator answers a job; `error` moves its answer away from the right one. */
export async function answered(stage: Stage, job: Job, error = 0, by = stage.cast.operator): Promise<AnsweredJob> {
  const output = outputOf(stage, error);
  const text = error === 0 ? 'answers, rightly' : 'answers, wrongly';
  const { at } = await stage.step(text, attestCall(stage, job, output, by.attester));
  return recordOf(stage, job, output, by.owner.address, at);
}

export function settleCall({ handles }: Stage, { terms, record, output }: AnsweredJob, from: Account): Call {
  const shown = terms.callbackPhase === CallbackPhase.OnFinal ? output.vector : '0x';
  return callOf(from, handles.JobRegistry, 'settle', [termsToChain(terms), record, shown]);
}

/** An attester's signature over an output of a job. */
export function signOutput(
  { domain }: { readonly domain: SigningDomain },
  key: Account,
  { id }: Job,
  operator: Address,
  { root, content }: Pick<Output, 'root' | 'content'>,
): Promise<string> {
  const attestation = { jobId: id, outputRoot: root, outputContent: content, operator };
  const { domain: by, types, value } = attestationTypedData(attestation, domain);
  return key.signer.signTypedData(by, types, value);
}

/** The name of the job's status. */
export async function statusOf({ contracts }: Pick<Stage, 'contracts'>, { id }: Pick<Job, 'id'>): Promise<string> {
  return nameOf(JobStatus, Number((await contracts.JobRegistry.stateOf(id)).status));
}
