/** Local time. It only waits and measures: what is due is decided by chain time. */
export interface Clock {
  /** Whole milliseconds since the Unix epoch; never goes back. */
  now(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  // Not `Date`: a machine's clock that is set while the process runs must neither end nor prolong a wait.
  now: () => Math.floor(performance.timeOrigin + performance.now()),
  // Not the promise of `node:timers`: it makes an error with a stack for every sleep that is cut short, and most are.
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const woken = (): void => {
        clearTimeout(timer);
        reject(signal?.reason as Error);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', woken);
        resolve();
      }, ms);
      signal?.addEventListener('abort', woken, { once: true });
    }),
};
