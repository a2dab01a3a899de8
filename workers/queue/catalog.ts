import * as z from 'zod';
import {
  type AttestationRecord,
  type AttestationRecordJson,
  parseRecord,
  recordHash,
} from '../protocol/attestation-record.ts';
import { subjectOfSchedule } from '../protocol/schedule.ts';
import { address, coordinates, count, feedId, hex, hex32, jobId, requestId, uint } from './message-fields.ts';
import { dataTermsSchema, scheduleTermsSchema, termsSchema } from './terms-schema.ts';

/** Everything that is fixed about a queue. Producers and consumers read it; nothing about a queue is said elsewhere. */
export interface QueueDefinition<S extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly schema: S;
  /** What the message is about, 32 bytes as hex, where that is not the job in its field `jobId`. */
  readonly subject?: (message: z.output<S>) => string;
  /** The last part of the message's id: which step of the job's life this is. */
  readonly phase: (message: z.output<S>) => string;
  /** Runs in all before the message is kept as failed. A run that asks to be called later does not count. */
  readonly attempts: number;
  /** Wait between runs: doubles from base to max, in milliseconds, half of it random. */
  readonly backoff: { readonly baseMs: number; readonly maxMs: number };
  /** Largest message as JSON, in bytes. */
  readonly maxBytes: number;
  /** How many finished messages stay. A kept id is not accepted again, so completed ones outlive any reorg. */
  readonly keep: { readonly completed: number; readonly failed: number; readonly seconds: number };
}

/** A dead consumer's message runs elsewhere after at most lock + 2 × stalled check = 9 s. */
export const LOCK_MS = 5_000;
export const STALLED_CHECK_MS = 2_000;
/**
 * A message that is with a consumer when it dies runs again this often: three starts in all. Then it is taken for the cause
 * and quarantined. A run that ends, however, starts the count anew.
 */
export const MAX_STALLS = 2;

const KEEP = { completed: 20_000, failed: 20_000, seconds: 86_400 };
const KIB = 1_024;

const onChain = { chainId: count.positive(), registry: address };
const ofJob = { ...onChain, jobId, terms: termsSchema };
const record = z.strictObject({ outputRoot: hex32, outputContent: hex32, operator: address, challengeEnd: uint });
const attested = z.strictObject({
  ...ofJob,
  input: hex,
  record,
  output: hex,
  request: coordinates,
  attest: coordinates,
});

function define<S extends z.ZodType>(definition: QueueDefinition<S>): QueueDefinition<S> {
  return definition;
}

