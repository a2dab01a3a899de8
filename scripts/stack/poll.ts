import type { Clock } from '../../workers/runtime/clock.ts';
import { timedOut, type WaitOptions } from './timed-out.ts';

export interface PollOptions extends WaitOptions {
  /** Milliseconds between looks; 20 by default. */
  readonly everyMs?: number;
}

/** Looks until `probe` returns something, and returns it. @throws RemitError `STACK_TIMEOUT` at the deadline */
export async function poll<T>(
  probe: () => Promise<T | undefined>,
  { what, deadlineMs, everyMs = 20, signal }: PollOptions,
  { clock }: { readonly clock: Clock },
): Promise<T> {
  const deadline = clock.now() + deadlineMs;
  for (;;) {
    signal?.throwIfAborted();
    const seen = await probe();
    if (seen !== undefined) return seen;
    if (clock.now() >= deadline) throw timedOut(what, deadlineMs);
    await clock.sleep(everyMs, signal);
  }
}
