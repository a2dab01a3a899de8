import { expect } from 'chai';
import { ZeroHash } from 'ethers';
import { network } from 'hardhat';
import {
  BOND,
  type FeedStage,
  STAKE,
  SeatStatus,
  bondIsExact,
  nextTurn,
  reportRound,
  setFeedStage,
  signObservation,
} from '../support/feed-stage.ts';
import { LEAVE_DELAY } from '../support/system.ts';

const { networkHelpers } = await network.create();
const load = async (): Promise<FeedStage> => networkHelpers.loadFixture(setFeedStage);
const P = 200_000_000_000n;
const UNKNOWN = `0x${'11'.repeat(32)}`;

describe('FeedRegistry.proveDoubleReport', () => {
  const prove = async (
    stage: FeedStage,
    seat: number,
    turn: bigint,
    key = stage.holders[seat]!.key,
    requestId = ZeroHash,
  ) => {
    const first = await signObservation(stage, turn, { seat, value: P, key }, requestId);
    const second = await signObservation(stage, turn, { seat: 30, value: P + 1n, key }, requestId);
    return stage.feeds.connect(stage.stranger).proveDoubleReport(stage.feedId, requestId, turn, first, second);
  };

  it('slashes the bond, pays the caller, vacates the seat, and never again', async () => {
    const stage = await load();
    const { feeds, feedId, holders, staking, settlement, stranger, steward } = stage;
    const { account, key } = holders[2]!;
    const { turn } = await reportRound(stage, [P, P, P]);
    const before = await settlement.balanceOf(stranger);
    await expect(prove(stage, 2, turn))
      .to.emit(feeds, 'DoubleReportProven')
      .withArgs(feedId, account, stranger, turn);
    expect((await settlement.balanceOf(stranger)) - before).to.equal(BOND / 4n);
    expect(await settlement.balanceOf(await settlement.BURN_ADDRESS())).to.equal((BOND * 3n) / 4n);
    expect([...(await staking.stakeOf(account))]).to.deep.equal([STAKE - BOND, 0n]);
    expect([...(await feeds.bondOf(feedId, account))]).to.deep.equal([0n, 0n, true]);
    expect((await feeds.seatOf(feedId, 2)).status).to.equal(SeatStatus.Vacant);
    expect(await bondIsExact(stage)).to.equal(true);
    await expect(prove(stage, 2, turn)).to.be.revertedWithCustomError(feeds, 'FeedRegistryNotDouble');
    await expect(feeds.connect(steward).invite(feedId, 2, account))
      .to.be.revertedWithCustomError(feeds, 'FeedRegistryExpelled')
      .withArgs(feedId, account);
    expect(key.address).to.not.equal(account.address);
  });

  it('knows requests, replaced keys and those who left, but no turn after a key had ended', async () => {
    for (const way of ['request', 'replaced', 'left'] as const) {
      const stage = await load();
      const { feeds, feedId, holders, staking, stranger, consentOf, terms, steward } = stage;
      const { account, key } = holders[1]!;
      const turn = await nextTurn(stage);
      if (way === 'replaced') {
        await staking.connect(account).appointAttester(stranger, await consentOf(account, stranger));
        await feeds.connect(account).replaceReporter(feedId, 1, stranger);
      }
      if (way === 'left') {
        await feeds.connect(account).leave(feedId, 1);
        await feeds.connect(steward).invite(feedId, 1, account);
      }
      if (way !== 'request') {
        const after = BigInt(await networkHelpers.time.latest()) / terms.turnSeconds + 1n;
        await expect(prove(stage, 1, after, key)).to.be.revertedWithCustomError(feeds, 'FeedRegistryNotDouble');
      }
      await prove(stage, 1, turn, key, way === 'request' ? UNKNOWN : ZeroHash);
      const { expelled } = await feeds.bondOf(feedId, account);
      expect(expelled, way).to.equal(true);
      expect((await feeds.seatOf(feedId, 1)).status).to.equal(way === 'left' ? SeatStatus.Invited : SeatStatus.Vacant);
      if (way === 'left') {
        await expect(feeds.connect(account).join(feedId, 1, account)).to.be.revertedWithCustomError(
          feeds,
          'FeedRegistryExpelled',
        );
      }
    }
  });

  it('vacates the seat that the operator has now, not the one where its key lied', async () => {
    const stage = await load();
    const { feeds, feedId, holders, steward, staking } = stage;
    const [first, , , fourth, fifth] = holders;
    const turn = await nextTurn(stage);
    await feeds.connect(first!.account).leave(feedId, 0);
    await feeds.connect(steward).invite(feedId, 0, fifth!.account);
    await feeds.connect(fifth!.account).join(feedId, 0, fifth!.key);
    await feeds.connect(fourth!.account).leave(feedId, 3);
    await networkHelpers.time.increase(LEAVE_DELAY);
    await feeds.releaseBond(feedId, first!.account);
    await feeds.connect(steward).invite(feedId, 3, first!.account);
    await staking.connect(first!.account).appointAttester(first!.account, '0x');
    await feeds.connect(first!.account).join(feedId, 3, first!.account);
    await prove(stage, 0, turn);
    expect((await feeds.seatOf(feedId, 0)).status).to.equal(SeatStatus.Seated);
    expect((await feeds.seatOf(feedId, 3)).status).to.equal(SeatStatus.Vacant);
  });

  it('refuses one value twice, two keys, malformed signatures and strangers', async () => {
    const stage = await load();
    const { feeds, feedId, stranger } = stage;
    const turn = await nextTurn(stage);
    const one = await signObservation(stage, turn, { seat: 0, value: P });
    const other = await signObservation(stage, turn, { seat: 1, value: P + 1n });
    const broken = { ...one, r: ZeroHash };
    const foreign = (value: bigint) => signObservation(stage, turn, { seat: 0, value, key: stranger });
    for (const [first, second] of [
      [one, one],
      [one, other],
      [broken, { ...broken, value: P + 1n }],
      [await foreign(1n), await foreign(2n)],
    ] as const) {
      await expect(feeds.proveDoubleReport(feedId, ZeroHash, turn, first, second)).to.be.revertedWithCustomError(
        feeds,
        'FeedRegistryNotDouble',
      );
    }
  });
});
