import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createJobWork, type JobWork } from '../../../workers/inference/job-work.ts';
import { createOnnxRunner, type ModelRunner } from '../../../workers/inference/model-runner.ts';
import { createModelShelf, type ModelShelf } from '../../../workers/inference/model-shelf.ts';
import { sha256Of } from '../../../workers/protocol/content-id.ts';
import { type Hex, ZERO_HEX32 } from '../../../workers/protocol/ids.ts';
import { Availability, Delivery, JobStatus } from '../../../workers/protocol/job.ts';
import type { ModelSpec } from '../../../workers/protocol/model.ts';
import { bitsOfFloat, decodeFloats, encodeFloats } from '../../../workers/protocol/vector.ts';
import { vectorRoot } from '../../../workers/protocol/vector-root.ts';
import type { MessageInput } from '../../../workers/queue/catalog.ts';
import { createInferenceHandler } from '../../../workers/roles/executor/inference.ts';
import { createExecutorMetrics } from '../../../workers/roles/executor/metrics.ts';
import { createWatchtowerMetrics } from '../../../workers/roles/watchtower/metrics.ts';
import type { VerdictRecord } from '../../../workers/roles/watchtower/ports.ts';
import { createVerificationHandler } from '../../../workers/roles/watchtower/verification.ts';
import { systemClock } from '../../../workers/runtime/clock.ts';
import { silentLogger } from '../../../workers/runtime/logger.ts';
import { noMetrics } from '../../../workers/runtime/metrics.ts';
import { openAnswers } from '../../../workers/store/answers.ts';
import { createArtifactServer } from '../../../workers/store/artifact-server.ts';
import { type ArtifactStore, createArtifactStore } from '../../../workers/store/artifact-store.ts';
import {
  contextOf,
  hexOf,
  inferenceOf,
  type JobParts,
  OPERATOR,
  recordingLogger,
  REQUESTED_AT,
  specOf,
  verificationOf,
} from '../../support/role-jobs.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const deps = { clock: systemClock, logger: silentLogger };
const folder = join(import.meta.dirname, '../../../models/credit-score');
let file: Buffer;
let cases: readonly { readonly values: readonly number[]; readonly label: number }[];
let spec: ModelSpec;
let runner: ModelRunner;

beforeAll(async () => {
  file = await readFile(join(folder, 'credit-score.onnx'));
  cases = JSON.parse(await readFile(join(folder, 'input.json'), 'utf8')) as typeof cases;
  spec = specOf(10, 1, {
    onnxSha256: sha256Of(file),
    inputs: [{ length: 10, lo: bitsOfFloat(0), hi: bitsOfFloat(1) }],
  });
  runner = await createOnnxRunner({ provider: 'cpu' }, deps);
});
afterAll(() => runner.close());

const vectorOf = (n: number): Uint8Array => encodeFloats(cases[n]?.values ?? []);

/** Two nodes: a publisher's, which has the model and serves its store over HTTP, and ours, whose only peer it is. */
async function nodes(): Promise<{ theirs: ArtifactStore; ours: ArtifactStore; ourFolder: string }> {
  const [theirFolder, ourFolder] = [await tempFolder(), await tempFolder()];
  const theirs = await createArtifactStore({ folder: theirFolder }, deps);
  const server = createArtifactServer({ folder: theirFolder, host: '127.0.0.1', port: 0 }, deps);
  await server.start(new AbortController().signal);
  onTestFinished(() => server.stop());
  await theirs.put(file);
  const ours = await createArtifactStore({ folder: ourFolder, peers: [server.url()] }, deps);
  return { theirs, ours, ourFolder };
}

function benchOf(store: ArtifactStore, given = spec): { shelf: ModelShelf; work: JobWork } {
  const shelf = createModelShelf({
    specs: { specOf: () => Promise.resolve(given) },
    blobs: store,
    runner,
    logger: silentLogger,
  });
  return { shelf, work: createJobWork({ shelf, blobs: store, runner }) };
}

