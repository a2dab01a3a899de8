import { AbiCoder, keccak256 } from 'ethers';
import { type AttestationRecord, recordHash } from '../../workers/protocol/attestation-record.ts';
import type { JobId } from '../../workers/protocol/ids.ts';
import { type JobReason, JobStatus } from '../../workers/protocol/job.ts';
import type { JobStage } from './job-stage.ts';

/** Where `JobRegistry` keeps the mapping from job to slot. */
const SLOTS_AT = 8;

const STATUS_MASK = 0x7fn;
const DELIVERED = 0x80n;
const LOW_MASK = (1n << 24n) - 1n;

/** A job's one word of storage, put together the way the manual of `JobSlot` says. */
export type SlotWord = bigint;

export interface RequestedFields {
  readonly requestedAt: bigint;
  readonly requestBlock: bigint;
  readonly outputLength: number;
}

export const EMPTY_SLOT: SlotWord = 0n;

export function requestedSlot({ requestedAt, requestBlock, outputLength }: RequestedFields): SlotWord {
  return BigInt(JobStatus.Requested) | (requestedAt << 24n) | (requestBlock << 64n) | (BigInt(outputLength) << 128n);
}

export function attestedSlot(record: AttestationRecord, delivered: boolean): SlotWord {
  return (BigInt(recordHash(record)) & ~LOW_MASK) | BigInt(JobStatus.Attested) | (delivered ? DELIVERED : 0n);
}

/** The slot of a job that ended without an attestation. */
export function endedSlot(status: JobStatus, reason: JobReason): SlotWord {
  return BigInt(status) | (BigInt(reason) << 8n);
}

/** Another status and reason; commitment and delivery stay. */
export function movedSlot(slot: SlotWord, status: JobStatus, reason: JobReason): SlotWord {
  return (slot & ~LOW_MASK) | (slot & DELIVERED) | endedSlot(status, reason);
}

export function withDelivered(slot: SlotWord, delivered: boolean): SlotWord {
  return delivered ? slot | DELIVERED : slot & ~DELIVERED;
}

/** Storage position of a job's slot. */
export function positionOf(jobId: JobId): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(['bytes32', 'uint256'], [jobId, SLOTS_AT]));
}

/** The word as it lies in the registry's storage. */
export async function readSlot({ jobs, ethers }: JobStage, jobId: JobId): Promise<SlotWord> {
  return BigInt(await ethers.provider.getStorage(await jobs.getAddress(), positionOf(jobId)));
}

/** What `stateOf` must answer for a slot: status, reason, delivered, requestBlock, requestedAt, commitment. */
export function stateOfSlot(slot: SlotWord): readonly unknown[] {
  const status = slot & STATUS_MASK;
  const isRequested = status === BigInt(JobStatus.Requested);
  const bits = (from: bigint, width: bigint): bigint => (slot >> from) & ((1n << width) - 1n);
  return [
    status,
    bits(8n, 8n),
    (slot & DELIVERED) !== 0n,
    isRequested ? bits(64n, 64n) : 0n,
    isRequested ? bits(24n, 40n) : 0n,
    isRequested ? `0x${'0'.repeat(64)}` : `0x${(slot & ~LOW_MASK).toString(16).padStart(64, '0')}`,
  ];
}
