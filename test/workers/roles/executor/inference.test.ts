import { describe, expect, it } from 'vitest';
import type { JobWork, WorkResult } from '../../../../workers/inference/job-work.ts';
import type { ServedModel } from '../../../../workers/inference/model-shelf.ts';
import { contentIdOf, sha256Of } from '../../../../workers/protocol/content-id.ts';
import { type Hex32, type JobId, ZERO_ADDRESS, ZERO_HEX32 } from '../../../../workers/protocol/ids.ts';
import { Delivery, JobStatus, type Terms } from '../../../../workers/protocol/job.ts';
import { modelIdOf } from '../../../../workers/protocol/model.ts';
import { encodeFloats } from '../../../../workers/protocol/vector.ts';
import { vectorRoot } from '../../../../workers/protocol/vector-root.ts';
import type { MessageInput } from '../../../../workers/queue/catalog.ts';
import type { Later } from '../../../../workers/queue/consumer.ts';
import { createInferenceHandler, type InferenceOptions } from '../../../../workers/roles/executor/inference.ts';
import type { ExecutorPorts, KeptAnswer } from '../../../../workers/roles/executor/ports.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import {
  contextOf,
  DEADLINE,
  failure,
  hexOf,
  inferenceOf,
  type LogLine,
  OPERATOR,
  recordingLogger,
  REGISTRY,
  REQUESTED_AT,
  specOf,
} from '../../../support/role-jobs.ts';

const spec = specOf(2, 1);
const vector = encodeFloats([1, 2]);
const output = encodeFloats([0.5]);
const outputRoot = vectorRoot(output);
const digest = sha256Of(output);
const jobId = inferenceOf({ spec, vector }).jobId;

interface World {
  readonly terms?: Partial<Terms>;
  readonly options?: Partial<InferenceOptions>;
  readonly ports?: Partial<ExecutorPorts>;
  readonly status?: JobStatus;
  /** Seconds after the request. */
  readonly chainAge?: number;
  readonly ladder?: { readonly stake: bigint; readonly totalStake: bigint } | 'not seeded';
  readonly kept?: KeptAnswer;
  readonly stored?: Uint8Array;
  readonly output?: Uint8Array;
  readonly work?: JobWork['run'];
  readonly localAgeMs?: number;
}

function world(given: World = {}) {
  /** Everything with an effect, in order. */
  const did: string[] = [];
  const sent: MessageInput<'attestation'>[] = [];
  const lines: LogLine[] = [];
  const ended: string[] = [];
  const keptNow = new Map<JobId, KeptAnswer>(given.kept ? [[jobId, given.kept]] : []);
  const blobs = new Map<string, Uint8Array>(given.stored ? [[sha256Of(given.stored), given.stored]] : []);
  const ladder = given.ladder ?? { stake: 1n, totalStake: 1n };
  const clock = new ManualClock({ startMs: REQUESTED_AT * 1_000 + (given.localAgeMs ?? 1_000) });
  const produced = given.output ?? output;
  const ports: ExecutorPorts = {
    chain: {
      standingOf: () =>
        Promise.resolve({ status: given.status ?? JobStatus.Requested, requestBlock: 5, requestedAt: REQUESTED_AT }),
      head: () => Promise.resolve({ number: 7, timestamp: REQUESTED_AT + (given.chainAge ?? 1) }),
      ladderOf: ({ operator }) =>
        Promise.resolve(
          ladder === 'not seeded'
            ? undefined
            : {
                place: { seed: `0x${'1'.repeat(64)}` as Hex32, operator, width: 1n, ...ladder },
                time: { requestedAt: REQUESTED_AT, step: 30 },
              },
        ),
    },
    models: { specOf: () => Promise.resolve(spec) },
    work: {
      run:
        given.work ??
        (() => {
          did.push('run');
          return Promise.resolve(resultOf(produced));
        }),
    },
    store: {
      put: (bytes) => {
        did.push('put');
        const name = sha256Of(bytes);
        blobs.set(name, bytes);
        return Promise.resolve({ digest: name });
      },
      has: (name) => Promise.resolve(blobs.has(name)),
      get: (name) => Promise.resolve(blobs.get(name) ?? new Uint8Array()),
    },
    answers: {
      find: (id) => keptNow.get(id),
      keep: (id, answer) => {
        did.push('keep');
        keptNow.set(id, answer);
        return Promise.resolve();
      },
    },
    outputs: {
      keep: () => Promise.resolve(),
    },
    attestations: {
      enqueueAgain: (_queue, message) => {
        did.push('enqueue');
        sent.push(message);
        return Promise.resolve();
      },
    },
    metrics: {
      answered: () => ended.push('answered'),
      ended: (outcome, reason) => ended.push(`${outcome} ${reason}`),
    },
    clock,
    ...given.ports,
  };
  const options: InferenceOptions = { operator: OPERATOR, models: 'any', triableOnly: false, ...given.options };
  const handler = createInferenceHandler(options, ports);
  const message = inferenceOf({ spec, vector, ...(given.terms && { terms: given.terms }) });
  const logger = recordingLogger(lines);
  return { did, sent, lines, ended, keptNow, handle: () => handler(message, contextOf(logger)) };
}

