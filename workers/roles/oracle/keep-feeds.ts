import type { Address } from '../../protocol/ids.ts';
import type { Producer } from '../../queue/producer.ts';
import type { Clock } from '../../runtime/clock.ts';
import { codeOf, messageOf } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Service } from '../../runtime/service.ts';

export interface KeepFeedsOptions {
  readonly chainId: number;
  readonly registry: Address;
  readonly feeds: readonly string[];
  readonly everyMs: number;
}

export interface KeepFeedsDeps {
  readonly queue: Pick<Producer, 'enqueueAgain'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Makes sure that every feed has its message, also after Redis was lost or a message failed. */
export function createKeepFeeds(
  { chainId, registry, feeds, everyMs }: KeepFeedsOptions,
  { queue, clock, logger }: KeepFeedsDeps,
): Service {
  const stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();

  async function keep(): Promise<void> {
    for (const feedId of feeds) {
      try {
        await queue.enqueueAgain('data', { kind: 'feed', chainId, registry, feedId });
      } catch (error) {
        logger.warn({ feedId, code: codeOf(error), reason: messageOf(error) }, 'feed has no message yet');
      }
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await keep();
      await clock.sleep(everyMs, stopping.signal);
    }
  }

  return {
    name: 'keep-feeds',
    start() {
      running = run().catch(() => undefined);
      return Promise.resolve();
    },
    async stop() {
      stopping.abort(new Error('shutting down'));
      await running;
    },
  };
}
