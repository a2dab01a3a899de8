import { Worker } from 'node:worker_threads';
import type { Hex32 } from '../../protocol/ids.ts';
import { RemitError, messageOf } from '../../runtime/errors.ts';
import type { RunTotals } from './counters.ts';
import type { ThreadFailure, ThreadMessage, ThreadTask } from './thread-messages.ts';

/** What the runner needs of a thread; `Worker` of node:worker_threads has it. */
export interface Thread {
  on(event: 'message', listener: (message: ThreadMessage) => void): unknown;
  on(event: 'error', listener: (thrown: unknown) => void): unknown;
  on(event: 'exit', listener: (code: number) => void): unknown;
  terminate(): Promise<unknown>;
}

export interface CanonicalRunnerDeps {
  /** Starts a thread for a task; by default a real one. */
  readonly startThread?: (task: ThreadTask) => Thread;
}

export interface CanonicalRunOptions {
  /** Ends the thread at once; the run then rejects with its reason. */
  readonly signal?: AbortSignal;
  /** Told up to a hundred times in a run how many instructions are done. */
  readonly onProgress?: (done: number, of: number) => void;
}

export interface CanonicalRun {
  /** bit patterns in host order */
  readonly trace: Uint32Array;
  readonly totals: RunTotals;
  /** the root of the trace without its length, when it was asked for */
  readonly merkleRoot?: Hex32;
}

/** Runs plans in threads of their own, so that the event loop of the process stays free. Every run has its thread. */
export class CanonicalRunner {
  readonly #startThread: (task: ThreadTask) => Thread;

  constructor({ startThread = startWorker }: CanonicalRunnerDeps = {}) {
    this.#startThread = startThread;
  }

  /**
   * The canonical trace of a plan, which is checked first. Vectors are copied to the thread, unless they are on shared memory.
   *
   * @throws {RemitError} what `checkPlan` and `execute` throw, `CANONICAL_RUN_FAILED` when the thread ends without an answer;
   * the signal's reason when it aborts
   */
  async run(task: ThreadTask, { signal, onProgress }: CanonicalRunOptions = {}): Promise<CanonicalRun> {
    signal?.throwIfAborted();
    const thread = this.#startThread(task);
    const ended = new AbortController();
    try {
      return await new Promise<CanonicalRun>((resolve, reject) => {
        const abort = (): void => {
          reject(signal?.reason as Error);
        };
        signal?.addEventListener('abort', abort, { once: true, signal: ended.signal });
        thread.on('message', (message) => {
          if (message.kind === 'progress') onProgress?.(message.done, message.of);
          else if (message.kind === 'failed') reject(errorOf(message.failure));
          else resolve(resultOf(message));
        });
        thread.on('error', (thrown) => {
          reject(runFailed(messageOf(thrown), thrown));
        });
        thread.on('exit', (code) => {
          reject(runFailed(`its thread ended with code ${code}`));
        });
      });
    } finally {
      ended.abort();
      await thread.terminate();
    }
  }
}

function startWorker(task: ThreadTask): Thread {
  return new Worker(new URL('./canonical-thread.ts', import.meta.url), { workerData: task, name: 'canonical' });
}

function resultOf({ trace, totals, merkleRoot }: Extract<ThreadMessage, { kind: 'trace' }>): CanonicalRun {
  return { trace, totals, ...(merkleRoot === undefined ? {} : { merkleRoot }) };
}

function errorOf(failure: ThreadFailure): RemitError {
  return failure.code === 'UNEXPECTED' ? runFailed(failure.message) : new RemitError(failure);
}

function runFailed(why: string, cause?: unknown): RemitError {
  return new RemitError({
    code: 'CANONICAL_RUN_FAILED',
    message: `a canonical run ended without a trace: ${why}`,
    fix: 'look for a lack of memory: a run holds the weights and the trace, 4 bytes an element, and some 10 MiB',
    retryable: true,
    ...(cause === undefined ? {} : { cause }),
  });
}