async function execute(parts: JobParts, store: ArtifactStore, dataFolder: string) {
  const sent: MessageInput<'attestation'>[] = [];
  const logger = recordingLogger();
  const answers = openAnswers(join(dataFolder, 'executor.sqlite'), deps);
  try {
    const { shelf, work } = benchOf(store, parts.spec);
    const handler = createInferenceHandler(
      { operator: OPERATOR, models: 'any', triableOnly: false },
      {
        chain: {
          standingOf: () =>
            Promise.resolve({ status: JobStatus.Requested, requestBlock: 5, requestedAt: REQUESTED_AT }),
          head: () => Promise.resolve({ number: 6, timestamp: REQUESTED_AT + 1 }),
          ladderOf: () => Promise.resolve(undefined),
        },
        models: shelf,
        work,
        store,
        answers,
        outputs: { keep: () => Promise.resolve() },
        attestations: {
          enqueueAgain: (_queue, message) => {
            sent.push(message);
            return Promise.resolve();
          },
        },
        metrics: createExecutorMetrics(noMetrics),
        clock: systemClock,
      },
    );
    const later = await handler(inferenceOf(parts), contextOf(logger));
    return { sent, later, lines: logger.lines };
  } finally {
    answers.close();
  }
}

async function verify(
  parts: JobParts,
  { output, root, delivery }: { output: Uint8Array; root: Hex; delivery: Delivery },
  store: ArtifactStore,
): Promise<VerdictRecord | undefined> {
  const kept: VerdictRecord[] = [];
  const { shelf, work } = benchOf(store, parts.spec);
  const handler = createVerificationHandler(
    { sampleRatio: 1, sampleSalt: '' },
    {
      chain: {
        standingOf: () => Promise.resolve({ status: JobStatus.Attested }),
        head: () => Promise.resolve({ timestamp: REQUESTED_AT + 10 }),
        vectorIn: () => Promise.resolve(undefined),
      },
      models: shelf,
      work,
      blobs: store,
      verdicts: { keep: (record) => kept.push(record) },
      trials: { enqueueAgain: () => Promise.resolve() },
      metrics: createWatchtowerMetrics(noMetrics),
      clock: systemClock,
    },
  );
  const isBlob = delivery === Delivery.Blob;
  await handler(
    verificationOf({
      ...parts,
      terms: { ...parts.terms, delivery },
      outputRoot: vectorRootHex(root),
      ...(isBlob && { outputContent: sha256Of(output) }),
      output: isBlob ? '0x' : hexOf(output),
    }),
    contextOf(silentLogger),
  );
  return kept[0];
}

const vectorRootHex = (root: Hex) => root as ReturnType<typeof vectorRoot>;

