import { setTimeout as sleep } from 'node:timers/promises';

export interface UntilOptions {
  /** Names what is waited for in the error. */
  readonly what?: string;
  /** Gives up after this many milliseconds; 10,000 by default. */
  readonly deadlineMs?: number;
  /** Milliseconds between looks; 10 by default. */
  readonly everyMs?: number;
}

/** Looks until `probe` returns something other than `undefined` or `false`, and returns it; throws at the deadline. */
export async function until<T>(
  probe: () => T | Promise<T>,
  options: UntilOptions = {},
): Promise<Exclude<T, undefined | false>> {
  const { what = 'the condition', deadlineMs = 10_000, everyMs = 10 } = options;
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const seen = await probe();
    if (seen !== undefined && seen !== false) return seen as Exclude<T, undefined | false>;
    if (Date.now() > deadline) throw new Error(`${what} did not happen within ${deadlineMs} ms`);
    await sleep(everyMs);
  }
}
