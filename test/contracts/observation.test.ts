import { expect } from 'chai';
import { network } from 'hardhat';
import { reportCall } from '../../workers/chain/feed-calls.ts';
import { isBeyond, isMoved, leaderOf as leaderOfTurn, medianOf, turnAt } from '../../workers/protocol/feed.ts';
import type { Address, DataRequestId, FeedId } from '../../workers/protocol/ids.ts';
import { observationDigest, observationTypedData, reportOf } from '../../workers/protocol/observation.ts';
import { type FeedStage, FeedState, leaderOf, nextTurn, setUnpaidStage } from '../support/feed-stage.ts';

const { networkHelpers } = await network.create();
const load = async (): Promise<FeedStage> => networkHelpers.loadFixture(setUnpaidStage);
const NO_REQUEST = `0x${'00'.repeat(32)}` as unknown as DataRequestId;
const MAX = 2n ** 127n - 1n;
const MIN = -(2n ** 127n);

async function domainOf({ feeds, ethers }: FeedStage) {
  const { chainId } = await ethers.provider.getNetwork();
  return { chainId, verifyingContract: (await feeds.getAddress()) as Address };
}

/** Brings a round in the next turn by the code of the data nodes. */
async function bring(stage: FeedStage, values: readonly bigint[], seconds = 0n) {
  const { feeds, holders } = stage;
  const feedId = stage.feedId as FeedId;
  const domain = await domainOf(stage);
  const turn = await nextTurn(stage, { seconds });
  const reports = await Promise.all(
    values.map(async (value, seat) => {
      const data = observationTypedData({ feedId, requestId: NO_REQUEST, turn, value }, domain);
      return reportOf(seat, value, await holders[seat]!.key.signTypedData(data.domain, data.types, data.value));
    }),
  );
  const { key } = leaderOf(stage, turn);
  // The contract wants seats in ascending order; nodes gather them in any.
  const data = reportCall(feedId, Number(turn), reports.toReversed());
  return { turn, sent: key.sendTransaction({ to: await feeds.getAddress(), data, gasLimit: 1_000_000 }) };
}

describe('what data nodes compute is what FeedRegistry computes', () => {
  it('I17: the digest of an observation, at the ends of its types', async () => {
    const stage = await load();
    const domain = await domainOf(stage);
    const words = [`0x${'00'.repeat(32)}`, `0x${'ff'.repeat(32)}`, stage.feedId];
    for (const feedId of words) {
      for (const requestId of words) {
        for (const turn of [0n, 1n, 2n ** 64n - 1n]) {
          for (const value of [0n, 1n, -1n, MAX, MIN]) {
            const observation = {
              feedId: feedId as FeedId,
              requestId: requestId as unknown as DataRequestId,
              turn,
              value,
            };
            const said = await stage.feeds.observationDigest(feedId, requestId, turn, value);
            expect(observationDigest(observation, domain)).to.equal(said);
          }
        }
      }
    }
  });

  it('turns and their leaders', async () => {
    const stage = await load();
    const terms = { turnSeconds: Number(stage.terms.turnSeconds), seats: Number(stage.terms.seats) };
    for (let i = 0; i < 12; i += 1) {
      await networkHelpers.time.increase(7);
      const [turn, leader] = await stage.feeds.turnOf(stage.feedId);
      const now = turnAt(await networkHelpers.time.latest(), terms);
      expect([BigInt(now), BigInt(leaderOfTurn(now, terms))]).to.deep.equal([turn, leader]);
    }
  });

  it('the calldata of a round, and its median, of odd and even numbers', async () => {
    const stage = await load();
    for (const values of [
      [3n, 1n, 2n],
      [4n, 1n, 3n, 2n],
      [-1n, -5n, -3n, 9n],
      [MAX, MIN, 0n],
      [MIN, MAX, MAX, MIN],
      [7n, 7n, 7n, 7n],
    ]) {
      await (
        await bring(await load(), values)
      ).sent;
      expect((await stage.feeds.latestRound(stage.feedId)).answer).to.equal(medianOf(values));
    }
  });

  it('whether an answer has moved, and whether it is beyond the clamp, at the unit', async () => {
    const deviation = 50n;
    const clamp = 1_000n;
    for (const base of [1_000_000n, -1_000_000n, 999_999n, 1n, 0n, MAX / 2n]) {
      const size = base < 0n ? -base : base;
      const edges = [0n, 1n, (size * deviation) / 10_000n, (size * clamp) / 10_000n].flatMap((by) => [
        by - 1n,
        by,
        by + 1n,
      ]);
      for (const value of new Set(edges.flatMap((by) => [base + by, base - by]))) {
        const stage = await load();
        const { feeds, feedId } = stage;
        await (
          await bring(stage, [base, base, base])
        ).sent;
        const { sent } = await bring(stage, [value, value, value]);
        const isDue = isMoved(value, base, Number(deviation));
        if (!isDue) {
          await expect(sent).to.be.revertedWithCustomError(feeds, 'FeedRegistryNotDue');
          continue;
        }
        await sent;
        const parks = isBeyond(value, base, Number(clamp));
        expect(await feeds.feedState(feedId)).to.equal(parks ? FeedState.Disputed : FeedState.Live);
        expect((await feeds.latestRound(feedId)).answer).to.equal(parks ? base : value);
      }
    }
  });
});