export const catalog = {
  /** Listener → executor: run this job. `input` holds the vector itself (inline or from a feed), or the sha2-256 of the blob that does, or nothing. */
  inference: define({
    name: 'inference',
    schema: z.strictObject({ ...ofJob, input: hex, request: coordinates }),
    phase: () => 'infer',
    attempts: 10,
    backoff: { baseMs: 500, maxMs: 60_000 },
    maxBytes: 16 * KIB,
    keep: KEEP,
  }),
  /** Executor → submitter: sign and send this result. `timings` are milliseconds by stage. */
  attestation: define({
    name: 'attestation',
    schema: z.strictObject({
      ...ofJob,
      outputRoot: hex32,
      outputContent: hex32,
      output: hex,
      timings: z.record(z.string(), z.number()),
    }),
    phase: () => 'attest',
    attempts: 20,
    backoff: { baseMs: 250, maxMs: 30_000 },
    maxBytes: 16 * KIB,
    keep: KEEP,
  }),
  /** Listener → submitter: the window or the deadline of a job or question passes at a known time; the message is delayed until then. */
  settlement: define({
    name: 'settlement',
    schema: z.discriminatedUnion('action', [
      z.strictObject({ ...ofJob, action: z.literal('settle'), record, output: hex }),
      z.strictObject({ ...ofJob, action: z.literal('expire') }),
      z.strictObject({ ...onChain, action: z.literal('expire-question'), requestId, terms: dataTermsSchema }),
    ]),
    subject: (message) => (message.action === 'expire-question' ? message.requestId : message.jobId),
    phase: (message) => (message.action === 'settle' ? phaseOf('settle', message.record) : message.action),
    attempts: 20,
    backoff: { baseMs: 1_000, maxMs: 300_000 },
    maxBytes: 16 * KIB,
    keep: KEEP,
  }),
  /** Listener → watchtower: re-run this job and compare. Holds input and output, each up to 4 KiB, as hex. */
  verification: define({
    name: 'verification',
    schema: attested,
    phase: ({ record }) => phaseOf('verify', record),
    attempts: 10,
    backoff: { baseMs: 500, maxMs: 60_000 },
    maxBytes: 24 * KIB,
    keep: KEEP,
  }),
  /**
   * Watchtower and listener → trial: see to the trial of this job until it is over, and open it if its answer is wrong. Each
   * run is one look at the chain.
   */
  trial: define({
    name: 'trial',
    schema: attested,
    phase: ({ record }) => phaseOf('trial', record),
    attempts: 1_000,
    backoff: { baseMs: 500, maxMs: 15_000 },
    maxBytes: 24 * KIB,
    keep: KEEP,
  }),
  /**
   * Data: see to the rounds of a feed (one message for as long as this node has a seat in its committee), or to the answer of one
   * question (listener → oracle). Each run is one look at the chain.
   */
  data: define({
    name: 'data',
    schema: z.discriminatedUnion('kind', [
      z.strictObject({ ...onChain, kind: z.literal('feed'), feedId }),
      z.strictObject({ ...onChain, kind: z.literal('request'), requestId, terms: dataTermsSchema, spec: hex }),
    ]),
    subject: (message) => (message.kind === 'feed' ? message.feedId : message.requestId),
    phase: (message) => message.kind,
    attempts: 1_000,
    backoff: { baseMs: 250, maxMs: 5_000 },
    maxBytes: 16 * KIB,
    keep: KEEP,
  }),
  /** Listener → scheduler: trigger this schedule whenever it is due, until it is cancelled. Each run is one look at the chain. */
  schedule: define({
    name: 'schedule',
    schema: z.strictObject({ ...onChain, schedule: address, terms: scheduleTermsSchema, input: hex }),
    subject: (message) => subjectOfSchedule(message.schedule),
    phase: () => 'schedule',
    attempts: 1_000,
    backoff: { baseMs: 500, maxMs: 15_000 },
    maxBytes: 16 * KIB,
    keep: KEEP,
  }),
  /**
   * Trial, oracle and scheduler → submitter: send this call, once for ever under its step. What came of it is learnt from the chain; a message that
   * ended without its effect may be made again.
   */
  transaction: define({
    name: 'transaction',
    schema: z.strictObject({
      ...onChain,
      /** What it is about: a job, a feed, a data request or a schedule. */
      jobId,
      /** Names the effect among all of this subject. The same step is the same call. */
      step: z.string().regex(/^[a-z0-9-]{1,80}$/),
      to: address,
      data: hex,
      /** Wei. */
      value: uint,
      /** Last second of chain time in which it is of use. */
      deadline: count.optional(),
      /** Second of chain time from which on it may pay up to the higher fee cap. */
      urgentFrom: count.optional(),
    }),
    phase: (message) => `tx-${message.step}`,
    attempts: 50,
    backoff: { baseMs: 250, maxMs: 15_000 },
    // Nodes take transactions up to 128 KiB.
    maxBytes: 300 * KIB,
    keep: { completed: 2_000, failed: 2_000, seconds: 86_400 },
  }),
};

export type Catalog = typeof catalog;
export type QueueName = keyof Catalog;
export const QUEUE_NAMES = Object.keys(catalog) as readonly QueueName[];
/** What a consumer's handler is given. */
export type MessageOf<N extends QueueName> = z.output<Catalog[N]['schema']>;
/** What a producer gives: plain texts and numbers. */
export type MessageInput<N extends QueueName> = z.input<Catalog[N]['schema']>;

/** What names a chain job everywhere; or a feed, a data request or a schedule, by 32 bytes in the place of the job's id. */
export interface JobKey {
  readonly chainId: number;
  readonly registry: string;
  readonly jobId: string;
}

/**
 * The deterministic id of a message: `<chainId>-<first 8 hex of the registry>-<jobId hex>-<phase>`. The same step of the
 * same job always has the same id, whoever enqueues it, so a second enqueue changes nothing.
 */
export function messageId({ chainId, registry, jobId }: JobKey, phase: string): string {
  return [chainId, registry.slice(2, 10), jobId.slice(2), phase].join('-').toLowerCase();
}

/**
 * The phase of a message that is about one attestation of a job. After a reorg the same job may be attested otherwise, or
 * at another time: that is something else to settle, to verify and to try, whatever the queues still hold of the former.
 */
export function phaseOf(
  phase: 'settle' | 'verify' | 'trial',
  record: AttestationRecord | AttestationRecordJson,
): string {
  return `${phase}-${recordHash(parseRecord(record)).slice(2, 10)}`;
}

/** The key of what a message is about. @param message as its schema gives it */
export function keyOf(definition: QueueDefinition, message: unknown): JobKey {
  const fields = message as JobKey;
  return { ...fields, jobId: definition.subject?.(message) ?? fields.jobId };
}
