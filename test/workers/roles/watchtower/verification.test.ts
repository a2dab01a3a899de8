import { describe, expect, it } from 'vitest';
import type { JobWork, WorkResult } from '../../../../workers/inference/job-work.ts';
import type { ServedModel } from '../../../../workers/inference/model-shelf.ts';
import { sha256Of } from '../../../../workers/protocol/content-id.ts';
import type { Hex } from '../../../../workers/protocol/ids.ts';
import { Delivery, JobStatus } from '../../../../workers/protocol/job.ts';
import { modelIdOf } from '../../../../workers/protocol/model.ts';
import { encodeFloats } from '../../../../workers/protocol/vector.ts';
import { vectorRoot } from '../../../../workers/protocol/vector-root.ts';
import type { VerdictRecord, WatchtowerPorts } from '../../../../workers/roles/watchtower/ports.ts';
import {
  createVerificationHandler,
  type VerificationOptions,
} from '../../../../workers/roles/watchtower/verification.ts';
import { hash } from '../../../support/sample-job.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import {
  type AttestedParts,
  contextOf,
  failure,
  hexOf,
  type LogLine,
  OPERATOR,
  recordingLogger,
  REQUESTED_AT,
  specOf,
  verificationOf,
} from '../../../support/role-jobs.ts';

// absTol 1e-3, and half of it is accepted.
const spec = specOf(2, 2);
const vector = encodeFloats([1, 2]);
const own = encodeFloats([0.5, 0.25]);
const lie = encodeFloats([0.5, 0.75]);
const near = encodeFloats([0.5004, 0.25]);

interface World {
  readonly parts?: Partial<AttestedParts>;
  readonly claimed?: Uint8Array;
  readonly delivery?: Delivery;
  readonly options?: Partial<VerificationOptions>;
  readonly status?: JobStatus;
  /** Seconds after the request; the window ends at 100. */
  readonly chainAge?: number;
  readonly published?: Uint8Array;
  readonly blobFailure?: Error;
  readonly calldata?: Hex;
  readonly work?: JobWork['run'];
  readonly triable?: boolean;
}

function world(given: World = {}) {
  const lines: LogLine[] = [];
  const kept: VerdictRecord[] = [];
  const counted: string[] = [];
  const tried: string[] = [];
  const claimed = given.claimed ?? own;
  const ports: WatchtowerPorts = {
    chain: {
      standingOf: () => Promise.resolve({ status: given.status ?? JobStatus.Attested }),
      head: () => Promise.resolve({ timestamp: REQUESTED_AT + (given.chainAge ?? 10) }),
      vectorIn: () => Promise.resolve(given.calldata),
    },
    models: { specOf: () => Promise.resolve(given.triable === true ? { ...spec, planRoot: hash(1) } : spec) },
    work: { run: given.work ?? (() => Promise.resolve(resultOf(own))) },
    blobs: {
      get: () =>
        given.published ? Promise.resolve(given.published) : Promise.reject(given.blobFailure ?? failure('UNEXPECTED')),
    },
    verdicts: { keep: (record) => kept.push(record) },
    trials: {
      enqueueAgain: async (queue, { jobId }) => {
        tried.push(`${queue} ${jobId}`);
      },
    },
    metrics: { found: (verdict) => counted.push(verdict), skipped: (reason) => counted.push(`skipped ${reason}`) },
    clock: new ManualClock({ startMs: (REQUESTED_AT + 1) * 1_000 }),
  };
  const delivery = given.delivery ?? Delivery.Inline;
  const message = verificationOf({
    spec,
    vector,
    terms: { delivery },
    outputRoot: vectorRoot(claimed),
    ...(delivery === Delivery.Blob && { outputContent: sha256Of(claimed) }),
    ...given.parts,
  });
  const handler = createVerificationHandler({ sampleRatio: 1, sampleSalt: '', ...given.options }, ports);
  return { lines, kept, counted, tried, handle: () => handler(message, contextOf(recordingLogger(lines))) };
}

function resultOf(output: Uint8Array): WorkResult {
  const timings = { modelMs: 1, inputMs: 1, queuedMs: 0, runMs: 3, hashMs: 1, workMs: 6 };
  const model = { modelId: modelIdOf(spec), spec, triable: false } as ServedModel;
  return { model, output, outputRoot: vectorRoot(output), timings };
}

