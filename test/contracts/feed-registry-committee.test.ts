import { expect } from 'chai';
import { ZeroAddress, ZeroHash, encodeBytes32String } from 'ethers';
import { network } from 'hardhat';
import {
  BOND,
  FEED_NAME,
  FEED_TERMS,
  FUND,
  type FeedStage,
  FeedState,
  SOURCES,
  STAKE,
  SeatStatus,
  bondIsExact,
  leaderOf,
  reportRound,
  setFeedStage,
  signAll,
} from '../support/feed-stage.ts';
import { LEAVE_DELAY } from '../support/system.ts';

const { networkHelpers } = await network.create();
const load = async (): Promise<FeedStage> => networkHelpers.loadFixture(setFeedStage);
const P = 200_000_000_000n;
const UNKNOWN = `0x${'11'.repeat(32)}`;

describe('FeedRegistry.createFeed', () => {
  it('says what was promised, and knows nothing else', async () => {
    const { feeds, feedId, steward, operators, terms } = await load();
    const [created] = await feeds.queryFilter(feeds.filters.FeedCreated(feedId));
    expect([created!.args.steward, created!.args.name, created!.args.sourcesDigest, created!.args.bond]).to.deep.equal([
      steward.address,
      FEED_NAME,
      SOURCES,
      BOND,
    ]);
    expect([...created!.args.operators]).to.deep.equal(operators);
    expect([...(await feeds.feedTerms(feedId))]).to.deep.equal(Object.values(terms));
    expect([...(await feeds.feedInfo(feedId))]).to.deep.equal([FEED_NAME, SOURCES, steward.address, BOND, FUND]);
    expect(await feeds.feedState(UNKNOWN)).to.equal(FeedState.None);
    expect(await feeds.leaveDelay()).to.equal(LEAVE_DELAY);
    expect((await feeds.seatOf(feedId, 4)).status).to.equal(SeatStatus.None);
    await expect(feeds.latestRound(feedId))
      .to.be.revertedWithCustomError(feeds, 'FeedRegistryNoRound')
      .withArgs(feedId, 0);
    await expect(feeds.feedTerms(UNKNOWN))
      .to.be.revertedWithCustomError(feeds, 'FeedRegistryUnknownFeed')
      .withArgs(UNKNOWN);
  });

  it('the same feed once; another bond, name or source is another feed', async () => {
    const { feeds, feedId, steward, operators } = await load();
    const args = [FEED_NAME, SOURCES, FEED_TERMS, BOND, steward.address, operators, ZeroHash] as const;
    await expect(feeds.createFeed(...args))
      .to.be.revertedWithCustomError(feeds, 'FeedRegistryAlreadyCreated')
      .withArgs(feedId);
    const [name, sources, terms, bond, ...rest] = args;
    const ids = [
      feedId,
      await feeds.createFeed.staticCall(encodeBytes32String('x'), sources, terms, bond, ...rest),
      await feeds.createFeed.staticCall(name, FEED_NAME, terms, bond, ...rest),
      await feeds.createFeed.staticCall(name, sources, terms, bond + 1n, ...rest),
    ];
    expect(new Set(ids).size).to.equal(4);
  });

  it('refuses terms that cannot work, and names the first', async () => {
    const { feeds, steward, operators } = await load();
    const create = (change: object, { name = FEED_NAME, sources = SOURCES, bond = BOND, who = operators } = {}) =>
      feeds.createFeed(name, sources, { ...FEED_TERMS, ...change }, bond, steward.address, who, ZeroHash);
    for (const [sent, field] of [
      [create({}, { name: ZeroHash }), 'name'],
      [create({}, { name: `0x${'61'.repeat(32)}` }), 'name'],
      [create({}, { sources: ZeroHash }), 'sourcesDigest'],
      [create({ seats: 1n, faults: 0n }, { who: operators.slice(0, 1) }), 'seats'],
      [create({ seats: 32n }, { who: Array<string>(32).fill(operators[0]!) }), 'seats'],
      [create({ seats: 5n }), 'seats'],
      [create({ faults: 2n }), 'faults'],
      [create({ decimals: 19n }), 'decimals'],
      [create({ turnSeconds: 0n }), 'turnSeconds'],
      [create({ heartbeat: 79n }), 'heartbeat'],
      [create({ deviationBps: 0n }), 'deviationBps'],
      [create({ clampBps: 50n }), 'clampBps'],
      [create({ outlierBps: 0n }), 'outlierBps'],
      [create({ strikesMax: 0n }), 'strikesMax'],
      [create({ suspensionSeconds: 0n }), 'suspensionSeconds'],
      [create({}, { bond: 0n }), 'bond'],
      [create({}, { who: [ZeroAddress, ...operators.slice(1)] }), 'operators'],
    ] as const) {
      await expect(sent)
        .to.be.revertedWithCustomError(feeds, 'FeedRegistryInvalidTerms')
        .withArgs(encodeBytes32String(field));
    }
    await expect(
      create({}, { who: [operators[0]!, operators[1]!, operators[0]!, operators[2]!] }),
    ).to.be.revertedWithCustomError(feeds, 'FeedRegistryAlreadySeated');
  });
});

