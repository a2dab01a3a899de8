import { FeedState } from '../../workers/protocol/feed.ts';
import { Availability, nameOf, termsToChain } from '../../workers/protocol/job.ts';
import { callOf } from './stage/contract-handle.ts';
import { createFeed, FEED_TERMS, nextTurn, observations, PRICE, reportCall, round } from './stage/feeds.ts';
import { termsFor } from './stage/jobs.ts';
import type { Attack } from './stage/attack.ts';

/** Nothing is computed from an answer older than its heartbeat, and no answer comes back. */
export const staleFeed: Attack = {
  name: 'stale-feed',
  threats: ['T20'],
  what: 'a job is made from an old price, and an old round is brought again as a new one',
  async run(stage) {
    const { cast, handles, contracts } = stage;
    const { mallory } = cast;
    const feed = await createFeed(stage);
    for (let i = 0; i < 10; i++) await round(stage, feed, PRICE + BigInt(i));
    const ask = async () => {
      const terms = await termsFor(stage, { requester: mallory.address, availability: Availability.Feed });
      return callOf(mallory, handles.FeedRequests, 'requestFromFeed', [termsToChain(terms), feed.id]);
    };
    await stage.control('asks about the last ten prices', await ask());
    const last = await contracts.FeedRegistry.latestRound(feed.id);
    const used = Number(last.observedAt) / FEED_TERMS.turnSeconds;
    await stage.pass(FEED_TERMS.heartbeat + 1);
    await stage.refused('asks about them when they are old', await ask(), {
      error: 'FeedRegistryNotLive',
      with: { state: FeedState.Stale },
    });
    stage.holds('the feed', nameOf(FeedState, Number(await contracts.FeedRegistry.feedState(feed.id))), 'Stale');
    const old = await observations(stage, feed, used, [PRICE, PRICE, PRICE]);
    await stage.refused('brings the values of an old turn', reportCall(stage, feed, used, old), {
      error: 'FeedRegistryWrongTurn',
      with: { turn: used },
    });
    const turn = await nextTurn(stage);
    const now = await observations(stage, feed, turn, [PRICE, PRICE, PRICE]);
    await stage.control('brings a new round', reportCall(stage, feed, turn, now));
    const moved = await observations(stage, feed, turn, [2n * PRICE, 2n * PRICE, 2n * PRICE]);
    await stage.refused('brings another round of the same turn', reportCall(stage, feed, turn, moved), {
      error: 'FeedRegistryTurnUsed',
      with: { turn, last: turn },
    });
    const after = await contracts.FeedRegistry.latestRound(feed.id);
    stage.holds('rounds since', Number(after.number - last.number), 1);
  },
};
