import { describe, expect, it } from 'vitest';
import { catalog, type MessageInput } from '../../../../workers/queue/catalog.ts';
import { parseMessage } from '../../../../workers/queue/producer.ts';
import { silentLogger } from '../../../../workers/runtime/logger.ts';
import { createKeepFeeds } from '../../../../workers/roles/oracle/keep-feeds.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { FEED_REGISTRY, feedOf } from '../../../support/sample-orders.ts';

const { signal } = new AbortController();

describe('every feed has its message', () => {
  it('from the start, again and again, whatever becomes of another, until it is stopped', async () => {
    const clock = new ManualClock();
    const kept: string[] = [];
    let broken = false;
    const keeper = createKeepFeeds(
      { chainId: 31_337, registry: FEED_REGISTRY, feeds: [feedOf(1), feedOf(2)], everyMs: 15_000 },
      {
        queue: {
          enqueueAgain: async (queue, message) => {
            const { feedId } = parseMessage(catalog.data, message as MessageInput<'data'>) as { feedId: string };
            if (broken && feedId === feedOf(1)) throw new Error('no redis');
            kept.push(feedId);
            return { id: queue, outcome: 'added' };
          },
        },
        clock,
        logger: silentLogger,
      },
    );
    await keeper.start(signal);
    await clock.advance(0);
    expect(kept).toEqual([feedOf(1), feedOf(2)]);
    await clock.advance(14_999);
    expect(kept).toHaveLength(2);
    await clock.advance(1);
    expect(kept).toHaveLength(4);
    broken = true;
    await clock.advance(15_000);
    expect(kept.slice(4)).toEqual([feedOf(2)]);
    await keeper.stop();
    await clock.advance(60_000);
    expect([kept.length, clock.sleepers]).toEqual([5, 0]);
  });
});