describe('FeedRegistry, seats', () => {
  it('taking one locks the bond; leaving pays what was earned and frees the bond after the delay', async () => {
    const stage = await load();
    const { feeds, feedId, holders, staking, settlement, terms } = stage;
    const { account, key } = holders[1]!;
    const [taken] = await feeds.queryFilter(feeds.filters.SeatTaken(feedId, undefined, account.address));
    expect([...taken!.args]).to.deep.equal([feedId, 1n, account.address, key.address, BOND]);
    expect([...(await staking.stakeOf(account))]).to.deep.equal([STAKE - BOND, BOND]);
    expect([...(await feeds.bondOf(feedId, account))]).to.deep.equal([BOND, 0n, false]);
    await reportRound(stage, [P, P, P, P], { leader: 1 });
    const left = feeds.connect(account).leave(feedId, 1);
    await expect(left)
      .to.emit(feeds, 'CreditsCollected')
      .withArgs(feedId, 1, account, 3, 3n * terms.reportPayment);
    const releaseAt = BigInt(await networkHelpers.time.latest()) + LEAVE_DELAY;
    await expect(left).to.emit(feeds, 'SeatLeft').withArgs(feedId, 1, account, releaseAt);
    expect(await settlement.balanceOf(account)).to.equal(3n * terms.reportPayment);
    expect(await bondIsExact(stage)).to.equal(true);
    expect([...(await feeds.seatOf(feedId, 1))]).to.deep.equal([
      SeatStatus.Vacant,
      ZeroAddress,
      ZeroAddress,
      0n,
      0n,
      0n,
    ]);
    await networkHelpers.time.setNextBlockTimestamp(releaseAt - 1n);
    await expect(feeds.releaseBond(feedId, account))
      .to.be.revertedWithCustomError(feeds, 'FeedRegistryBondNotReleased')
      .withArgs(feedId, account, releaseAt);
    await networkHelpers.time.setNextBlockTimestamp(releaseAt);
    await expect(feeds.releaseBond(feedId, account)).to.emit(feeds, 'FeedBondReleased').withArgs(feedId, account, BOND);
    expect([...(await staking.stakeOf(account))]).to.deep.equal([STAKE, 0n]);
    await expect(feeds.releaseBond(feedId, account)).to.be.revertedWithCustomError(
      feeds,
      'FeedRegistryBondNotReleased',
    );
    await expect(feeds.releaseBond(feedId, holders[2]!.account)).to.be.revertedWithCustomError(
      feeds,
      'FeedRegistryBondNotReleased',
    );
  });

  it('only the steward invites, to seats that are free, whom it likes but the seated and the expelled', async () => {
    const stage = await load();
    const { feeds, feedId, holders, steward, stranger } = stage;
    const [, second, , , fifth, sixth] = holders;
    const by = feeds.connect(steward);
    await expect(feeds.connect(stranger).invite(feedId, 1, fifth!.account))
      .to.be.revertedWithCustomError(feeds, 'FeedRegistryUnauthorized')
      .withArgs(stranger);
    await expect(by.invite(feedId, 1, fifth!.account))
      .to.be.revertedWithCustomError(feeds, 'FeedRegistryWrongSeat')
      .withArgs(1, SeatStatus.Seated);
    await expect(by.invite(feedId, 4, fifth!.account))
      .to.be.revertedWithCustomError(feeds, 'FeedRegistryWrongSeat')
      .withArgs(4, 0);
    await feeds.connect(second!.account).leave(feedId, 1);
    await expect(by.invite(feedId, 1, holders[0]!.account)).to.be.revertedWithCustomError(
      feeds,
      'FeedRegistryAlreadySeated',
    );
    await expect(by.invite(feedId, 1, ZeroAddress)).to.be.revertedWithCustomError(feeds, 'FeedRegistryInvalidTerms');
    await expect(by.invite(feedId, 1, fifth!.account))
      .to.emit(feeds, 'OperatorInvited')
      .withArgs(feedId, 1, fifth!.account);
    await by.invite(feedId, 1, sixth!.account);
    await expect(feeds.connect(fifth!.account).join(feedId, 1, fifth!.key))
      .to.be.revertedWithCustomError(feeds, 'FeedRegistryUnauthorized')
      .withArgs(fifth!.account);
    await feeds.connect(sixth!.account).join(feedId, 1, sixth!.key);
    await reportRound(stage, [P, undefined, P, P], { leader: 0 });
    await feeds.connect(sixth!.account).leave(feedId, 1);
    await by.invite(feedId, 1, second!.account);
    await expect(feeds.connect(second!.account).join(feedId, 1, second!.account))
      .to.be.revertedWithCustomError(feeds, 'FeedRegistryAlreadySeated')
      .withArgs(feedId, second!.account);
  });

  it('takes only a live attester key of the operator that was never used in this committee', async () => {
    const { feeds, feedId, holders, stranger, staking, consentOf } = await load();
    const { account, key } = holders[0]!;
    const by = feeds.connect(account);
    for (const bad of [stranger.address, ZeroAddress, key.address, holders[5]!.key.address, account.address]) {
      await expect(by.replaceReporter(feedId, 0, bad))
        .to.be.revertedWithCustomError(feeds, 'FeedRegistryInvalidReporter')
        .withArgs(bad);
    }
    await staking.connect(account).appointAttester(stranger, await consentOf(account, stranger));
    await expect(by.replaceReporter(feedId, 0, stranger))
      .to.emit(feeds, 'ReporterReplaced')
      .withArgs(feedId, 0, stranger);
    expect((await feeds.seatOf(feedId, 0)).reporter).to.equal(stranger.address);
    await expect(by.replaceReporter(feedId, 0, key)).to.be.revertedWithCustomError(
      feeds,
      'FeedRegistryInvalidReporter',
    );
    await expect(by.join(feedId, 0, key))
      .to.be.revertedWithCustomError(feeds, 'FeedRegistryWrongSeat')
      .withArgs(0, SeatStatus.Seated);
    for (const act of [() => feeds.replaceReporter(feedId, 0, key), () => feeds.leave(feedId, 0)]) {
      await expect(act()).to.be.revertedWithCustomError(feeds, 'FeedRegistryUnauthorized');
    }
  });
});

