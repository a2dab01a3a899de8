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
  const expired = new AbortController();
  const finished = new AbortController();
  const expiry = clock.sleep(ms, finished.signal).then(() => {
    const timeout = new RemitError({
      code: 'TIMEOUT',
      message: `${what} took longer than ${ms} ms`,
      retryable: true,
      context: { what, ms },
    });
    expired.abort(timeout);
    throw timeout;
  });
  const racers: Promise<T>[] = [expiry];
  if (signal) racers.push(rejectOnAbort(signal, finished.signal));
  try {
    racers.push(work(signal ? AbortSignal.any([signal, expired.signal]) : expired.signal));
    return await Promise.race(racers);
  } finally {
    // Promise.race observes the losers, so neither the cancelled timer nor late work becomes an unhandled rejection.
    expiry.catch(() => undefined);
    finished.abort(FINISHED);
  }
}

/** A promise that only ever rejects: with the reason of `signal`. Stops listening when `until` aborts. */
function rejectOnAbort(signal: AbortSignal, until: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const onAbort = (): void => {
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort, { once: true, signal: until });
  });
}
