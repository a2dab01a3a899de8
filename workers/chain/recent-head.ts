import type { Clock } from '../runtime/clock.ts';
import type { ChainReader } from './chain-reader.ts';
import type { BlockHeader } from './chain-values.ts';

/** The newest block, at most `maxAgeMs` old: many jobs that ask at once share one call. */
export type RecentHead = (signal?: AbortSignal) => Promise<BlockHeader>;

/** Chain time has whole seconds, so half a second of age changes no decision. A failed call is not remembered. */
export function createRecentHead(
  { maxAgeMs = 500 }: { readonly maxAgeMs?: number },
  { reader, clock }: { readonly reader: Pick<ChainReader, 'head'>; readonly clock: Pick<Clock, 'now'> },
): RecentHead {
  let known: { readonly askedAt: number; readonly head: Promise<BlockHeader> } | undefined;
  return async (signal) => {
    signal?.throwIfAborted();
    if (!known || clock.now() - known.askedAt > maxAgeMs) {
      // Without the caller's signal: others wait for the same answer, and the pool bounds every call.
      const asked = { askedAt: clock.now(), head: reader.head() };
      asked.head.catch(() => {
        if (known === asked) known = undefined;
      });
      known = asked;
    }
    return known.head;
  };
}
