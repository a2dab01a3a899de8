import type { Clock } from '../../workers/runtime/clock.ts';
import { timedOut, type WaitOptions } from './timed-out.ts';

export interface Stream<T> {
  readonly known: readonly T[];
  /** Calls `listener` for what comes; the result ends it. */
  readonly follow: (listener: (item: T) => void) => () => void;
}

/** The first item, past or future, that `pick` makes something of. @throws RemitError `STACK_TIMEOUT`, or the signal's reason */
export async function firstMatch<T, R>(
  { known, follow }: Stream<T>,
  pick: (item: T) => R | undefined,
  { what, deadlineMs, signal }: WaitOptions,
  { clock }: { readonly clock: Clock },
): Promise<R> {
  for (const item of known) {
    const picked = pick(item);
    if (picked !== undefined) return picked;
  }
  const found = Promise.withResolvers<R>();
  const unfollow = follow((item) => {
    const picked = pick(item);
    if (picked !== undefined) found.resolve(picked);
  });
  const ended = new AbortController();
  const stop = signal ? AbortSignal.any([signal, ended.signal]) : ended.signal;
  const expiry = clock.sleep(deadlineMs, stop).then(() => {
    throw timedOut(what, deadlineMs);
  });
  try {
    return await Promise.race([found.promise, expiry]);
  } finally {
    expiry.catch(() => undefined);
    unfollow();
    ended.abort(new Error('no longer waited for'));
  }
}
