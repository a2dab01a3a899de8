import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { network } from 'hardhat';
import { type FeedStage, FeedState, reportRound, setFeedStage, setSevenSeatStage } from '../support/feed-stage.ts';

const { networkHelpers } = await network.create();
const P = 200_000_000_000n;

async function withAggregator() {
  const stage: FeedStage = await networkHelpers.loadFixture(setFeedStage);
  const { ethers, feeds, feedId } = stage;
  const aggregator = await ethers.deployContract('FeedAggregator', [feeds, feedId]);
  const consumer = await ethers.deployContract('ChainlinkConsumer', [aggregator, 600n]);
  return { ...stage, stage, aggregator, consumer };
}

describe('FeedAggregator', () => {
  it('is what a contract written for Chainlink expects', async () => {
    const { stage, aggregator, consumer, feeds, feedId } = await withAggregator();
    expect([await aggregator.decimals(), await aggregator.description(), await aggregator.version()]).to.deep.equal([
      8n,
      'ETH / USD',
      1n,
    ]);
    await expect(aggregator.latestRoundData())
      .to.be.revertedWithCustomError(feeds, 'FeedRegistryNoRound')
      .withArgs(feedId, 0);
    await expect(consumer.worthOf(1)).to.be.revertedWithCustomError(feeds, 'FeedRegistryNoRound');
    const { turn } = await reportRound(stage, [P, P, P]);
    const at = turn * 10n;
    expect([...(await aggregator.latestRoundData())]).to.deep.equal([1n, P, at, at + 1n, 1n]);
    expect([...(await aggregator.getRoundData(1))]).to.deep.equal([1n, P, at, at + 1n, 1n]);
    for (const number of [0n, 2n, 2n ** 80n - 1n]) {
      await expect(aggregator.getRoundData(number))
        .to.be.revertedWithCustomError(feeds, 'FeedRegistryNoRound')
        .withArgs(feedId, number);
    }
    expect(await consumer.worthOf(3)).to.equal(6_000n * 10n ** 18n);
    expect(await consumer.historicalPrice(1)).to.deep.equal([P, at + 1n]);
    await networkHelpers.time.increaseTo(at + 1n + 601n);
    await expect(consumer.record(1))
      .to.be.revertedWithCustomError(consumer, 'ChainlinkConsumerStalePrice')
      .withArgs(at + 1n);
    expect(await aggregator.feedState()).to.equal(FeedState.Stale);
  });

  it('keeps the last answer with its old time while the feed is disputed, and says so', async () => {
    const { stage, aggregator } = await withAggregator();
    await reportRound(stage, [P, P, P], { leader: 0 });
    const before = [...(await aggregator.latestRoundData())];
    expect(await aggregator.isDisputed()).to.equal(false);
    await reportRound(stage, [2n * P, 2n * P, 2n * P], { leader: 0 });
    expect([...(await aggregator.latestRoundData())]).to.deep.equal(before);
    expect([await aggregator.isDisputed(), await aggregator.feedState()]).to.deep.equal([true, FeedState.Disputed]);
  });

  it('hands out negative prices, which such a contract refuses', async () => {
    const { stage, consumer } = await withAggregator();
    await reportRound(stage, [-5n, -5n, -5n]);
    await expect(consumer.record(1)).to.be.revertedWithCustomError(consumer, 'ChainlinkConsumerBadPrice').withArgs(-5n);
  });

  it('hands out the whole range of prices', async () => {
    for (const answer of [2n ** 127n - 1n, -(2n ** 127n)]) {
      const { stage, aggregator } = await withAggregator();
      await reportRound(stage, [answer, answer, answer]);
      expect((await aggregator.latestRoundData())[1]).to.equal(answer);
    }
  });

  it('refuses to stand for a feed that is not there', async () => {
    const { ethers, feeds } = await networkHelpers.loadFixture(setFeedStage);
    await expect(
      ethers.deployContract('FeedAggregator', [feeds, `0x${'11'.repeat(32)}`]),
    ).to.be.revertedWithCustomError(feeds, 'FeedRegistryUnknownFeed');
  });
});

/** A feed with 258 rounds, two more than stay. */
async function fillRing(stage: FeedStage) {
  const { feeds, feedId, steward, terms } = stage;
  await feeds.connect(steward).fund(feedId, 20n * 10n ** 18n);
  let gasOfLast = 0n;
  for (let i = 0n; i < 258n; i += 1n) {
    const value = P + i * 10n ** 8n;
    const { sent } = await reportRound(stage, Array<bigint>(Number(terms.seats)).fill(value));
    gasOfLast = (await sent.wait())!.gasUsed;
  }
  return { ...stage, gasOfLast };
}
const fullRingOfFour = async (connection: Parameters<typeof setFeedStage>[0]) =>
  fillRing(await setFeedStage(connection));
