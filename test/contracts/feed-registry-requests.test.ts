import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { ZeroAddress, encodeBytes32String, hexlify } from 'ethers';
import { network } from 'hardhat';
import {
  DataStatus,
  type DataTermsLike,
  type FeedStage,
  SPEC,
  TOKEN,
  bondIsExact,
  dataTermsOf,
  leaderOf,
  nextTurn,
  setFeedStage,
  signAll,
} from '../support/feed-stage.ts';

const { networkHelpers } = await network.create();
const load = async (): Promise<FeedStage> => networkHelpers.loadFixture(setFeedStage);
const digest = `0x${createHash('sha256')
  .update(SPEC as Uint8Array)
  .digest('hex')}`;

async function ask(stage: FeedStage, overrides: Record<string, unknown> = {}) {
  const { feeds, stranger } = stage;
  const given = await dataTermsOf(stage, overrides);
  const terms: DataTermsLike = { ...given, requester: stranger.address, specDigest: digest };
  const id = await feeds.dataRequestIdOf(terms);
  const sent = await feeds.connect(stranger).requestData(given, SPEC);
  return { terms, id, sent };
}

async function answer(
  stage: FeedStage,
  { terms, id }: { terms: DataTermsLike; id: string },
  values: readonly (bigint | undefined)[],
  options: Record<string, unknown> = {},
  leader = 0,
) {
  const turn = await nextTurn(stage, { leader });
  const reports = await signAll(stage, turn, values, id);
  return { turn, sent: stage.feeds.connect(leaderOf(stage, turn).key).answerData(terms, turn, reports, options) };
}