describe('an honest attestation', () => {
  it('agrees by its root alone when every bit is equal, however it was delivered', async () => {
    const { handle, kept, counted, lines } = world({ delivery: Delivery.None });
    expect(await handle()).toBeUndefined();
    expect(counted).toEqual(['agrees']);
    expect(kept).toMatchObject([{ verdict: 'agrees', worstGapRatio: 0, operator: OPERATOR, triable: false }]);
    expect(lines).toMatchObject([
      { level: 'info', message: 'verdict', fields: { verdict: 'agrees', worstGapRatio: 0, triable: false } },
    ]);
  });

  it('agrees within half of the tolerance, and says how close it was', async () => {
    const { handle, kept } = world({ claimed: near, parts: { output: hexOf(near) } });
    await handle();
    expect(kept).toMatchObject([{ verdict: 'agrees' }]);
    expect(kept[0]?.worstGapRatio).toBeCloseTo(0.4, 2);
  });

  it('is read from the calldata of its transaction when the message does not bring it', async () => {
    const { handle, counted } = world({ claimed: near, calldata: hexOf(near) });
    await handle();
    expect(counted).toEqual(['agrees']);
  });

  it('is read from the calldata when the message brings something else', async () => {
    const { handle, counted } = world({ claimed: near, calldata: hexOf(near), parts: { output: hexOf(lie) } });
    await handle();
    expect(counted).toEqual(['agrees']);
  });

  it('is read from the store when it was published', async () => {
    const { handle, counted } = world({ claimed: near, delivery: Delivery.Blob, published: near });
    await handle();
    expect(counted).toEqual(['agrees']);
  });
});

describe('a wrong attestation', () => {
  it('disagrees, naming the first element, both numbers and what would have been allowed', async () => {
    const { handle, kept, lines, counted } = world({ claimed: lie, parts: { output: hexOf(lie) } });
    await handle();
    expect(counted).toEqual(['disagrees']);
    const first = { output: 0, index: 1, claimed: 0.75, canonical: 0.25 };
    expect(kept[0]?.detail).toMatchObject({ first, outside: 1 });
    expect(kept[0]?.worstGapRatio).toBeCloseTo(500, 1);
    expect(lines).toMatchObject([{ level: 'warn', message: 'verdict', fields: { verdict: 'disagrees', first } }]);
  });

  it('disagrees just beyond half of the tolerance and agrees just inside', async () => {
    for (const [offset, verdict] of [
      [0.00049, 'agrees'],
      [0.00051, 'disagrees'],
    ] as const) {
      const claimed = encodeFloats([0.5 + offset, 0.25]);
      const { handle, counted } = world({ claimed, parts: { output: hexOf(claimed) } });
      await handle();
      expect(counted).toEqual([verdict]);
    }
  });

  it('takes the accepted part of the tolerance as an option', async () => {
    const claimed = encodeFloats([0.5009, 0.25]);
    const { handle, counted } = world({ claimed, parts: { output: hexOf(claimed) }, options: { fraction: 1 } });
    await handle();
    expect(counted).toEqual(['agrees']);
  });

  it.each([
    ['NaN', encodeFloats([NaN, 0.25])],
    ['infinity', encodeFloats([Infinity, 0.25])],
  ])('disagrees when it holds %s, with no ratio', async (_name, claimed) => {
    const { handle, kept } = world({ claimed, parts: { output: hexOf(claimed) } });
    await handle();
    expect(kept).toMatchObject([{ verdict: 'disagrees', worstGapRatio: null }]);
  });

  it('disagrees when the published vector has another length', async () => {
    const claimed = encodeFloats([0.5]);
    const { handle, kept } = world({ claimed, delivery: Delivery.Blob, published: claimed });
    await handle();
    expect(kept).toMatchObject([{ verdict: 'disagrees' }]);
    expect(kept[0]?.detail['malformed']).toContain('1 elements, expected 2');
  });

  it('is a mismatch when what was published is not what was attested', async () => {
    const { handle, counted, lines, kept } = world({ claimed: lie, delivery: Delivery.Blob, published: near });
    await handle();
    expect(counted).toEqual(['mismatch']);
    expect(kept[0]?.detail).toMatchObject({ publishedRoot: vectorRoot(near) });
    expect(lines[0]?.level).toBe('warn');
  });
});

