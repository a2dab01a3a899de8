import { setTimeout as delay } from 'node:timers/promises';

/** Local time. It only waits and measures: what is due is decided by chain time. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    try {
      await delay(ms, undefined, signal ? { signal } : {});
    } catch (cause) {
      // The timer reports a generic AbortError; callers want to know why they were stopped.
      signal?.throwIfAborted();
      throw cause;
    }
  },
};