function resultOf(bytes: Uint8Array): WorkResult {
  const timings = { modelMs: 1, inputMs: 1, queuedMs: 0, runMs: 3, hashMs: 1, workMs: 6 };
  const model = { modelId: modelIdOf(spec), spec, triable: false } as ServedModel;
  return { model, output: bytes, outputRoot: vectorRoot(bytes), timings };
}

const waiting = (later: Later | undefined): number => later?.retryAfterMs ?? Number.NaN;

describe('a job for this operator', () => {
  it('is answered: the attestation goes out first, then the answer is kept', async () => {
    const { handle, did, sent, keptNow, ended, lines } = world();
    expect(await handle()).toBeUndefined();
    expect(did).toEqual(['run', 'enqueue', 'put', 'keep']);
    expect(sent[0]).toMatchObject({ jobId, outputRoot, outputContent: ZERO_HEX32, output: hexOf(output) });
    expect(sent[0]?.timings).toMatchObject({
      requestedAtMs: REQUESTED_AT * 1_000,
      seenAtMs: REQUESTED_AT * 1_000,
      waitedMs: 1_000,
      modelMs: 1,
      runMs: 3,
      hashMs: 1,
    });
    expect(keptNow.get(jobId)).toEqual({ outputRoot, digest });
    expect(ended).toEqual(['answered']);
    expect(lines.at(-1)).toMatchObject({ message: 'job answered', fields: { jobId, triable: false, recalled: false } });
  });

  it('publishes a blob output before anybody is told of it', async () => {
    const { handle, did, sent } = world({ terms: { delivery: Delivery.Blob } });
    await handle();
    expect(did).toEqual(['run', 'put', 'enqueue', 'keep']);
    expect(sent[0]).toMatchObject({ outputContent: digest, output: '0x' });
    expect(contentIdOf(digest)).toMatch(/^bafkrei/);
  });

  it('stores an output above 4 KiB first, whatever its delivery, and sends no vector when none is wanted', async () => {
    const large = encodeFloats(Array.from({ length: 1_025 }, (_, i) => i));
    const { handle, did, sent } = world({ terms: { delivery: Delivery.None }, output: large });
    await handle();
    expect(did).toEqual(['run', 'put', 'enqueue', 'keep']);
    expect(sent[0]).toMatchObject({ outputContent: ZERO_HEX32, output: '0x', outputRoot: vectorRoot(large) });
  });

  it('goes out even when the disk is full, with a warning', async () => {
    const { handle, sent, lines } = world({
      ports: {
        store: {
          put: () => Promise.reject(failure('STORE_FULL', true)),
          has: () => Promise.resolve(false),
          get: () => Promise.reject(failure('BLOB_UNAVAILABLE', true)),
        },
      },
    });
    expect(await handle()).toBeUndefined();
    expect(sent).toHaveLength(1);
    expect(lines.at(-1)).toMatchObject({ level: 'warn', message: 'answer not kept', fields: { code: 'STORE_FULL' } });
  });
});

describe('a job that comes again', () => {
  const kept = { outputRoot, digest };

  it('gets the first answer without another run', async () => {
    const { handle, did, sent, lines } = world({ kept, stored: output });
    await handle();
    expect(did).toEqual(['enqueue']);
    expect(sent[0]).toMatchObject({ outputRoot, output: hexOf(output) });
    expect(lines.at(-1)).toMatchObject({ message: 'job answered', fields: { triable: false, recalled: true } });
  });

  it('needs no bytes when only the root is wanted', async () => {
    const { handle, did } = world({ kept, terms: { delivery: Delivery.None } });
    await handle();
    expect(did).toEqual(['enqueue']);
  });

  it('is run again when the store has lost the bytes, and the same answer goes out', async () => {
    const { handle, did } = world({ kept });
    await handle();
    expect(did).toEqual(['run', 'enqueue', 'put', 'keep']);
  });

  it('is refused when a second run gives another answer', async () => {
    const { handle, sent, lines } = world({ kept, output: encodeFloats([0.25]) });
    expect(await handle()).toBeUndefined();
    expect(sent).toEqual([]);
    expect(lines.at(-1)).toMatchObject({ message: 'job refused', fields: { code: 'ANSWER_CHANGED' } });
  });
});