describe('a trial', () => {
  it('is asked for when a triable model is answered wrongly', async () => {
    const { handle, tried, kept } = world({ claimed: lie, parts: { output: hexOf(lie) }, triable: true });
    await handle();
    expect(tried).toEqual([`trial ${kept[0]?.jobId ?? ''}`]);
  });

  it('is not asked for when the answer agrees, or the chain could not judge it', async () => {
    const right = world({ claimed: near, parts: { output: hexOf(near) }, triable: true });
    await right.handle();
    const untriable = world({ claimed: lie, parts: { output: hexOf(lie) } });
    await untriable.handle();
    expect([...right.tried, ...untriable.tried]).toEqual([]);
  });

  it('is asked for over a withheld output while there is time left to open it', async () => {
    // The window of 60 s ends 100 s after the request; its last quarter begins at 85.
    const parts = { claimed: lie, delivery: Delivery.Blob, triable: true } as const;
    const blobFailure = failure('BLOB_UNAVAILABLE', true);
    const early = world({ ...parts, blobFailure, chainAge: 84 });
    expect(await early.handle()).toMatchObject({ why: 'BLOB_UNAVAILABLE' });
    const late = world({ ...parts, blobFailure, chainAge: 86 });
    expect(await late.handle()).toBeUndefined();
    expect([early.tried.length, late.tried.length]).toEqual([0, 1]);
  });
});

describe('an output that is out of reach', () => {
  const gone = failure('BLOB_UNAVAILABLE', true);

  it('is waited for while the window is open', async () => {
    const { handle, counted } = world({ claimed: lie, delivery: Delivery.Blob, blobFailure: gone });
    expect(await handle()).toMatchObject({ retryAfterMs: 500, why: 'BLOB_UNAVAILABLE' });
    expect(counted).toEqual([]);
  });

  it('counts as withheld once the window is over', async () => {
    const { handle, counted } = world({
      claimed: lie,
      delivery: Delivery.Blob,
      blobFailure: gone,
      chainAge: 101,
    });
    await handle();
    expect(counted).toEqual(['withheld']);
  });

  it('is inconclusive when it was never to be published and the roots differ', async () => {
    const { handle, counted } = world({ claimed: near, delivery: Delivery.None });
    await handle();
    expect(counted).toEqual(['inconclusive']);
  });

  it('is inconclusive when another contract made the call', async () => {
    const { handle, counted } = world({ claimed: near });
    await handle();
    expect(counted).toEqual(['inconclusive']);
  });
});

describe('a job that cannot be re-run', () => {
  it.each(['INPUT_ROOT_MISMATCH', 'INPUT_PRIVATE', 'MODEL_SPEC_MISMATCH'])(
    'is inconclusive for good (%s)',
    async (code) => {
      const { handle, kept } = world({ work: () => Promise.reject(failure(code)) });
      await handle();
      expect(kept).toMatchObject([{ verdict: 'inconclusive', worstGapRatio: null }]);
      expect(kept[0]?.detail['reason']).toContain(code);
    },
  );

  it('is inconclusive when its input stays away until the window is over', async () => {
    const { handle, counted } = world({
      work: () => Promise.reject(failure('BLOB_UNAVAILABLE', true)),
      chainAge: 101,
    });
    await handle();
    expect(counted).toEqual(['inconclusive']);
  });

  it('is tried again by the queue when the child died', async () => {
    const { handle } = world({ work: () => Promise.reject(failure('MODEL_MEMORY', true)) });
    await expect(handle()).rejects.toMatchObject({ code: 'MODEL_MEMORY' });
  });
});

describe('an attestation that is not checked', () => {
  it('waits while the chain does not have it, and is let go after the window', async () => {
    const early = world({ status: JobStatus.Requested });
    expect(await early.handle()).toMatchObject({ retryAfterMs: 500 });
    const late = world({ status: JobStatus.None, chainAge: 101 });
    expect(await late.handle()).toBeUndefined();
    expect(late.counted).toEqual(['skipped attestation-gone']);
  });

  it('is left out by the sample', async () => {
    const { handle, counted } = world({ options: { sampleRatio: 0 } });
    await handle();
    expect(counted).toEqual(['skipped not-sampled']);
  });

  it('is still checked when the job has settled meanwhile', async () => {
    const { handle, counted } = world({ status: JobStatus.Settled });
    await handle();
    expect(counted).toEqual(['agrees']);
  });
});
