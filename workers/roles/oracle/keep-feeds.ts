import type { Address } from '../../protocol/ids.ts';
import type { Producer } from '../../queue/producer.ts';
import type { Clock } from '../../runtime/clock.ts';
import { codeOf, messageOf } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import { createPeriodic } from '../../runtime/periodic.ts';
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
  async function keep(): Promise<void> {
    for (const feedId of feeds) {
      try {
        await queue.enqueueAgain('data', { kind: 'feed', chainId, registry, feedId });
      } catch (error) {
        logger.warn({ feedId, code: codeOf(error), reason: messageOf(error) }, 'feed has no message yet');
      }
    }
  }

  return createPeriodic({ name: 'keep-feeds', everyMs }, { work: keep, clock, logger });
}