describe('a job that is none of our business', () => {
  const cases: [string, World, string][] = [
    ['is named to another operator', { terms: { operator: REGISTRY } }, 'not-ours'],
    ['is attested already', { status: JobStatus.Attested }, 'not-requested'],
    ['is settled', { status: JobStatus.Settled }, 'not-requested'],
    ['has passed its deadline', { chainAge: 601 }, 'too-late'],
    ['is of a model that is not on the list', { options: { models: [ZERO_HEX32] } }, 'model-not-served'],
    ['is not triable where only triable ones are served', { options: { triableOnly: true } }, 'model-not-triable'],
    [
      'is open and this operator had no stake',
      { terms: { operator: ZERO_ADDRESS }, ladder: { stake: 0n, totalStake: 9n } },
      'never-eligible',
    ],
  ];
  it.each(cases)('%s', async (_title, given, reason) => {
    const { handle, did, ended, lines } = world(given);
    expect(await handle()).toBeUndefined();
    expect(did).toEqual([]);
    expect(ended).toEqual([`skipped ${reason}`]);
    expect(lines).toMatchObject([{ level: 'info', message: 'job skipped', fields: { jobId, reason } }]);
  });

  it('is still answered in the last second of its deadline', async () => {
    const { handle, did } = world({ chainAge: DEADLINE - REQUESTED_AT });
    await handle();
    expect(did[0]).toBe('run');
  });
});

describe('a job that has to wait', () => {
  it('waits while the node does not know the request, longer with age', async () => {
    const young = world({ status: JobStatus.None });
    expect(waiting(await young.handle())).toBe(500);
    const old = world({ status: JobStatus.None, localAgeMs: 40_000 });
    expect(waiting(await old.handle())).toBe(10_000);
    expect(old.did).toEqual([]);
  });

  it('waits for the block that seeds the ladder', async () => {
    const { handle } = world({ terms: { operator: ZERO_ADDRESS }, ladder: 'not seeded' });
    expect(waiting(await handle())).toBe(250);
  });

  it('waits for its step of the ladder, then runs', async () => {
    // One part in 2^12: eligible only after about a dozen doublings of 30 s.
    const ladder = { stake: 1n, totalStake: 1n << 12n };
    const early = world({ terms: { operator: ZERO_ADDRESS }, ladder });
    const wait = waiting(await early.handle());
    expect(wait).toBeGreaterThanOrEqual(500);
    expect(early.did).toEqual([]);
    const late = world({ terms: { operator: ZERO_ADDRESS }, ladder, chainAge: 600 });
    await late.handle();
    expect(late.did[0]).toBe('run');
  });

  it.each(['BLOB_UNAVAILABLE', 'RPC_UNREACHABLE', 'STORE_FULL', 'MODEL_UNKNOWN'])(
    'waits for the end of an outage (%s) without using up attempts',
    async (code) => {
      const { handle, ended } = world({ work: () => Promise.reject(failure(code, true)) });
      expect(await handle()).toMatchObject({ retryAfterMs: 500, why: code });
      expect(ended).toEqual([]);
    },
  );
});

describe('a job that fails', () => {
  it.each([
    'INPUT_ROOT_MISMATCH',
    'INPUT_OUT_OF_DOMAIN',
    'INPUT_NOT_FINITE',
    'OUTPUT_NOT_FINITE',
    'MODEL_SPEC_MISMATCH',
    'MODEL_EXTERNAL_DATA',
    'BLOB_TOO_LARGE',
  ])('is refused once with code, cause and fix, and left to expire (%s)', async (code) => {
    const { handle, ended, lines, sent } = world({ work: () => Promise.reject(failure(code)) });
    expect(await handle()).toBeUndefined();
    expect(sent).toEqual([]);
    expect(ended).toEqual([`refused ${code}`]);
    expect(lines).toMatchObject([
      { level: 'warn', message: 'job refused', fields: { jobId, code, cause: `${code} happened`, fix: 'mend it' } },
    ]);
  });

  it('is not said again when the message comes again', async () => {
    const { handle, ended, lines } = world({ work: () => Promise.reject(failure('MODEL_SPEC_MISMATCH')) });
    await handle();
    await handle();
    expect(ended).toEqual(['refused MODEL_SPEC_MISMATCH']);
    expect(lines).toHaveLength(1);
  });

  it('is tried again by the queue when the child died', async () => {
    const { handle, ended } = world({ work: () => Promise.reject(failure('MODEL_CRASHED', true)) });
    await expect(handle()).rejects.toMatchObject({ code: 'MODEL_CRASHED' });
    expect(ended).toEqual([]);
  });
});
