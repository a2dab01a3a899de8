import type { Hex, Hex32 } from '../protocol/ids.ts';
import type { Terms } from '../protocol/job.ts';
import { vectorRoot } from '../protocol/vector-root.ts';
import { codeOf } from '../runtime/errors.ts';
import { reached } from '../runtime/milestone.ts';
import { type InputBlobs, obtainInput } from './job-input.ts';
import type { ModelRunner } from './model-runner.ts';
import type { ModelShelf, ServedModel } from './model-shelf.ts';

/** A job as far as its answer depends on it. */
export interface WorkOrder {
  readonly terms: Pick<Terms, 'modelId' | 'availability' | 'inputRoot'>;
  /** What came with the request: the vector, the 32-byte digest of the published one, or nothing. */
  readonly input: Hex;
}

/** Milliseconds by stage. */
export interface WorkTimings {
  /** Fetching and loading the model; about 0 when it is ready. */
  readonly modelMs: number;
  /** Obtaining and checking the input. */
  readonly inputMs: number;
  /** Waiting for a free child. */
  readonly queuedMs: number;
  /** Inside the engine, for the whole batch. */
  readonly runMs: number;
  /** Root of the output. */
  readonly hashMs: number;
  /** All of the above and the ways between. */
  readonly workMs: number;
}

export interface WorkResult {
  readonly model: ServedModel;
  /** The output vector. */
  readonly output: Uint8Array;
  readonly outputRoot: Hex32;
  readonly timings: WorkTimings;
}

/** Finds out what the right answer to a job is: the same steps for whoever answers and for whoever checks. */
export interface JobWork {
  /** @throws RemitError everything that `ModelShelf.open`, `obtainInput` and `ModelRunner.run` throw */
  run(order: WorkOrder, signal: AbortSignal): Promise<WorkResult>;
}

export interface JobWorkDeps {
  readonly shelf: Pick<ModelShelf, 'open' | 'forget'>;
  readonly blobs: InputBlobs;
  readonly runner: Pick<ModelRunner, 'run'>;
  /** Milliseconds on a clock that only goes forward. */
  readonly time?: () => number;
}

/** The file went away or changed after it was loaded; the store can bring it back. */
const FILE_LOST: ReadonlySet<string> = new Set(['MODEL_FILE_MISSING', 'MODEL_DIGEST_MISMATCH', 'MODEL_NOT_LOADED']);

export function createJobWork({ shelf, blobs, runner, time = () => performance.now() }: JobWorkDeps): JobWork {
  return {
    async run({ terms, input }, signal) {
      const started = time();
      const model = await shelf.open(terms.modelId, signal);
      const opened = time();
      const vector = await obtainInput({ terms, input, model }, { blobs }, signal);
      const obtained = time();
      const ran = await runner.run(model.loaded.key, vector, signal).catch((error: unknown) => {
        if (FILE_LOST.has(codeOf(error))) shelf.forget(terms.modelId);
        throw error;
      });
      const answered = time();
      const outputRoot = vectorRoot(ran.output);
      const ended = time();
      reached('computed', model.loaded.key);
      return {
        model,
        output: ran.output,
        outputRoot,
        timings: {
          modelMs: opened - started,
          inputMs: obtained - opened,
          queuedMs: ran.timings.queueMs,
          runMs: ran.timings.runMs,
          hashMs: ended - answered,
          workMs: ended - started,
        },
      };
    },
  };
}