describe('the default model, fetched from a peer over HTTP', () => {
  it('answers every labelled input rightly, from an inline input', async () => {
    const { ours, ourFolder } = await nodes();
    for (const [n, { label }] of cases.entries()) {
      const jobId = `0x${(n + 1).toString(16).padStart(64, '0')}` as ReturnType<typeof inferenceOf>['jobId'];
      const { sent, lines } = await execute({ spec, vector: vectorOf(n), jobId }, ours, ourFolder);
      expect(lines.at(-1)?.message).toBe('job answered');
      const output = Buffer.from(String(sent[0]?.output).slice(2), 'hex');
      expect(vectorRoot(output)).toBe(sent[0]?.outputRoot);
      expect(Math.round(decodeFloats(output)[0] ?? NaN)).toBe(label);
    }
  });

  it('takes a blob input from the peer and publishes a blob output that a watchtower confirms', async () => {
    const { theirs, ours, ourFolder } = await nodes();
    const vector = vectorOf(0);
    const { digest } = await theirs.put(vector);
    const terms = { availability: Availability.Blob, delivery: Delivery.Blob };
    const parts = { spec, vector, input: digest as Hex, terms };
    const { sent } = await execute(parts, ours, ourFolder);
    const content = String(sent[0]?.outputContent);
    expect(content).not.toBe(ZERO_HEX32);
    const output = await ours.get(content);
    expect(vectorRoot(output)).toBe(sent[0]?.outputRoot);
    const found = await verify(parts, { output, root: vectorRoot(output), delivery: Delivery.Blob }, ours);
    expect(found).toMatchObject({ verdict: 'agrees', worstGapRatio: 0 });
  });

  it('gives a job that comes again the same answer, without a run', async () => {
    const { ours, ourFolder } = await nodes();
    const parts = { spec, vector: vectorOf(1) };
    const first = await execute(parts, ours, ourFolder);
    const second = await execute(parts, ours, ourFolder);
    expect(second.sent[0]).toMatchObject({ outputRoot: first.sent[0]?.outputRoot, output: first.sent[0]?.output });
    expect(second.lines.at(-1)?.fields).toMatchObject({ recalled: true });
  });

  it('refuses an input outside the declared domain, naming element and value', async () => {
    const { ours, ourFolder } = await nodes();
    const vector = encodeFloats([0, 0, 0, 1.5, 0, 0, 0, 0, 0, 0]);
    const { sent, lines } = await execute({ spec, vector }, ours, ourFolder);
    expect(sent).toEqual([]);
    expect(lines.at(-1)).toMatchObject({ message: 'job refused', fields: { code: 'INPUT_OUT_OF_DOMAIN' } });
    expect(lines.at(-1)?.fields['cause']).toContain('element 3 of input 0 ("features") is 1.5');
  });

  it('refuses a published input that is not the committed one', async () => {
    const { theirs, ours, ourFolder } = await nodes();
    const { digest } = await theirs.put(vectorOf(2));
    const terms = { availability: Availability.Blob };
    const { lines } = await execute({ spec, vector: vectorOf(3), input: digest, terms }, ours, ourFolder);
    expect(lines.at(-1)?.fields).toMatchObject({ code: 'INPUT_ROOT_MISMATCH' });
  });

  it('waits for an input that nobody has yet', async () => {
    const { ours, ourFolder } = await nodes();
    const terms = { availability: Availability.Blob };
    const input: Hex = `0x${'77'.repeat(32)}`;
    const { later } = await execute({ spec, vector: vectorOf(0), input, terms }, ours, ourFolder);
    expect(later).toMatchObject({ why: 'BLOB_UNAVAILABLE' });
  });

  it('leaves the jobs of a publisher who registered other lengths', async () => {
    const { ours, ourFolder } = await nodes();
    const lying = { ...spec, inputs: [{ length: 11, lo: 0, hi: 0 }] };
    const { sent, lines } = await execute({ spec: lying, vector: encodeFloats(Array(11).fill(0)) }, ours, ourFolder);
    expect(sent).toEqual([]);
    expect(lines.at(-1)?.fields).toMatchObject({ code: 'MODEL_SPEC_MISMATCH' });
    expect(lines.at(-1)?.fields['cause']).toContain('input 0 has 11 elements registered, the file has 10');
  });

  it('reports a lying output as disagreeing', async () => {
    const { ours } = await nodes();
    const parts = { spec, vector: vectorOf(0) };
    const { work } = benchOf(ours);
    const { terms, input } = inferenceOf(parts);
    const honest = await work.run({ terms: { ...terms, availability: 1 }, input }, new AbortController().signal);
    const score = decodeFloats(honest.output)[0] ?? NaN;
    const output = encodeFloats([score + 0.01]);
    const found = await verify(parts, { output, root: vectorRoot(output), delivery: Delivery.Inline }, ours);
    expect(found).toMatchObject({ verdict: 'disagrees', triable: false });
    expect(found?.detail['first']).toMatchObject({ output: 0, index: 0, canonical: score });
    expect(found?.worstGapRatio).toBeCloseTo(10, 1);
  });
});