describe('FeedRegistry, data requests', () => {
  it('are asked, answered once and paid for to the wei; a lie costs no strike', async () => {
    const stage = await load();
    const { feeds, feedId, settlement, stranger, holders } = stage;
    const { id, terms, sent: asked } = await ask(stage);
    await expect(asked)
      .to.emit(feeds, 'DataRequested')
      .withArgs(id, feedId, (t: { specDigest: string }) => t.specDigest === digest, hexlify(SPEC));
    expect(await settlement.bondOf(id)).to.equal(terms.fee);
    const { turn, sent } = await answer(stage, { id, terms }, [7n, 900n, 8n, -9n], {}, 1);
    await expect(sent).to.emit(feeds, 'DataAnswered').withArgs(id, 7n, turn, 1, 0b1111);
    const state = await feeds.dataState(id);
    expect([state.status, state.delivered, state.reports, state.answer]).to.deep.equal([
      DataStatus.Answered,
      false,
      4n,
      7n,
    ]);
    const part = terms.fee / 6n;
    for (const [seat, amount] of [part, terms.fee - 3n * part, part, part].entries()) {
      expect(await settlement.balanceOf(holders[seat]!.account)).to.equal(amount);
    }
    expect(await settlement.bondOf(id)).to.equal(0n);
    expect((await feeds.seatOf(feedId, 1)).strikes).to.equal(0n);
    expect(await bondIsExact(stage)).to.equal(true);
    await expect((await answer(stage, { id, terms }, [7n, 7n, 7n])).sent)
      .to.be.revertedWithCustomError(feeds, 'FeedRegistryUnknownRequest')
      .withArgs(id);
    await expect(feeds.expireData(terms)).to.be.revertedWithCustomError(feeds, 'FeedRegistryUnknownRequest');
    await expect(feeds.retryDataCallback(terms))
      .to.be.revertedWithCustomError(feeds, 'FeedRegistryCallbackNotDue')
      .withArgs(id);
    await expect(feeds.connect(stranger).requestData({ ...terms, requester: ZeroAddress }, SPEC))
      .to.be.revertedWithCustomError(feeds, 'FeedRegistryAlreadyRequested')
      .withArgs(id);
  });

  it('a leader that did not report has its own part and the rest; a fee of nothing is shared too', async () => {
    for (const fee of [0n, 1n, TOKEN]) {
      const stage = await load();
      const { settlement, holders } = stage;
      const asked = await ask(stage, { fee });
      await (
        await answer(stage, asked, [1n, 2n, 3n], {}, 3)
      ).sent;
      expect(await settlement.balanceOf(holders[3]!.account)).to.equal(fee - 3n * (fee / 5n));
      expect(await settlement.bondOf(asked.id)).to.equal(0n);
    }
  });

  it('expire after the deadline, and the fee goes back', async () => {
    const stage = await load();
    const { feeds, settlement, stranger } = stage;
    const before = await settlement.balanceOf(stranger);
    const { id, terms } = await ask(stage);
    await networkHelpers.time.setNextBlockTimestamp(terms.deadline);
    await expect(feeds.expireData(terms))
      .to.be.revertedWithCustomError(feeds, 'FeedRegistryDeadlineNotPassed')
      .withArgs(id, terms.deadline);
    await networkHelpers.time.increaseTo(terms.deadline);
    await expect((await answer(stage, { id, terms }, [1n, 2n, 3n])).sent)
      .to.be.revertedWithCustomError(feeds, 'FeedRegistryDeadlinePassed')
      .withArgs(id, terms.deadline);
    await expect(feeds.expireData(terms)).to.emit(feeds, 'DataExpired').withArgs(id, terms.fee);
    expect((await feeds.dataState(id)).status).to.equal(DataStatus.Expired);
    expect(await settlement.balanceOf(stranger)).to.equal(before);
  });

  it('refuses turns from before the question', async () => {
    const stage = await load();
    const { feeds } = stage;
    const turn = await nextTurn(stage, { offset: 12n });
    const asked = await ask(stage, { deadline: 2n ** 40n - 1n });
    const reports = await signAll(stage, turn, [1n, 2n, 3n], asked.id);
    await expect(feeds.connect(leaderOf(stage, turn).key).answerData(asked.terms, turn, reports))
      .to.be.revertedWithCustomError(feeds, 'FeedRegistryWrongTurn')
      .withArgs(turn, turn + 1n);
  });

  it('refuses what cannot be answered', async () => {
    const stage = await load();
    const { feeds, stranger } = stage;
    const by = feeds.connect(stranger);
    const target = await feeds.getAddress();
    for (const [change, spec, field] of [
      [{}, '0x', 'spec'],
      [{}, new Uint8Array(4_097), 'spec'],
      [{ deadline: 1n }, SPEC, 'deadline'],
      [{ callbackTarget: stranger.address }, SPEC, 'callbackTarget'],
      [{ callbackGas: 1n }, SPEC, 'callbackTarget'],
      [{ callbackTarget: target, callbackGas: 500_001n }, SPEC, 'callbackGas'],
    ] as const) {
      await expect(by.requestData(await dataTermsOf(stage, change), spec))
        .to.be.revertedWithCustomError(feeds, 'FeedRegistryInvalidRequest')
        .withArgs(encodeBytes32String(field));
    }
    const nowhere = await dataTermsOf(stage, { committee: `0x${'11'.repeat(32)}` });
    await expect(by.requestData(nowhere, SPEC)).to.be.revertedWithCustomError(feeds, 'FeedRegistryUnknownFeed');
  });

  it('call back with the answer; a failure blocks nothing and is tried again', async () => {
    const stage = await load();
    const { feeds, ethers } = stage;
    const reader = await ethers.deployContract('DataReader');
    const target = await reader.getAddress();
    const good = await ask(stage, { callbackTarget: target, callbackGas: 100_000n });
    await (
      await answer(stage, good, [1n, 2n, 3n])
    ).sent;
    expect([...(await reader.last())]).to.deep.equal([good.id, 2n]);
    expect((await feeds.dataState(good.id)).delivered).to.equal(true);
    await expect(feeds.retryDataCallback(good.terms)).to.be.revertedWithCustomError(
      feeds,
      'FeedRegistryCallbackNotDue',
    );
    await reader.setFailing(true);
    const bad = await ask(stage, { callbackTarget: target, callbackGas: 100_000n, salt: 1n });
    await expect((await answer(stage, bad, [4n, 5n, 6n])).sent)
      .to.emit(feeds, 'DataCallbackFailed')
      .withArgs(bad.id);
    await expect(feeds.retryDataCallback(bad.terms))
      .to.be.revertedWithCustomError(feeds, 'FeedRegistryCallbackFailed')
      .withArgs(bad.id);
    await reader.setFailing(false);
    await expect(feeds.retryDataCallback(bad.terms, { gasLimit: 120_000 })).to.be.revertedWithCustomError(
      feeds,
      'FeedRegistryInsufficientGas',
    );
    await expect(feeds.retryDataCallback(bad.terms)).to.emit(feeds, 'DataCallbackRetried').withArgs(bad.id);
    expect([...(await reader.last())]).to.deep.equal([bad.id, 5n]);
  });
});
