import { codeOf } from '../runtime/errors.ts';
import type { Later } from './consumer.ts';

/** Failures of what the work depends on, not of the work: they end by themselves, however long that takes. */
const OUTAGES: ReadonlySet<string> = new Set([
  'BLOB_HASH_MISMATCH',
  'BLOB_UNAVAILABLE',
  'DISK_NEARLY_FULL',
  'FEE_ABOVE_CAP',
  'JOURNAL_UNWRITABLE',
  'MODEL_DIGEST_MISMATCH',
  'MODEL_FILE_MISSING',
  'MODEL_UNKNOWN',
  'REDIS_FULL',
  'REDIS_READ_ONLY',
  'REDIS_UNREACHABLE',
  'RPC_INCONSISTENT',
  'RPC_UNREACHABLE',
  'RUNNER_CLOSED',
  'SIGNER_NO_GAS',
  'SIGNER_UNAVAILABLE',
  'STORE_FULL',
  'TX_NOT_STARTED',
  'TX_QUEUE_FULL',
  'TX_TIMEOUT',
]);

const SHORTEST_MS = 500;
const LONGEST_MS = 30_000;

/**
 * How to wait for the end of an outage: without using up attempts, because the job's own deadline ends the waiting, and
 * the more patiently the longer the job has been waiting already. Undefined for every other error.
 *
 * @param ageMs how long the message has existed
 */
export function laterOnOutage(error: unknown, ageMs: number): Later | undefined {
  const code = codeOf(error);
  return OUTAGES.has(code) ? { retryAfterMs: patience(ageMs), why: code } : undefined;
}

/** A quarter of the age, from half a second to half a minute: a backoff that needs no memory. */
export function patience(ageMs: number): number {
  return Math.min(Math.max(ageMs / 4, SHORTEST_MS), LONGEST_MS);
}