describe('FeedRegistry, money', () => {
  it('fund, defund, collect: to the wei, and never more than nobody has earned', async () => {
    const stage = await load();
    const { feeds, feedId, steward, stranger, settlement, holders, terms } = stage;
    await reportRound(stage, [P, P, P], { leader: 3 });
    const spent = 5n * terms.reportPayment;
    expect((await feeds.seatOf(feedId, 3)).credits).to.equal(2n);
    await expect(feeds.connect(stranger).fund(feedId, 7n)).to.emit(feeds, 'FeedFunded').withArgs(feedId, stranger, 7n);
    await expect(feeds.connect(stranger).defund(feedId, 1n)).to.be.revertedWithCustomError(
      feeds,
      'FeedRegistryUnauthorized',
    );
    const left = FUND - spent + 7n;
    await expect(feeds.connect(steward).defund(feedId, left + 1n))
      .to.be.revertedWithCustomError(feeds, 'FeedRegistryInsufficientFund')
      .withArgs(feedId, left, left + 1n);
    for (const act of [() => feeds.fund(feedId, 0), () => feeds.defund(feedId, 0)]) {
      await expect(act()).to.be.revertedWithCustomError(feeds, 'FeedRegistryZeroAmount');
    }
    await expect(feeds.connect(steward).defund(feedId, left)).to.emit(feeds, 'FeedDefunded').withArgs(feedId, left);
    expect(await settlement.balanceOf(steward)).to.equal(STAKE - FUND + left);
    expect(await settlement.bondOf(feedId)).to.equal(spent);
    const { sent } = await reportRound(stage, [P, P, P]);
    await expect(sent)
      .to.emit(feeds, 'FeedReported')
      .withArgs(
        feedId,
        2,
        P,
        (t: bigint) => t > 0n,
        (s: bigint) => s >= 0n,
        7,
        false,
      );
    for (const [seat, credits] of [
      [0, 1n],
      [1, 1n],
      [2, 1n],
      [3, 2n],
    ] as const) {
      const amount = credits * terms.reportPayment;
      expect(await feeds.collect.staticCall(feedId, seat)).to.equal(amount);
      await feeds.collect(feedId, seat);
      expect(await settlement.balanceOf(holders[seat]!.account)).to.equal(amount);
      expect(await feeds.collect.staticCall(feedId, seat)).to.equal(0n);
      await feeds.collect(feedId, seat);
    }
    expect(await settlement.bondOf(feedId)).to.equal(0n);
    await feeds.connect(steward).fund(feedId, spent - 1n);
    await reportRound(stage, [P, P, P], { leader: 0 });
    expect((await feeds.seatOf(feedId, 0)).credits).to.equal(0n);
    await feeds.connect(steward).fund(feedId, 1n);
    await reportRound(stage, [P, P, P], { leader: 0 });
    expect([(await feeds.seatOf(feedId, 0)).credits, (await feeds.feedInfo(feedId))[4]]).to.deep.equal([3n, 0n]);
    expect(await bondIsExact(stage)).to.equal(true);
  });
});

