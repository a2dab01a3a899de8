import { ZERO_HEX32 } from '../../workers/protocol/ids.ts';
import { callOf } from './stage/contract-handle.ts';
import { createFeed, FEED_BOND, nextTurn, observation, PRICE } from './stage/feeds.ts';
import type { Attack } from './stage/attack.ts';
import { STAKE } from './stage/open-stage.ts';

/** Two signed values for one turn cost the seat and its bond, once; leaving does not help. */
export const doubleReport: Attack = {
  name: 'double-report',
  threats: ['T9', 'T20'],
  what: 'a data node signs two prices for one turn, one for each of two readers, and leaves',
  async run(stage) {
    const { cast, handles, contracts } = stage;
    const { watcher, mallory } = cast;
    const registry = handles.FeedRegistry;
    const feed = await createFeed(stage);
    const [, liar] = cast.seats;
    if (!liar) throw new Error('the committee has no seat 1');
    const turn = await nextTurn(stage);
    const first = await observation(stage, feed, { turn, seat: 1, value: PRICE });
    const second = await observation(stage, feed, { turn, seat: 1, value: 2n * PRICE });
    const other = await observation(stage, feed, { turn, seat: 2, value: 2n * PRICE });
    const later = await observation(stage, feed, { turn: turn + 1, seat: 1, value: 2n * PRICE });
    const prove = (from: typeof mallory, a: unknown, b: unknown) =>
      callOf(from, registry, 'proveDoubleReport', [feed.id, ZERO_HEX32, turn, a, b]);
    await stage.attempt('leaves its seat', callOf(liar.owner, registry, 'leave', [feed.id, 1]));
    await stage.refused('takes its bond', callOf(liar.owner, registry, 'releaseBond', [feed.id, liar.owner.address]), {
      error: 'FeedRegistryBondNotReleased',
      with: { operator: liar.owner.address },
    });
    const refusal = { error: 'FeedRegistryNotDouble' };
    await stage.refused('accuses it with another seat’s value', prove(mallory, first, other), refusal);
    await stage.refused('accuses it with a value of another turn', prove(mallory, first, later), refusal);
    await stage.refused('accuses it with the same value twice', prove(mallory, first, first), refusal);
    const before = await stage.wealthOf(watcher);
    await stage.control('shows both values', prove(watcher, first, second));
    const { free, locked } = await contracts.OperatorStaking.stakeOf(liar.owner.address);
    stage.holds('left of the liar’s stake', free + locked, STAKE - FEED_BOND);
    stage.holds('a quarter for who showed it', (await stage.wealthOf(watcher)) - before, FEED_BOND / 4n);
    await stage.refused('shows them once more', prove(mallory, first, second), refusal);
    const { expelled } = await contracts.FeedRegistry.bondOf(feed.id, liar.owner.address);
    stage.holds('the liar may come back', !expelled, false);
  },
};
