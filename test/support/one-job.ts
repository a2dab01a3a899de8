import type { JobWork, WorkResult } from '../../workers/inference/job-work.ts';
import type { ServedModel } from '../../workers/inference/model-shelf.ts';
import { ZERO_HEX32 } from '../../workers/protocol/ids.ts';
import { JobStatus } from '../../workers/protocol/job.ts';
import { modelIdOf } from '../../workers/protocol/model.ts';
import { encodeFloats } from '../../workers/protocol/vector.ts';
import { vectorRoot } from '../../workers/protocol/vector-root.ts';
import type { Later } from '../../workers/queue/consumer.ts';
import { createInferenceHandler } from '../../workers/roles/executor/inference.ts';
import type { ExecutorPorts } from '../../workers/roles/executor/ports.ts';
import { codeOf, RemitError } from '../../workers/runtime/errors.ts';
import { ManualClock } from './manual-clock.ts';
import { contextOf, inferenceOf, OPERATOR, recordingLogger, REQUESTED_AT, specOf } from './role-jobs.ts';

/** A job in front of an executor that works as `run` does; what it attested, what it said, how it ended. */
export async function oneJob(run: JobWork['run']) {
  const spec = specOf(2, 1);
  const attested: unknown[] = [];
  const ended: string[] = [];
  const ports: ExecutorPorts = {
    chain: {
      standingOf: () => Promise.resolve({ status: JobStatus.Requested, requestBlock: 5, requestedAt: REQUESTED_AT }),
      head: () => Promise.resolve({ number: 7, timestamp: REQUESTED_AT + 1 }),
      ladderOf: () => Promise.resolve(undefined),
    },
    models: { specOf: () => Promise.resolve(spec) },
    work: { run },
    store: {
      put: () => Promise.resolve({ digest: ZERO_HEX32 }),
      has: () => Promise.resolve(false),
      get: () => Promise.reject(new Error('nothing is stored')),
    },
    answers: { find: () => undefined, keep: () => Promise.resolve() },
    outputs: { keep: () => Promise.resolve() },
    attestations: { enqueueAgain: (_, message) => Promise.resolve(attested.push(message)) },
    metrics: { answered: () => ended.push('answered'), ended: (outcome, reason) => ended.push(`${outcome} ${reason}`) },
    clock: new ManualClock({ startMs: REQUESTED_AT * 1_000 }),
  };
  const handler = createInferenceHandler({ operator: OPERATOR, models: 'any', triableOnly: false }, ports);
  const message = inferenceOf({ spec, vector: encodeFloats([1, 2]) });
  const outcome = await handler(message, contextOf(recordingLogger())).catch((error: unknown): Later | string =>
    error instanceof RemitError && error.retryable ? `again: ${error.code}` : codeOf(error),
  );
  return { outcome, attested, ended };
}

/** What a working engine makes of the job. */
export function resultOf(output: Uint8Array): WorkResult {
  const spec = specOf(2, 1);
  const timings = { modelMs: 1, inputMs: 1, queuedMs: 0, runMs: 3, hashMs: 1, workMs: 6 };
  const model = { modelId: modelIdOf(spec), spec, triable: false } as ServedModel;
  return { model, output, outputRoot: vectorRoot(output), timings };
}
