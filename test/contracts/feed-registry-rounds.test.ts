import { expect } from 'chai';
import { network } from 'hardhat';
import {
  type FeedStage,
  FeedState,
  FUND,
  bondIsExact,
  leaderOf,
  nextTurn,
  reportRound,
  setFeedStage,
  setUnpaidStage,
  signAll,
  signObservation,
} from '../support/feed-stage.ts';

const { networkHelpers } = await network.create();
const load = async (): Promise<FeedStage> => networkHelpers.loadFixture(setFeedStage);
const P = 200_000_000_000n;
const near = [P, P + 1n, P + 2n, P + 3n] as const;

describe('FeedRegistry.report', () => {
  it('accepts a round: median, numbers, times, bits, credits', async () => {
    const stage = await load();
    const { feeds, feedId, terms } = stage;
    expect(await feeds.feedState(feedId)).to.equal(FeedState.Empty);
    const { turn, sent } = await reportRound(stage, [P + 9n, P, P + 3n, P + 5n], { leader: 2 });
    await expect(sent)
      .to.emit(feeds, 'FeedReported')
      .withArgs(feedId, 1n, P + 3n, turn, 2n, 0b1111n, true);
    const round = await feeds.latestRound(feedId);
    const updatedAt = turn * terms.turnSeconds + 1n;
    expect([...round]).to.deep.equal([1n, P + 3n, turn * terms.turnSeconds, updatedAt, 4n]);
    expect([...(await feeds.roundOf(feedId, 1))]).to.deep.equal([...round]);
    expect([...(await feeds.freshAnswer(feedId))]).to.deep.equal([...round]);
    expect(await feeds.feedState(feedId)).to.equal(FeedState.Live);
    const credits = await Promise.all([0, 1, 2, 3].map(async (seat) => (await feeds.seatOf(feedId, seat)).credits));
    expect(credits).to.deep.equal([1n, 1n, 3n, 1n]);
    expect((await feeds.feedInfo(feedId))[4]).to.equal(FUND - 6n * terms.reportPayment);
    expect(await bondIsExact(stage)).to.equal(true);
    await networkHelpers.time.increaseTo(updatedAt + terms.heartbeat);
    expect(await feeds.feedState(feedId)).to.equal(FeedState.Live);
    await networkHelpers.time.increaseTo(updatedAt + terms.heartbeat + 1n);
    expect(await feeds.feedState(feedId)).to.equal(FeedState.Stale);
    await expect(feeds.freshAnswer(feedId))
      .to.be.revertedWithCustomError(feeds, 'FeedRegistryNotLive')
      .withArgs(feedId, FeedState.Stale);
  });

  it('I28: the median is one of the honest values whatever one liar signs, extremes included', async () => {
    for (const lie of [-(2n ** 127n), 2n ** 127n - 1n, 0n]) {
      for (const honest of [
        [P, P + 1n, P + 2n],
        [-5n, -4n, -3n],
      ] as const) {
        for (const at of [0, 1, 2, 3]) {
          const stage = await load();
          const values: bigint[] = [...honest];
          values.splice(at, 0, lie);
          await reportRound(stage, values);
          expect(honest).to.include((await stage.feeds.latestRound(stage.feedId)).answer);
        }
      }
    }
  });

  it('I28: the extremes themselves, and a move from one to the other, overflow nothing', async () => {
    const stage = await load();
    const [low, high] = [-(2n ** 127n), 2n ** 127n - 1n];
    await reportRound(stage, [low, low, low, high], { leader: 0 });
    expect((await stage.feeds.latestRound(stage.feedId)).answer).to.equal(low);
    await reportRound(stage, [high, high, high, low], { leader: 0 });
    expect(await stage.feeds.feedState(stage.feedId)).to.equal(FeedState.Disputed);
    await reportRound(stage, [high, high, high, low], { leader: 1 });
    expect((await stage.feeds.latestRound(stage.feedId)).answer).to.equal(high);
  });

  it('is due by heartbeat or by deviation, at the second and at the unit', async () => {
    const stage = await load();
    const { feeds, feedId, terms } = stage;
    await reportRound(stage, [P, P, P]);
    const { updatedAt, answer } = await feeds.latestRound(feedId);
    const dueAt = updatedAt + (terms.heartbeat * 3n) / 4n;
    const step = (answer * terms.deviationBps) / 10_000n;
    const short = answer + step - 1n;
    const same = reportRound(stage, [short, short, short], { seconds: 0n });
    await expect(same).to.be.revertedWithCustomError(feeds, 'FeedRegistryNotDue').withArgs(feedId, dueAt);
    await reportRound(stage, [answer + step, answer + step, answer + step], { seconds: 0n });
    expect((await feeds.latestRound(feedId)).number).to.equal(2n);
    const down = answer - step;
    await reportRound(stage, [down, down, down], { seconds: 0n });
    expect((await feeds.latestRound(feedId)).number).to.equal(3n);
    const due = (await feeds.latestRound(feedId)).updatedAt + (terms.heartbeat * 3n) / 4n;
    const turn = due / terms.turnSeconds;
    await networkHelpers.time.setNextBlockTimestamp(due - 1n);
    const lead = feeds.connect(leaderOf(stage, turn).key);
    const reports = await signAll(stage, turn, [down, down, down]);
    await expect(lead.report(feedId, turn, reports)).to.be.revertedWithCustomError(feeds, 'FeedRegistryNotDue');
    await networkHelpers.time.setNextBlockTimestamp(due);
    await lead.report(feedId, turn, reports);
  });

  it('takes a turn in its own time and in the next turn, by its own leader', async () => {
    const stage = await load();
    const { feeds, feedId, terms } = stage;
    const turn = await nextTurn(stage, { offset: 19n });
    const reports = await signAll(stage, turn, near);
    await feeds.connect(leaderOf(stage, turn).key).report(feedId, turn, reports);
    expect((await feeds.latestRound(feedId)).observedAt).to.equal(turn * terms.turnSeconds);
    expect(await feeds.turnOf(feedId)).to.deep.equal([turn + 1n, (turn + 1n) % terms.seats]);
  });

  describe('refuses', () => {
    it('an unknown feed', async () => {
      const { feeds } = await load();
      await expect(feeds.report(`0x${'11'.repeat(32)}`, 1, [])).to.be.revertedWithCustomError(
        feeds,
        'FeedRegistryUnknownFeed',
      );
    });

    it('turns that are over or to come', async () => {
      const stage = await load();
      const { feeds, feedId } = stage;
      for (const [offset, now] of [
        [-1n, -1n],
        [20n, 2n],
      ] as const) {
        const turn = await nextTurn(stage, { offset, seconds: 20n });
        await expect(feeds.connect(leaderOf(stage, turn).key).report(feedId, turn, await signAll(stage, turn, near)))
          .to.be.revertedWithCustomError(feeds, 'FeedRegistryWrongTurn')
          .withArgs(turn, turn + now);
      }
    });

    it('everybody but the key of the leader', async () => {
      const stage = await load();
      const { feeds, feedId, holders, stranger } = stage;
      const turn = await nextTurn(stage, { leader: 1 });
      const reports = await signAll(stage, turn, near);
      for (const caller of [holders[0]!.key, holders[1]!.account, stranger]) {
        await expect(feeds.connect(caller).report(feedId, turn, reports))
          .to.be.revertedWithCustomError(feeds, 'FeedRegistryNotLeader')
          .withArgs(caller, 1n);
      }
    });

    it('a turn that was used, after an accepted and after a parked round', async () => {
      const stage = await load();
      const { feeds, feedId } = stage;
      for (const scale of [1n, 2n]) {
        const values = near.map((value) => value * scale);
        const { turn, reports } = await reportRound(stage, values);
        await expect(feeds.connect(leaderOf(stage, turn).key).report(feedId, turn, reports))
          .to.be.revertedWithCustomError(feeds, 'FeedRegistryTurnUsed')
          .withArgs(turn, turn);
        // The turn before may still be reported, but not after a later one.
        const late = await signAll(stage, turn - 1n, values);
        await expect(feeds.connect(leaderOf(stage, turn - 1n).key).report(feedId, turn - 1n, late))
          .to.be.revertedWithCustomError(feeds, 'FeedRegistryTurnUsed')
          .withArgs(turn - 1n, turn);
      }
    });

    it('two rounds of one second', async () => {
      const stage = await load();
      const { feeds, feedId, ethers, terms } = stage;
      const first = await nextTurn(stage, { offset: 12n });
      const before = await signAll(stage, first, near);
      const after = await signAll(
        stage,
        first + 1n,
        near.map((value) => value + value / 100n),
      );
      await ethers.provider.send('evm_setAutomine', [false]);
      await feeds.connect(leaderOf(stage, first).key).report(feedId, first, before, { gasLimit: 400_000 });
      const late = await feeds
        .connect(leaderOf(stage, first + 1n).key)
        .report(feedId, first + 1n, after, { gasLimit: 400_000 });
      await networkHelpers.mine(1);
      await ethers.provider.send('evm_setAutomine', [true]);
      expect((await ethers.provider.getTransactionReceipt(late.hash))?.status).to.equal(0);
      expect((await feeds.latestRound(feedId)).updatedAt).to.equal(first * terms.turnSeconds + 12n);
    });

    it('fewer than a quorum, more than the seats, and seats out of order', async () => {
      const stage = await load();
      const { feeds, feedId } = stage;
      const turn = await nextTurn(stage);
      const lead = feeds.connect(leaderOf(stage, turn).key);
      const all = await signAll(stage, turn, near);
      for (const reports of [all.slice(0, 2), [...all, all[3]!]]) {
        await expect(lead.report(feedId, turn, reports))
          .to.be.revertedWithCustomError(feeds, 'FeedRegistryNoQuorum')
          .withArgs(reports.length, 3n);
      }
      for (const [a, b] of [
        [1, 0],
        [1, 1],
      ] as const) {
        await expect(lead.report(feedId, turn, [all[a]!, all[b]!, all[2]!]))
          .to.be.revertedWithCustomError(feeds, 'FeedRegistrySeatOrder')
          .withArgs(b, a);
      }
    });

    it('seats that are not there, and signatures of others, of other turns, of other values, of nobody, and high ones', async () => {
      const stage = await load();
      const { feeds, feedId, holders } = stage;
      const turn = await nextTurn(stage);
      const lead = feeds.connect(leaderOf(stage, turn).key);
      const all = await signAll(stage, turn, near);
      await expect(lead.report(feedId, turn, [all[0]!, all[1]!, { ...all[2]!, seat: 4 }]))
        .to.be.revertedWithCustomError(feeds, 'FeedRegistryWrongSeat')
        .withArgs(4, 0);
      const n = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
      const word = BigInt(all[2]!.vs);
      const high = n - (word & (2n ** 255n - 1n));
      for (const bad of [
        await signObservation(stage, turn, { seat: 2, value: P, key: holders[3]!.key }),
        await signObservation(stage, turn - 1n, { seat: 2, value: P }),
        await signObservation(stage, turn, { seat: 2, value: P }, `0x${'01'.repeat(32)}`),
        { ...all[2]!, value: P + 7n },
        { ...all[2]!, r: `0x${'00'.repeat(32)}` },
        { ...all[2]!, vs: `0x${high.toString(16).padStart(64, '0')}` },
      ]) {
        await expect(lead.report(feedId, turn, [all[0]!, all[1]!, bad]))
          .to.be.revertedWithCustomError(feeds, 'FeedRegistryInvalidSignature')
          .withArgs(2);
      }
    });
  });
});