describe('FeedRegistry, outliers', () => {
  const off = P + P / 10n;

  it('strikes in a row suspend; one good report resets them; the suspension ends on the second', async () => {
    const stage = await load();
    const { feeds, feedId, terms } = stage;
    await reportRound(stage, [P, P, P, off]);
    expect((await feeds.seatOf(feedId, 3)).strikes).to.equal(1n);
    await reportRound(stage, [P, P, P, P + P / 50n]);
    expect((await feeds.seatOf(feedId, 3)).strikes).to.equal(0n);
    await reportRound(stage, [P, P, P, P + P / 50n + 1n]);
    const { sent, turn } = await reportRound(stage, [P, P, P, off], { leader: 0 });
    const until = turn * terms.turnSeconds + 1n + terms.suspensionSeconds;
    await expect(sent).to.emit(feeds, 'SeatSuspended').withArgs(feedId, 3, until);
    expect([...(await feeds.seatOf(feedId, 3))].slice(3, 5)).to.deep.equal([until, 0n]);
    await expect(reportRound(stage, [P, P, P, P]))
      .to.be.revertedWithCustomError(feeds, 'FeedRegistrySuspended')
      .withArgs(3, until);
    // Suspended is what it signs, not that it brings what others signed.
    await reportRound(stage, [P, P, P], { leader: 3 });
    const last = until / terms.turnSeconds;
    const reports = await signAll(stage, last, [P, P, P, P]);
    await networkHelpers.time.setNextBlockTimestamp(until - 1n);
    const lead = feeds.connect(leaderOf(stage, last).key);
    await expect(lead.report(feedId, last, reports)).to.be.revertedWithCustomError(feeds, 'FeedRegistrySuspended');
    await networkHelpers.time.setNextBlockTimestamp(until);
    await lead.report(feedId, last, reports);
  });

  it('never suspends a seat that the quorum needs', async () => {
    const stage = await load();
    const { feeds, feedId, holders } = stage;
    await feeds.connect(holders[0]!.account).leave(feedId, 0);
    for (let i = 0; i < 4; i += 1) await reportRound(stage, [undefined, P, P, off], { leader: 1 });
    const seat = await feeds.seatOf(feedId, 3);
    expect([seat.strikes, seat.suspendedUntil]).to.deep.equal([1n, 0n]);
  });
});
