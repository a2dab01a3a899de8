import type { EventSource } from '../../chain/event-source.ts';
import type { ChainEvent } from '../../chain/events.ts';
import type { Clock } from '../../runtime/clock.ts';
import { codeOf, isRetryable, messageOf } from '../../runtime/errors.ts';
import type { HealthCheck } from '../../runtime/health.ts';
import { throttledWarn } from '../../runtime/log-throttle.ts';
import type { Logger } from '../../runtime/logger.ts';
import { backoffMs } from '../../runtime/retry.ts';
import type { Service } from '../../runtime/service.ts';
import type { FollowChain } from './follow-chain.ts';
import type { Rescan, RescanPlace } from './rescan.ts';

export interface ListenerOptions {
  /** Milliseconds between two runs of the reconciler. */
  readonly reconcileMs: number;
  /** Milliseconds between two rescans. Without it there are none. */
  readonly rescanMs?: number;
}

export interface ListenerDeps {
  readonly source: EventSource<ChainEvent>;
  readonly follow: FollowChain;
  readonly reconcile: (signal: AbortSignal) => Promise<void>;
  readonly rescan?: Rescan;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Numbers in [0, 1) that spread the waits. Defaults to `Math.random`. */
  readonly random?: () => number;
}

export interface Listener extends Service {
  readonly check: HealthCheck;
}

const BACKOFF = { baseMs: 100, maxMs: 2_000 };

/**
 * Follows the chain for ever. What a signal causes is tried again until it succeeds, and the cursor waits for it, so an
 * outage of Redis or of the nodes delays work and loses none.
 */
export function createListener({ reconcileMs, rescanMs }: ListenerOptions, deps: ListenerDeps): Listener {
  const { source, follow, reconcile, rescan, clock, logger, random = Math.random } = deps;
  const warn = throttledWarn(logger, clock, 5_000);
  const lifetime = new AbortController();
  const { signal } = lifetime;
  const ended = Promise.withResolvers<undefined>();
  let loops: Promise<unknown> = Promise.resolve();
  let position: { readonly block: number; readonly at: number } | undefined;
  let trouble: string | undefined;
  let scannedAt = Number.NEGATIVE_INFINITY;

  /** Until it succeeds. Rejects when the listener stops, and for what no waiting can mend. */
  async function insist(what: string, work: () => Promise<void>): Promise<void> {
    for (let failures = 1; ; failures++) {
      try {
        await work();
        trouble = undefined;
        return;
      } catch (error) {
        signal.throwIfAborted();
        // A node that answers a read with an error may have lost its way only for a moment.
        if (!isRetryable(error) && codeOf(error) !== 'RPC_REJECTED') throw error;
        trouble = `${what}: ${messageOf(error)}`;
        warn({ what, code: codeOf(error), reason: messageOf(error) }, 'not done, trying again');
        await clock.sleep(backoffMs(failures, BACKOFF, random()), signal);
      }
    }
  }

  const followSurely: FollowChain = (message, until) =>
    insist(`following ${message.type}`, () => follow(message, until));

  async function followForever(): Promise<void> {
    for await (const message of source.signals(signal)) {
      await followSurely(message, signal);
      if (message.type === 'finalized') {
        // The stream is at the head, and stands still meanwhile: nobody else writes into the book.
        if (position) await rescanWhenDue({ final: message.blockNumber, tip: position.block });
      } else {
        const { number } = message.type === 'events' ? message.block : message.commonAncestor;
        position = { block: number, at: clock.now() };
      }
    }
  }

  /** Looks once, not until it succeeds: the stream must not wait for a look back. */
  async function rescanWhenDue(place: RescanPlace): Promise<void> {
    if (!rescan || rescanMs === undefined || clock.now() - scannedAt < rescanMs) return;
    scannedAt = clock.now();
    try {
      await rescan(place, followSurely, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!isRetryable(error) && codeOf(error) !== 'RPC_REJECTED') throw error;
      warn({ what: 'rescanning', code: codeOf(error), reason: messageOf(error) }, 'not done, left for the next time');
    }
  }

  async function reconcileForever(): Promise<void> {
    while (!signal.aborted) {
      await insist('reconciling', () => reconcile(signal));
      await clock.sleep(reconcileMs, signal);
    }
  }

  function run(work: () => Promise<void>): Promise<void> {
    return work().catch((error: unknown) => {
      if (!signal.aborted) ended.reject(error);
    });
  }

  return {
    name: 'listener',
    done: ended.promise,
    start: () => {
      loops = Promise.all([run(followForever), run(reconcileForever)]);
      return Promise.resolve();
    },
    stop: async () => {
      lifetime.abort();
      await loops;
    },
    check: {
      name: 'listener',
      check: () => {
        if (trouble !== undefined) return Promise.resolve({ state: 'failing', detail: trouble });
        if (!position) return Promise.resolve({ state: 'degraded', detail: 'no block has been read yet' });
        const age = Math.round((clock.now() - position.at) / 1_000);
        return Promise.resolve({ state: 'ok', detail: `block ${position.block} is done, ${age} s ago` });
      },
    },
  };
}