describe('FeedRegistry, a move beyond the clamp', () => {
  const disputed = async (): Promise<FeedStage & { turn: bigint }> => {
    const stage = await load();
    await reportRound(stage, near, { leader: 0 });
    const { turn, sent } = await reportRound(stage, [2n * P, 2n * P, 2n * P, P], { leader: 1 });
    await expect(sent)
      .to.emit(stage.feeds, 'FeedDisputed')
      .withArgs(stage.feedId, 2n * P, turn, 1n, 0b1111n, true);
    return { ...stage, turn };
  };

  it('I29: is parked and paid; readers keep the last answer with its old time', async () => {
    const stage = await disputed();
    const { feeds, feedId, terms, turn } = stage;
    expect(await feeds.feedState(feedId)).to.equal(FeedState.Disputed);
    const latest = await feeds.latestRound(feedId);
    expect([latest.number, latest.answer]).to.deep.equal([1n, P + 1n]);
    const { parked, leader } = await feeds.parkedRound(feedId);
    const at = turn * terms.turnSeconds;
    expect([...parked, leader]).to.deep.equal([0n, 2n * P, at, at + 1n, 4n, 1n]);
    expect((await feeds.seatOf(feedId, 3)).strikes).to.equal(0n);
    expect(await bondIsExact(stage)).to.equal(true);
    for (const read of [feeds.freshAnswer(feedId), feeds.windowOf(feedId, 1)]) {
      await expect(read)
        .to.be.revertedWithCustomError(feeds, 'FeedRegistryNotLive')
        .withArgs(feedId, FeedState.Disputed);
    }
    await expect(feeds.roundOf(feedId, 2))
      .to.be.revertedWithCustomError(feeds, 'FeedRegistryNoRound')
      .withArgs(feedId, 2);
  });

  it('I29: its leader cannot decide it; another that agrees with it, or with the last answer, does, at once', async () => {
    for (const answer of [2n * P + P / 10n, P]) {
      const stage = await disputed();
      const { feeds, feedId } = stage;
      await expect(reportRound(stage, [answer, answer, answer], { leader: 1, seconds: 0n }))
        .to.be.revertedWithCustomError(feeds, 'FeedRegistrySameLeader')
        .withArgs(1);
      await reportRound(stage, [answer, answer, answer], { leader: 2, seconds: 0n });
      expect((await feeds.latestRound(feedId)).answer).to.equal(answer);
      expect(await feeds.feedState(feedId)).to.equal(FeedState.Live);
      await expect(feeds.parkedRound(feedId)).to.be.revertedWithCustomError(feeds, 'FeedRegistryNoRound');
    }
  });

  it('I29: a third value is parked in its place, and its leader then has to wait', async () => {
    const stage = await disputed();
    const { feeds, feedId } = stage;
    await reportRound(stage, [4n * P, 4n * P, 4n * P], { leader: 2, seconds: 0n });
    expect((await feeds.parkedRound(feedId)).parked.answer).to.equal(4n * P);
    await expect(
      reportRound(stage, [4n * P, 4n * P, 4n * P], { leader: 2, seconds: 0n }),
    ).to.be.revertedWithCustomError(feeds, 'FeedRegistrySameLeader');
    await reportRound(stage, [4n * P, 4n * P, 4n * P], { leader: 1, seconds: 0n });
    expect((await feeds.latestRound(feedId)).number).to.equal(2n);
  });

  it('is exact at the clamp, and from zero every move is beyond it', async () => {
    const stage = await load();
    const { feeds, feedId } = stage;
    await reportRound(stage, [P, P, P], { leader: 0 });
    const edge = P + P / 10n;
    await reportRound(stage, [edge, edge, edge], { leader: 0 });
    expect(await feeds.feedState(feedId)).to.equal(FeedState.Live);
    const beyond = edge + edge / 10n + 1n;
    await reportRound(stage, [beyond, beyond, beyond], { leader: 0 });
    expect(await feeds.feedState(feedId)).to.equal(FeedState.Disputed);
    for (const leader of [1, 2]) await reportRound(stage, [0n, 0n, 0n], { leader });
    expect((await feeds.latestRound(feedId)).answer).to.equal(0n);
    for (const leader of [1, 2]) await reportRound(stage, [1n, 1n, 1n], { leader, seconds: 0n });
    expect((await feeds.latestRound(feedId)).answer).to.equal(1n);
  });
});

describe('FeedRegistry, a feed that pays nothing', () => {
  it('promises nothing either', async () => {
    const stage = await networkHelpers.loadFixture(setUnpaidStage);
    const { feeds, feedId, settlement } = stage;
    await reportRound(stage, near);
    await feeds.collect(feedId, 0);
    expect(await settlement.bondOf(feedId)).to.equal(FUND);
    expect((await feeds.feedInfo(feedId))[4]).to.equal(FUND);
  });
});
