import type { Clock } from './clock.ts';
import { RemitError } from './errors.ts';

export interface TimeoutDeps {
  readonly clock: Clock;
  /** Stops the work early; the returned promise then rejects with its reason. */
  readonly signal?: AbortSignal;
  /** Names the work in the error: `eth_getLogs from node-1`. */
  readonly what?: string;
}

/** One for all: a reason made at every end would cost a stack trace each. */
const FINISHED = new Error('finished');

/**
 * Runs `work` for at most `ms` milliseconds. On expiry the signal given to `work` aborts and the promise rejects with
 * `RemitError` TIMEOUT (retryable) at once, whether or not `work` listens.
 */
export async function withTimeout<T>(
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
  { clock, signal, what = 'the operation' }: TimeoutDeps,
): Promise<T> {
  signal?.throwIfAborted();
  const limit = new AbortController();
  const finished = new AbortController();
  const cut = Promise.withResolvers<never>();
  const end = (reason: unknown): void => {
    limit.abort(reason);
    cut.reject(reason);
  };
  // By hand: a signal made of two costs more than all the rest of a short call.
  const onAbort = (): void => {
    end(signal?.reason);
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  clock.sleep(ms, finished.signal).then(
    () => {
      end(tookTooLong(what, ms));
    },
    () => undefined,
  );
  try {
    // What loses the race is observed by it, so late work becomes no unhandled rejection.
    return await Promise.race([cut.promise, work(limit.signal)]);
  } finally {
    signal?.removeEventListener('abort', onAbort);
    finished.abort(FINISHED);
  }
}

function tookTooLong(what: string, ms: number): RemitError {
  return new RemitError({
    code: 'TIMEOUT',
    message: `${what} took longer than ${ms} ms`,
    retryable: true,
    context: { what, ms },
  });
}
