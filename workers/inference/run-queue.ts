import type { Clock } from '../runtime/clock.ts';
import { codeOf, messageOf, RemitError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import { nextBatch, type BatchPolicy, type Waiting } from './batching.ts';
import { sessionKey, type ModelSource, type RunReply } from './child-protocol.ts';
import type { ChildSlot } from './child-slot.ts';
import { CPU, DEVICE_FAILED, fromWireError } from './wire-error.ts';

/** Milliseconds of one run; `runMs` is the whole batch's time in the engine. */
export interface RunTimings {
  readonly queueMs: number;
  readonly loadMs: number;
  readonly runMs: number;
  readonly childMs: number;
  readonly totalMs: number;
  /** Rows that ran together. */
  readonly rows: number;
}

export interface RunOutcome {
  /** The output vector. */
  readonly output: Uint8Array;
  readonly timings: RunTimings;
}

export interface RunOrder {
  readonly source: ModelSource;
  readonly provider: string;
  /** True when rows of this model may be stacked into one run of the engine. */
  readonly stack: boolean;
  /** See `batching.ts`. */
  readonly maxJoined: number;
  /** `sessionKey` of source and provider. */
  readonly session: string;
  readonly input: Uint8Array;
  readonly signal: AbortSignal;
}

export interface RunQueueDeps {
  readonly slots: readonly ChildSlot[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: { ran(facts: { readonly rows: number; readonly runMs: number; readonly provider: string }): void };
}

/** First in, first out over the free children; runs of one batch-safe model go together. */
export interface RunQueue {
  run(order: RunOrder): Promise<RunOutcome>;
  /** Gives one child to `work` alone, before any waiting run. */
  exclusive<Result>(work: (slot: ChildSlot) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

interface QueuedRun extends Waiting, RunOrder {
  readonly resolve: (outcome: RunOutcome) => void;
  readonly reject: (error: Error) => void;
}

const LOST = new Set(['MODEL_CRASHED', 'MODEL_MEMORY', 'MODEL_TIMEOUT']);

export function createRunQueue({ batch }: { readonly batch: BatchPolicy }, deps: RunQueueDeps): RunQueue {
  const { clock, logger, metrics } = deps;
  const free = [...deps.slots];
  const closing = new AbortController();
  const exclusives: ((slot: ChildSlot) => Promise<void>)[] = [];
  let queue: QueuedRun[] = [];
  let waiting = false;

  const pump = (): void => {
    while (free.length > 0 && (exclusives.length > 0 || queue.length > 0)) {
      const work = exclusives.shift() ?? nextRuns();
      const slot = work && free.shift();
      if (!work || !slot) return;
      void work(slot).finally(() => {
        free.push(slot);
        pump();
      });
    }
  };

  const nextRuns = (): ((slot: ChildSlot) => Promise<void>) | undefined => {
    const decision = nextBatch(queue, clock.now(), batch);
    if ('waitMs' in decision) {
      if (!waiting) void waitForCompany(decision.waitMs);
      return undefined;
    }
    const taken = new Set(decision.take);
    queue = queue.filter((run) => !taken.has(run));
    return (slot) => execute(slot, decision.take);
  };

  const waitForCompany = async (ms: number): Promise<void> => {
    waiting = true;
    await clock.sleep(ms, closing.signal).catch(() => undefined);
    waiting = false;
    pump();
  };

  const execute = async (slot: ChildSlot, runs: readonly QueuedRun[]): Promise<void> => {
    const [first] = runs;
    if (!first) return;
    const started = clock.now();
    try {
      const reply = await slot.request({
        kind: 'run',
        source: first.source,
        provider: first.provider,
        inputs: runs.map((run) => run.input),
        stack: first.stack,
      });
      metrics?.ran({ rows: runs.length, runMs: reply.runMs, provider: first.provider });
      deliver(runs, reply, started);
    } catch (error) {
      fail(runs, error instanceof Error ? error : new Error(messageOf(error)));
    }
  };

  const deliver = (runs: readonly QueuedRun[], reply: RunReply, started: number): void => {
    const { loadMs, runMs, childMs } = reply;
    for (const [index, run] of runs.entries()) {
      const row = reply.rows[index];
      if (!row || 'error' in row) refuse(run, fromWireError(row?.error ?? missingRow));
      else {
        const timings = {
          queueMs: started - run.queuedAt,
          loadMs,
          runMs,
          childMs,
          totalMs: clock.now() - run.queuedAt,
          rows: runs.length,
        };
        run.resolve({ output: row.output, timings });
      }
    }
  };

  /** What a device could not do, the CPU can: the answer is late, and the next run tries the device again. */
  const refuse = (run: QueuedRun, error: Error): void => {
    const { source, provider } = run;
    if (codeOf(error) !== DEVICE_FAILED || provider === CPU || closing.signal.aborted) {
      run.reject(error);
      return;
    }
    logger.warn({ model: source.key, provider, error: messageOf(error) }, 'run repeated on the CPU');
    queue.unshift({ ...run, provider: CPU, session: sessionKey(source, CPU), stack: false, maxJoined: 1 });
  };

  /** When a batch cost the child its life, one row may be to blame: the others get a second chance, each alone. */
  const fail = (runs: readonly QueuedRun[], error: Error): void => {
    logger.warn({ error: messageOf(error), rows: runs.length }, 'model run failed');
    if (codeOf(error) === DEVICE_FAILED) {
      for (const run of runs) refuse(run, error);
      return;
    }
    const lost = error instanceof RemitError && LOST.has(error.code) && !closing.signal.aborted;
    if (runs.length > 1 && lost) queue.unshift(...runs.map((run) => ({ ...run, maxJoined: 1 })));
    else for (const run of runs) run.reject(closing.signal.aborted ? closed() : error);
  };

  return {
    run: (order) =>
      new Promise<RunOutcome>((resolve, reject) => {
        if (closing.signal.aborted) return reject(closed());
        order.signal.throwIfAborted();
        const leave = (): void => {
          queue = queue.filter((waiting) => waiting !== run);
          reject(order.signal.reason as Error);
        };
        const stay = (): void => {
          order.signal.removeEventListener('abort', leave);
        };
        const run: QueuedRun = {
          ...order,
          queuedAt: clock.now(),
          resolve: (outcome) => {
            stay();
            resolve(outcome);
          },
          reject: (error) => {
            stay();
            reject(error);
          },
        };
        order.signal.addEventListener('abort', leave, { once: true });
        queue.push(run);
        pump();
      }),
    exclusive: (work) =>
      new Promise((resolve, reject) => {
        if (closing.signal.aborted) return reject(closed());
        exclusives.push((slot) => work(slot).then(resolve, reject));
        pump();
      }),
    async close() {
      closing.abort();
      for (const run of queue) run.reject(closed());
      queue = [];
      await Promise.all(deps.slots.map((slot) => slot.close()));
    },
  };
}

const missingRow = {
  code: 'MODEL_CRASHED',
  message: 'the child answered fewer rows than it was given',
  retryable: true,
  context: {},
};

function closed(): RemitError {
  return new RemitError({
    code: 'RUNNER_CLOSED',
    message: 'the model runner is shutting down',
    fix: 'Wait for the worker to start again.',
    retryable: true,
  });
}