const fullRingOfSeven = async (connection: Parameters<typeof setSevenSeatStage>[0]) =>
  fillRing(await setSevenSeatStage(connection));

describe('FeedRegistry, the window and the ring', () => {
  for (const { seats, full, cap } of [
    { seats: 'four', full: fullRingOfFour, cap: 140_000n },
    { seats: 'seven', full: fullRingOfSeven, cap: 175_000n },
  ]) {
    it(`256 rounds of ${seats} seats stay, float32 big-endian, oldest first`, async () => {
      const { feeds, feedId } = await networkHelpers.loadFixture(full);
      expect(await feeds.ROUNDS_KEPT()).to.equal(256n);
      await expect(feeds.roundOf(feedId, 2)).to.be.revertedWithCustomError(feeds, 'FeedRegistryNoRound');
      expect((await feeds.roundOf(feedId, 3)).answer).to.equal(P + 2n * 10n ** 8n);
      const [vector, lastRound] = await feeds.windowOf(feedId, 256);
      const expected = Buffer.alloc(1_024);
      for (let i = 0; i < 256; i += 1) expected.writeFloatBE(2_002 + i, i * 4);
      expect([vector, lastRound]).to.deep.equal([`0x${expected.toString('hex')}`, 258n]);
      expect((await feeds.windowOf(feedId, 3))[0]).to.equal(`0x${expected.subarray(1_012).toString('hex')}`);
      for (const count of [0, 257]) {
        await expect(feeds.windowOf(feedId, count))
          .to.be.revertedWithCustomError(feeds, 'FeedRegistryNoRound')
          .withArgs(feedId, count);
      }
    });

    it(`a round of ${seats} seats costs at most ${cap.toLocaleString('en-US')} gas, a read at most 8,000`, async () => {
      const { feeds, feedId, ethers, gasOfLast } = await networkHelpers.loadFixture(full);
      expect(gasOfLast).to.be.at.most(cap);
      const aggregator = await ethers.deployContract('FeedAggregator', [feeds, feedId]);
      const consumer = await ethers.deployContract('ChainlinkConsumer', [aggregator, 600n]);
      await consumer.measure();
      expect(await consumer.readGas()).to.be.at.most(8_000n);
    });
  }

  it('rounds to the nearest float32, ties to even, on both sides of zero', async () => {
    const unit = 10n ** 8n;
    const top = 2n ** 24n;
    const ties = [top + 1n, top + 3n, top + 2n].map((value) => value * unit);
    const besides = [
      (top + 1n) * unit + 1n,
      (top + 1n) * unit - 1n,
      (top + 3n) * unit - 1n,
      2n * top * unit - unit / 2n,
    ];
    const expected = [2 ** 24, 2 ** 24 + 4, 2 ** 24 + 2, 2 ** 24 + 2, 2 ** 24, 2 ** 24 + 2, 2 ** 25];
    const tiny = [1n, 123_456_789n, 33_333_333n, 7n];
    for (const sign of [1n, -1n]) {
      const stage: FeedStage = await networkHelpers.loadFixture(setFeedStage);
      const { feeds, feedId } = stage;
      const values = [...ties, ...besides, ...tiny].map((value) => value * sign);
      // A second leader's agreement takes every value across the clamp.
      for (const value of values) {
        const before = await feeds.feedState(feedId);
        await reportRound(stage, [value, value, value], { leader: 0, seconds: 600n });
        if ((await feeds.feedState(feedId)) === FeedState.Disputed) {
          await reportRound(stage, [value, value, value], { leader: 1, seconds: 0n });
        }
        expect(before).to.not.equal(FeedState.Disputed);
      }
      const vector = Buffer.alloc(values.length * 4);
      const all = [...expected, ...tiny.map((value) => Number(value) / 1e8)];
      all.forEach((value, i) => vector.writeFloatBE(Number(sign) * value, i * 4));
      expect((await feeds.windowOf(feedId, values.length))[0]).to.equal(`0x${vector.toString('hex')}`);
    }
  });

  it('fits into EIP-170', () => {
    const file = 'artifacts/contracts/FeedRegistry.sol/FeedRegistry.json';
    const { deployedBytecode } = JSON.parse(readFileSync(file, 'utf8')) as { deployedBytecode: string };
    expect((deployedBytecode.length - 2) / 2).to.be.at.most(24_576);
  });
});
