import type { Clock } from './clock.ts';
import { isRetryable } from './errors.ts';

export interface RetryPolicy {
  /** Runs in all, the first one included; at least 1. */
  readonly attempts: number;
  /** Wait before the second run, in milliseconds; doubles each time. */
  readonly baseMs: number;
  /** The wait never grows beyond this. */
  readonly maxMs: number;
  /** Share of each wait that is random, 0 (none) to 1 (anything from 0 to the full wait). Defaults to 0.5. */
  readonly jitter?: number;
}

export interface RetryDeps {
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
  /** Called before each wait, to log or count. */
  readonly onRetry?: (failure: { readonly error: unknown; readonly attempt: number; readonly waitMs: number }) => void;
}

/**
 * Runs `work` until it succeeds, an error says that it is not retryable, the attempts are used up, or the signal aborts.
 * Rejects with the last error, or with the signal's reason.
 */
export async function retry<T>(
  work: (attempt: number) => Promise<T>,
  policy: RetryPolicy,
  deps: RetryDeps,
): Promise<T> {
  const { clock, signal, random = Math.random, onRetry } = deps;
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await work(attempt);
    } catch (error) {
      signal?.throwIfAborted();
      if (attempt >= policy.attempts || !isRetryable(error)) throw error;
      const waitMs = backoffMs(attempt, policy, random());
      onRetry?.({ error, attempt, waitMs });
      await clock.sleep(waitMs, signal);
    }
  }
}

/** The wait in milliseconds after failure number `attempt` (from 1), with `random` in [0, 1). */
export function backoffMs(
  attempt: number,
  { baseMs, maxMs, jitter = 0.5 }: Omit<RetryPolicy, 'attempts'>,
  random: number,
): number {
  const full = Math.min(maxMs, baseMs * 2 ** (attempt - 1));
  return Math.round(full * (1 - jitter * random));
}
