import type { HardhatEthersSigner } from '@nomicfoundation/hardhat-ethers/types';
import { type TransactionResponse, hexlify } from 'ethers';
import { attestationTypedData, offerTypedData } from '../../workers/protocol/attestation.ts';
import type { AttestationRecord } from '../../workers/protocol/attestation-record.ts';
import { sha256Of } from '../../workers/protocol/content-id.ts';
import {
  type Address,
  type Hex,
  type Hex32,
  type JobId,
  ZERO_ADDRESS,
  ZERO_HEX32,
} from '../../workers/protocol/ids.ts';
import {
  Availability,
  CallbackPhase,
  Delivery,
  type Terms,
  jobIdOf,
  termsToChain,
} from '../../workers/protocol/job.ts';
import { vectorRoot } from '../../workers/protocol/vector-root.ts';
import { encodeFloats } from '../../workers/protocol/vector.ts';
import type { JobStage, StagedModel, StagedOperator } from './job-stage.ts';

export const FEE = 10n ** 18n;
export const STAKE_AT_RISK = 20n * 10n ** 18n;
export const PENALTY = 5n * 10n ** 18n;
/** Seconds from the last block to the deadline of `termsFor`. */
export const ATTEST_TIME = 600n;
export const CHALLENGE_WINDOW = 3_600;
export const CALLBACK_GAS = 300_000;

export const NO_RECORD: AttestationRecord = {
  outputRoot: ZERO_HEX32,
  outputContent: ZERO_HEX32,
  operator: ZERO_ADDRESS,
  challengeEnd: 0n,
};

/** An output as contracts take it. */
export interface Output {
  readonly root: Hex32;
  readonly content: Hex32;
  readonly vector: Hex;
}

export interface Job {
  readonly id: JobId;
  readonly terms: Terms;
  readonly model: StagedModel;
  readonly requestedAt: bigint;
  readonly requestBlock: bigint;
}

export interface AttestedJob extends Job {
  readonly output: Output;
  readonly record: AttestationRecord;
}

let salt = 0n;

/** A vector of this many different floats. */
export function vectorOf(length: number, first = 1): Uint8Array {
  return encodeFloats(Array.from({ length }, (_, i) => first + i / 8));
}

/** What a requester sends along: the vector (inline), its digest (blob), or nothing. */
export function inputBytes({ availability }: Pick<Terms, 'availability'>, vector: Uint8Array): Hex {
  if (availability === Availability.None) return '0x';
  return hexlify(availability === Availability.Inline ? vector : sha256Of(vector)) as Hex;
}

/** The staged model that terms name. */
export function modelOf({ published }: JobStage, { modelId }: Pick<Terms, 'modelId'>): StagedModel {
  const found = published.find(({ id }) => id === modelId);
  if (found === undefined) throw new Error(`nobody published the model ${modelId}`);
  return found;
}

/**
 * Complete terms, as the registry will have them, of a job for the staged operator: inline input and output, no callback.
 * Each has a salt of its own.
 */
export async function termsFor(stage: JobStage, overrides: Partial<Terms> = {}): Promise<Terms> {
  const now = BigInt(await stage.networkHelpers.time.latest());
  const modelId = overrides.modelId ?? stage.model.id;
  return {
    requester: stage.requester.address as Address,
    modelId,
    inputRoot: vectorRoot(vectorOf(modelOf(stage, { modelId }).inputLength)),
    availability: Availability.Inline,
    delivery: Delivery.Inline,
    callbackPhase: CallbackPhase.None,
    callbackGas: 0,
    callbackTarget: ZERO_ADDRESS,
    fee: FEE,
    stakeAtRisk: STAKE_AT_RISK,
    operator: stage.operator.address,
    offerPenalty: 0n,
    attestDeadline: now + ATTEST_TIME,
    challengeWindow: CHALLENGE_WINDOW,
    policy: ZERO_ADDRESS,
    parametersVersion: Number(await stage.jobs.currentVersion()),
    salt: ++salt,
    ...overrides,
  };
}

/** Terms of a job that the probe requests and is called back for. */
export async function termsWithCallback(
  stage: JobStage,
  callbackPhase: CallbackPhase,
  overrides: Partial<Terms> = {},
): Promise<Terms> {
  const { probeAddress: requester } = stage;
  return termsFor(stage, { requester, callbackPhase, callbackGas: CALLBACK_GAS, ...overrides });
}

export function idOf({ domain }: JobStage, terms: Terms): JobId {
  return jobIdOf(terms, { chainId: domain.chainId, registry: domain.verifyingContract });
}

/** An output that suits the delivery of the terms; different `first` elements make different outputs. */
export function outputFor(stage: JobStage, terms: Pick<Terms, 'delivery' | 'modelId'>, first = 0.5): Output {
  const vector = vectorOf(modelOf(stage, terms).outputLength, first);
  return {
    root: vectorRoot(vector),
    content: terms.delivery === Delivery.Blob ? sha256Of(vector) : ZERO_HEX32,
    vector: terms.delivery === Delivery.Inline ? (hexlify(vector) as Hex) : '0x',
  };
}

/** Calls the registry as the account with this address: a staged account, or the probe. */
export async function asRequester(
  { jobs, probe, probeAddress, ethers }: JobStage,
  requester: string,
  method: 'request' | 'requestWithOffer',
  args: readonly unknown[],
): Promise<TransactionResponse> {
  const data = jobs.interface.encodeFunctionData(method as 'request', args as never);
  if (requester === probeAddress) return probe.forward(jobs, data);
  const signer = await ethers.getSigner(requester);
  return signer.sendTransaction({ to: jobs, data });
}

/** An attester's signature over an output of a job. */
export async function signOutput(
  { domain }: Pick<JobStage, 'domain'>,
  key: HardhatEthersSigner,
  jobId: JobId,
  operator: Address,
  { root, content }: Pick<Output, 'root' | 'content'>,
): Promise<Hex> {
  const attestation = { jobId, outputRoot: root, outputContent: content, operator };
  const { domain: by, types, value } = attestationTypedData(attestation, domain);
  return (await key.signTypedData(by, types, value)) as Hex;
}

/** An operator's signature that binds it to answer. */
export async function signOffer(stage: JobStage, key: HardhatEthersSigner, terms: Terms, expiry: bigint): Promise<Hex> {
  const offer = { jobId: idOf(stage, terms), penalty: terms.offerPenalty, expiry };
  const { domain: by, types, value } = offerTypedData(offer, stage.domain);
  return (await key.signTypedData(by, types, value)) as Hex;
}

/** Makes the next block's time `at`. */
export async function nextAt({ networkHelpers }: JobStage, at: bigint): Promise<void> {
  await networkHelpers.time.setNextBlockTimestamp(at);
}

/** The staged operator with this address. */
export function operatorAt({ operators }: JobStage, address: string): StagedOperator {
  const found = operators.find((one) => one.address === address);
  if (found === undefined) throw new Error(`no staged operator ${address}`);
  return found;
}

/** Terms as events show them. */
export function termsInEvent(terms: Terms): unknown[] {
  return Object.values(termsToChain(terms));
}

/** How a fee is shared by the rules of the manual: shares round down, the operator has the rest. */
export function sharesOf(fee: bigint, publisherFeeBps: bigint, protocolFeeBps: bigint) {
  const publisher = (fee * publisherFeeBps) / 10_000n;
  const treasury = (fee * protocolFeeBps) / 10_000n;
  return { operator: fee - publisher - treasury, publisher, treasury };
}
