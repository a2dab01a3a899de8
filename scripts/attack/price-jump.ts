import { FeedState } from '../../workers/protocol/feed.ts';
import { nameOf } from '../../workers/protocol/job.ts';
import { callOf } from './stage/contract-handle.ts';
import { createFeed, nextTurn, observations, PRICE, reportCall, round, showPrice } from './stage/feeds.ts';
import type { Attack } from './stage/attack.ts';
import { TOKEN } from './stage/open-stage.ts';

/** A move beyond the clamp waits for a second leader; until then the last answer stays, and says that it is in doubt. */
export const priceJump: Attack = {
  name: 'price-jump',
  threats: ['T20'],
  what: 'a quorum that was captured for one turn moves the price by half',
  async run(stage) {
    const { cast, handles, contracts } = stage;
    const { FeedRegistry } = contracts;
    const feed = await createFeed(stage);
    await round(stage, feed, PRICE, 1);
    const answer = async () => showPrice((await FeedRegistry.latestRound(feed.id)).answer);
    const state = async () => nameOf(FeedState, Number(await FeedRegistry.feedState(feed.id)));
    const report = async (leader: number, value: bigint) => {
      const turn = await nextTurn(stage, 0, leader);
      return reportCall(stage, feed, turn, await observations(stage, feed, turn, [value, value, value]));
    };
    await stage.attempt('reports half the price, three seats signed it', await report(0, PRICE / 2n));
    stage.holds('the answer', await answer(), showPrice(PRICE));
    stage.holds('the feed', await state(), 'Disputed');
    const turn = await nextTurn(stage, 0, 0);
    const again = await observations(stage, feed, turn, [PRICE / 2n, PRICE / 2n, PRICE / 2n]);
    await stage.refused('confirms it itself', reportCall(stage, feed, turn, again), {
      error: 'FeedRegistrySameLeader',
      with: { leader: 0 },
    });
    await stage.refused(
      'takes the committee’s fund meanwhile',
      callOf(cast.mallory, handles.FeedRegistry, 'defund', [feed.id, TOKEN]),
      { error: 'FeedRegistryUnauthorized', with: { caller: cast.mallory.address } },
    );
    await stage.step('reports the price as it was', await report(1, PRICE + 1n));
    stage.holds('the answer', await answer(), showPrice(PRICE + 1n));
    stage.holds('the feed', await state(), 'Live');
    await stage.step('reports a real fall by half', await report(2, PRICE / 2n));
    await stage.control('confirms it, as another leader', await report(3, PRICE / 2n));
    stage.holds('the answer that two leaders agree on', await answer(), showPrice(PRICE / 2n));
  },
};
