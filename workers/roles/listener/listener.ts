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

export interface ListenerOptions {
  /** Milliseconds between two runs of the reconciler. */
  readonly reconcileMs: number;
}

export interface ListenerDeps {
  readonly source: EventSource<ChainEvent>;
  readonly follow: FollowChain;
  readonly reconcile: (signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Listener extends Service {
  readonly check: HealthCheck;
}

const BACKOFF = { baseMs: 100, maxMs: 2_000 };

/**
 * Follows the chain for ever. What a signal causes is tried again until it succeeds, and the cursor waits for it, so an
 * outage of Redis or of the nodes delays work and loses none.
 */
export function createListener({ reconcileMs }: ListenerOptions, deps: ListenerDeps): Listener {
  const { source, follow, reconcile, clock, logger } = deps;
  const warn = throttledWarn(logger, clock, 5_000);
  const lifetime = new AbortController();
  const { signal } = lifetime;
  const ended = Promise.withResolvers<undefined>();
  let loops: Promise<unknown> = Promise.resolve();
  let position: { readonly block: number; readonly at: number } | undefined;
  let trouble: string | undefined;

  /** Until it succeeds. Rejects when the listener stops, and for what no waiting can mend. */
  async function insist(what: string, work: () => Promise<void>): Promise<void> {
    for (let failures = 1; ; failures++) {
      try {
        await work();
        trouble = undefined;
        return;
      } catch (error) {
        signal.throwIfAborted();
        if (!isRetryable(error)) throw error;
        trouble = `${what}: ${messageOf(error)}`;
        warn({ what, code: codeOf(error), reason: messageOf(error) }, 'not done, trying again');
        await clock.sleep(backoffMs(failures, BACKOFF, Math.random()), signal);
      }
    }
  }

  async function followForever(): Promise<void> {
    for await (const message of source.signals(signal)) {
      await insist(`following ${message.type}`, () => follow(message, signal));
      if (message.type === 'events') position = { block: message.block.number, at: clock.now() };
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
