import { FeedState } from '../../workers/protocol/feed.ts';
import { nameOf } from '../../workers/protocol/job.ts';
import { createFeed, nextTurn, observation, observations, PRICE, reportCall, showPrice } from './stage/feeds.ts';
import type { Attack } from './stage/attack.ts';

/** A round needs a quorum of different seats, each with its own signature of this turn. */
export const duplicateSeats: Attack = {
  name: 'duplicate-seats',
  threats: ['T11', 'T20'],
  what: 'a leader makes a quorum out of its own signature, of others’ names, or of yesterday’s values',
  async run(stage) {
    const feed = await createFeed(stage);
    const turn = await nextTurn(stage, 0, 0);
    const own = await observation(stage, feed, { turn, seat: 0, value: 3n * PRICE });
    const signed = await observations(stage, feed, turn, [3n * PRICE, PRICE, PRICE]);
    const [, second, third] = signed;
    await stage.refused('reports its own value three times', reportCall(stage, feed, turn, [own, own, own]), {
      error: 'FeedRegistrySeatOrder',
      with: { seat: 0, previous: 0 },
    });
    const others = [own, { ...own, seat: 1 }, { ...own, seat: 2 }];
    await stage.nextBlockAt(turn * 10 + 3);
    await stage.refused('reports it in the names of others', reportCall(stage, feed, turn, others), {
      error: 'FeedRegistryInvalidSignature',
      with: { seat: 1 },
    });
    await stage.refused('reports two seats only', reportCall(stage, feed, turn, signed.slice(0, 2)), {
      error: 'FeedRegistryNoQuorum',
      with: { reports: 2, quorum: 3 },
    });
    const stale = await observation(stage, feed, { turn: turn - 4, seat: 1, value: PRICE });
    const mixed = third ? [own, stale, third] : [];
    await stage.refused('reports a value that was signed for an earlier turn', reportCall(stage, feed, turn, mixed), {
      error: 'FeedRegistryInvalidSignature',
      with: { seat: 1 },
    });
    const { FeedRegistry } = stage.contracts;
    stage.holds('the feed', nameOf(FeedState, Number(await FeedRegistry.feedState(feed.id))), 'Empty');
    await stage.control(
      'reports three seats',
      reportCall(stage, feed, turn, second && third ? [own, second, third] : []),
    );
    const { answer } = await FeedRegistry.latestRound(feed.id);
    stage.holds('the answer', showPrice(answer), showPrice(PRICE));
  },
};
