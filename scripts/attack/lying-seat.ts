import { FeedState } from '../../workers/protocol/feed.ts';
import { nameOf } from '../../workers/protocol/job.ts';
import { createFeed, FEED_TERMS, nextTurn, observations, PRICE, reportCall, round, showPrice } from './stage/feeds.ts';
import type { Attack } from './stage/attack.ts';

/** One liar of four moves nothing, and a leader cannot make a liar out of an honest seat by leaving others out. */
export const lyingSeat: Attack = {
  name: 'lying-seat',
  threats: ['T20', 'T21'],
  what: 'a leader lies, and picks the reports of a round so that an honest seat looks like the liar',
  async run(stage) {
    const { FeedRegistry } = stage.contracts;
    const feed = await createFeed(stage);
    await round(stage, feed);
    const strikesOf = async (seat: number) => Number((await FeedRegistry.seatOf(feed.id, seat)).strikes);
    const lie = 10n * PRICE;
    for (const honest of [
      [1, 2],
      [2, 3],
      [1, 3],
    ]) {
      const turn = await nextTurn(stage, FEED_TERMS.heartbeat, 0);
      const said = [0, 1, 2, 3].map((seat) => (seat === 0 ? lie : honest.includes(seat) ? PRICE : undefined));
      const reports = await observations(stage, feed, turn, said);
      await stage.attempt(
        `lies, and leaves out all but seats ${honest.join(' and ')}`,
        reportCall(stage, feed, turn, reports),
      );
      stage.holds('the answer', showPrice((await FeedRegistry.latestRound(feed.id)).answer), showPrice(PRICE));
      for (const seat of honest) stage.holds(`strikes of seat ${seat}`, await strikesOf(seat), 0);
    }
    const { suspendedUntil } = await FeedRegistry.seatOf(feed.id, 0);
    const seat = await strikesOf(0);
    stage.proves('the liar has a strike, or is suspended', seat > 0 || Number(suspendedUntil) > 0);
    stage.holds('the feed', nameOf(FeedState, Number(await FeedRegistry.feedState(feed.id))), 'Live');
    const turn = await nextTurn(stage, FEED_TERMS.heartbeat, 1);
    const reports = await observations(stage, feed, turn, [undefined, PRICE + 1n, PRICE + 1n, PRICE + 1n]);
    await stage.control('brings a round without the liar', reportCall(stage, feed, turn, reports));
  },
};
