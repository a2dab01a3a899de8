import { expect } from 'chai';
import { hexlify, id, keccak256, type Result, ZeroAddress, ZeroHash } from 'ethers';
import { network } from 'hardhat';
import {
  Availability,
  CallbackPhase,
  Delivery,
  JobStatus,
  termsOfChain,
  termsToChain,
} from '../../workers/protocol/job.ts';
import { ScheduleState } from '../../workers/protocol/schedule.ts';
import { type FeedJobStage, HEARTBEAT, setFeedJobStage } from '../support/feed-job-stage.ts';
import { CALLBACK_GAS, CHALLENGE_WINDOW, FEE, STAKE_AT_RISK, vectorOf } from '../support/jobs.ts';

const { networkHelpers } = await network.create();
const { time } = networkHelpers;
const load = async (): Promise<FeedJobStage> => networkHelpers.loadFixture(setFeedJobStage);

const INPUT = hexlify(vectorOf(3));
const TIP = 10n ** 16n;
const INTERVAL = 600n;
const GAP = 60n;
const UNIT = 10n ** 8n;
const COST = FEE + TIP;

/** A schedule over a fixed input, without a callback. */
function fixedTerms(stage: FeedJobStage) {
  return {
    modelId: stage.otherModel.id as string,
    feedId: ZeroHash,
    inputHash: keccak256(INPUT),
    fee: FEE,
    stakeAtRisk: STAKE_AT_RISK,
    operator: stage.operator.address as string,
    callbackTarget: ZeroAddress,
    callbackPhase: CallbackPhase.None as number,
    delivery: Delivery.Inline,
    callbackGas: 0,
    challengeWindow: CHALLENGE_WINDOW,
    attestTime: 300,
    interval: INTERVAL,
    deviationBps: 0n,
    gap: GAP,
    tip: TIP,
  };
}
type ScheduleTerms = ReturnType<typeof fixedTerms>;

/** The same about the staged feed, due when it moves by a hundredth. */
const feedTerms = (stage: FeedJobStage): ScheduleTerms => ({
  ...fixedTerms(stage),
  feedId: stage.feedId,
  inputHash: ZeroHash,
  deviationBps: 100n,
});

/** Makes a schedule of the requester's with money for `runs` runs. */
async function made(stage: FeedJobStage, terms: ScheduleTerms, runs = 3n): Promise<string> {
  const { scheduler, settlement, requester, admin } = stage;
  const input = terms.feedId === ZeroHash ? INPUT : '0x';
  const schedule = await scheduler.connect(requester).create.staticCall(terms, input);
  await scheduler.connect(requester).create(terms, input);
  if (runs > 0n) await settlement.connect(admin).deposit(schedule, runs * COST);
  return schedule;
}

async function withFixed(runs = 3n) {
  const stage = await load();
  return { ...stage, schedule: await made(stage, fixedTerms(stage), runs) };
}

/** A schedule about a feed with three answers: 100, 100, 100. */
async function withFeed(runs = 3n) {
  const stage = await load();
  for (let i = 0; i < 3; i++) await stage.answer(100n * UNIT, i === 0 ? 1n : (HEARTBEAT * 3n) / 4n);
  return { ...stage, schedule: await made(stage, feedTerms(stage), runs) };
}

const stateOf = async ({ scheduler }: FeedJobStage, schedule: string): Promise<bigint[]> => [
  ...(await scheduler.stateOf(schedule)),
];
/** Triggers it; the job, with its terms and input as the registry announced them. */
async function triggered(stage: FeedJobStage, schedule: string, input: string, by = stage.stranger) {
  const { scheduler, jobs } = stage;
  const sent = await scheduler.connect(by).trigger(schedule, input);
  const receipt = await sent.wait();
  const [log] = receipt!.logs.map((one) => jobs.interface.parseLog(one)).filter((one) => one?.name === 'JobRequested');
  const [jobId, , terms, taken] = log!.args as unknown as [string, string, Result, string];
  return { sent, jobId, terms: termsOfChain(terms.toObject()), input: taken };
}

const numberOf = (state: number): bigint => BigInt(state);

describe('Scheduler', () => {
  it('fixes its neighbours for ever', async () => {
    const { scheduler, jobs, feedRequests, feeds, settlement, models, ethers } = await load();
    expect(await scheduler.jobRegistry()).to.equal(jobs.target);
    expect(await scheduler.feedRequests()).to.equal(feedRequests.target);
    expect(await scheduler.feedRegistry()).to.equal(feeds.target);
    expect(await scheduler.settlement()).to.equal(settlement.target);
    expect(await scheduler.modelRegistry()).to.equal(models.target);
    const account = await ethers.getContractAt('ScheduleAccount', await scheduler.account());
    expect(await account.scheduler()).to.equal(scheduler.target);
  });

  describe('create', () => {
    it('announces the schedule with its input, and keeps its terms and owner', async () => {
      const stage = await load();
      const { scheduler, requester } = stage;
      const terms = fixedTerms(stage);
      const schedule = await scheduler.connect(requester).create.staticCall(terms, INPUT);
      await expect(scheduler.connect(requester).create(terms, INPUT))
        .to.emit(scheduler, 'ScheduleCreated')
        .withArgs(schedule, requester.address, Object.values(terms), INPUT);
      expect([...(await scheduler.termsOf(schedule))].map(String)).to.deep.equal(Object.values(terms).map(String));
      expect(await scheduler.ownerOf(schedule)).to.equal(requester.address);
      expect([...(await scheduler.lastRun(schedule))]).to.deep.equal([0n, 0n, 0n]);
    });

    const fixed: readonly (readonly [string, Partial<ScheduleTerms>, string?])[] = [
      ['modelId', { modelId: id('no model') }],
      ['inputHash', { inputHash: id('another input') }],
      ['inputHash', { inputHash: keccak256(hexlify(vectorOf(2))) }, hexlify(vectorOf(2))],
      ['deviationBps', { deviationBps: 1n }],
      ['fee', { fee: 0n }],
      ['interval', { interval: 0n, gap: 0n }],
      ['interval', { gap: INTERVAL + 1n }],
      ['attestTime', { attestTime: 0 }],
      ['callbackTarget', { callbackPhase: CallbackPhase.OnFinal }],
      ['callbackTarget', { callbackTarget: `0x${'11'.repeat(20)}` }],
    ];
    const fed: readonly (readonly [string, Partial<ScheduleTerms>, string?])[] = [
      ['feedId', { feedId: id('no feed') }],
      ['inputHash', { inputHash: id('an input') }],
      ['inputHash', {}, INPUT],
    ];
    for (const [field, change, input] of fixed) {
      it(`refuses ${field}: ${JSON.stringify(change, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v))}`, async () => {
        const stage = await load();
        await expect(stage.scheduler.create({ ...fixedTerms(stage), ...change }, input ?? INPUT))
          .to.be.revertedWithCustomError(stage.scheduler, 'SchedulerInvalidSchedule')
          .withArgs(bytes32(field));
      });
    }
    for (const [field, change, input] of fed) {
      it(`refuses ${field} of a feed's: ${JSON.stringify(change)} ${input === undefined ? '' : 'with an input'}`, async () => {
        const stage = await load();
        await expect(stage.scheduler.create({ ...feedTerms(stage), ...change }, input ?? '0x'))
          .to.be.revertedWithCustomError(stage.scheduler, 'SchedulerInvalidSchedule')
          .withArgs(bytes32(field));
      });
    }

    it('refuses a model that takes more answers than are kept', async () => {
      const stage = await load();
      await expect(stage.scheduler.create({ ...feedTerms(stage), modelId: stage.wideModel.id }, '0x'))
        .to.be.revertedWithCustomError(stage.scheduler, 'SchedulerInvalidSchedule')
        .withArgs(bytes32('modelId'));
    });
  });

  describe('trigger', () => {
    it('requests a job of the schedule over its fixed input: it costs fee and tip, and the tip is paid in tokens', async () => {
      const stage = await withFixed();
      const { scheduler, schedule, settlement, stranger, token, operator } = stage;
      const { sent, jobId, terms, input } = await triggered(stage, schedule, INPUT);
      await expect(sent).to.emit(scheduler, 'ScheduleTriggered').withArgs(schedule, jobId, 1n, stranger.address, TIP);
      await expect(sent).to.changeTokenBalances(stage.ethers, token, [stranger, settlement], [TIP, -TIP]);
      expect(await settlement.balanceOf(schedule)).to.equal(2n * COST);

      const now = BigInt(await time.latest());
      expect({ ...terms, inputRoot: '' }).to.deep.include({
        requester: schedule,
        modelId: stage.otherModel.id,
        fee: FEE,
        stakeAtRisk: STAKE_AT_RISK,
        operator: operator.address,
        availability: Availability.Inline,
        delivery: Delivery.Inline,
        attestDeadline: now + 300n,
        challengeWindow: CHALLENGE_WINDOW,
        salt: 1n,
      });
      expect(input).to.equal(INPUT);
      expect(await scheduler.runOf(schedule, jobId)).to.equal(1n);
      expect(await scheduler.runOf(schedule, id('another job'))).to.equal(0n);
      expect([...(await scheduler.lastRun(schedule))]).to.deep.equal([1n, now, 0n]);
      expect(await stateOf(stage, schedule)).to.deep.equal([numberOf(ScheduleState.Waiting), now + INTERVAL]);
    });

    it('is due again after the interval, not a second sooner', async () => {
      const stage = await withFixed();
      const { scheduler, schedule } = stage;
      await scheduler.trigger(schedule, INPUT);
      const again = BigInt(await time.latest()) + INTERVAL;
      await time.setNextBlockTimestamp(again - 1n);
      await expect(scheduler.trigger(schedule, INPUT))
        .to.be.revertedWithCustomError(scheduler, 'SchedulerNotDue')
        .withArgs(schedule, ScheduleState.Waiting, again);
      await time.setNextBlockTimestamp(again);
      await scheduler.trigger(schedule, INPUT);
      expect((await scheduler.lastRun(schedule))[0]).to.equal(2n);
    });

    it('requests a job about the feed', async () => {
      const stage = await withFeed();
      const { scheduler, schedule, feedRequests, settlement, feedId } = stage;
      const { sent, jobId, terms } = await triggered(stage, schedule, '0x');
      await expect(sent).to.emit(feedRequests, 'FeedInputTaken').withArgs(jobId, feedId, 3n, 3n);
      expect(terms).to.deep.include({ availability: Availability.Feed, requester: schedule });
      expect(await settlement.balanceOf(schedule)).to.equal(2n * COST);
      expect((await scheduler.lastRun(schedule))[2]).to.equal(100n * UNIT);
    });

    it('is due when the feed has moved far enough, and the gap is over', async () => {
      const stage = await withFeed();
      const { scheduler, schedule } = stage;
      await scheduler.trigger(schedule, '0x');
      const first = BigInt(await time.latest());
      const waiting = [numberOf(ScheduleState.Waiting), first + INTERVAL];
      const due = [numberOf(ScheduleState.Due), first + INTERVAL];
      await stage.answer((100n * UNIT * 1_009n) / 1_000n, GAP);
      expect(await stateOf(stage, schedule)).to.deep.equal(waiting);
      await stage.answer(101n * UNIT);
      expect(await stateOf(stage, schedule)).to.deep.equal(due);
      await scheduler.trigger(schedule, '0x');
      const second = BigInt(await time.latest());
      expect([...(await scheduler.lastRun(schedule))]).to.deep.equal([2n, second, 101n * UNIT]);

      // Back again, and within the gap.
      await stage.answer(99n * UNIT);
      expect((await stateOf(stage, schedule))[0]).to.equal(numberOf(ScheduleState.Waiting));
      await time.setNextBlockTimestamp(second + GAP);
      await scheduler.trigger(schedule, '0x');
    });

    it('needs the input that the schedule was made with', async () => {
      const { scheduler, schedule } = await withFixed();
      for (const input of ['0x', hexlify(vectorOf(3, 2))]) {
        await expect(scheduler.trigger(schedule, input))
          .to.be.revertedWithCustomError(scheduler, 'SchedulerInputMismatch')
          .withArgs(keccak256(INPUT));
      }
    });

    it('pays no tip where there is none', async () => {
      const stage = await load();
      const { scheduler, settlement, token, stranger } = stage;
      const schedule = await made(stage, { ...fixedTerms(stage), tip: 0n }, 1n);
      const before = await settlement.balanceOf(schedule);
      const sent = scheduler.connect(stranger).trigger(schedule, INPUT);
      await expect(sent).to.changeTokenBalances(stage.ethers, token, [stranger], [0n]);
      expect(await settlement.balanceOf(schedule)).to.equal(before - FEE);
    });

    it('makes the target of the callback the one of the schedule', async () => {
      const stage = await load();
      const { probeAddress } = stage;
      const called = { callbackTarget: probeAddress, callbackPhase: CallbackPhase.OnFinal, callbackGas: CALLBACK_GAS };
      const schedule = await made(stage, { ...fixedTerms(stage), ...called });
      const { terms } = await triggered(stage, schedule, INPUT);
      expect(terms).to.deep.include(called);
    });

    it('refuses a schedule that nobody made', async () => {
      const { scheduler, stranger } = await load();
      await expect(scheduler.trigger(stranger, INPUT))
        .to.be.revertedWithCustomError(scheduler, 'SchedulerUnknownSchedule')
        .withArgs(stranger);
      expect([...(await scheduler.stateOf(stranger))]).to.deep.equal([0n, 0n]);
    });

    it('spends nothing when the job registry refuses the terms', async () => {
      const stage = await load();
      const { scheduler, jobs, settlement, stranger, token } = stage;
      const schedule = await made(stage, { ...fixedTerms(stage), attestTime: 100_000 });
      const sent = scheduler.connect(stranger).trigger(schedule, INPUT);
      await expect(sent).to.be.revertedWithCustomError(jobs, 'JobRegistryInvalidDeadline');
      expect(await settlement.balanceOf(schedule)).to.equal(3n * COST);
      expect(await token.balanceOf(stranger)).to.equal(0n);
      expect((await scheduler.lastRun(schedule))[0]).to.equal(0n);
    });
  });

  describe('waits', () => {
    /** Not due, in this state, for whoever triggers. */
    async function waits(stage: FeedJobStage, schedule: string, state: number, input: string): Promise<void> {
      expect((await stateOf(stage, schedule))[0]).to.equal(numberOf(state));
      await expect(stage.scheduler.trigger(schedule, input))
        .to.be.revertedWithCustomError(stage.scheduler, 'SchedulerNotDue')
        .withArgs(schedule, state, 0n);
    }

    it('for money: one unit less than fee and tip is too little, anybody may top up', async () => {
      const stage = await withFixed(0n);
      const { schedule, settlement, scheduler, admin } = stage;
      await settlement.connect(admin).deposit(schedule, COST - 1n);
      await waits(stage, schedule, ScheduleState.Unfunded, INPUT);
      await settlement.connect(admin).deposit(schedule, 1n);
      expect((await stateOf(stage, schedule))[0]).to.equal(numberOf(ScheduleState.Due));
      await scheduler.trigger(schedule, INPUT);
      expect(await settlement.balanceOf(schedule)).to.equal(0n);
    });

    it('for a feed that lives', async () => {
      const stage = await withFeed();
      await time.increase(HEARTBEAT + 1n);
      await waits(stage, stage.schedule, ScheduleState.FeedNotLive, '0x');
      await stage.answer(100n * UNIT);
      await stage.scheduler.trigger(stage.schedule, '0x');
    });

    it('for as many answers as the model takes', async () => {
      const stage = await load();
      const schedule = await made(stage, feedTerms(stage));
      await waits(stage, schedule, ScheduleState.FeedNotLive, '0x');
      await stage.answer(100n * UNIT);
      await stage.answer(101n * UNIT);
      await waits(stage, schedule, ScheduleState.FeedNotLive, '0x');
      await stage.answer(102n * UNIT);
      await stage.scheduler.trigger(schedule, '0x');
    });

    it('while the feed is disputed, however far it has moved', async () => {
      const stage = await withFeed();
      const { scheduler, schedule } = stage;
      await scheduler.trigger(schedule, '0x');
      const again = BigInt(await time.latest()) + INTERVAL;
      await stage.answer(200n * UNIT, GAP);
      expect(await stateOf(stage, schedule)).to.deep.equal([numberOf(ScheduleState.Waiting), again]);
      await time.increaseTo(again);
      expect(await stateOf(stage, schedule)).to.deep.equal([numberOf(ScheduleState.FeedNotLive), again]);
    });

    it('while requests are paused (I30)', async () => {
      const stage = await withFixed();
      const { jobs, admin, schedule, scheduler } = stage;
      await jobs.connect(admin).pauseRequests();
      await waits(stage, schedule, ScheduleState.Refused, INPUT);
      await jobs.connect(admin).unpauseRequests();
      await scheduler.trigger(schedule, INPUT);
    });

    it('for ever once the model is retired, and gives its money back', async () => {
      const stage = await withFixed();
      const { models, otherPublisher, schedule, otherModel, scheduler, requester } = stage;
      await models.connect(otherPublisher).retire(otherModel.id);
      await waits(stage, schedule, ScheduleState.Refused, INPUT);
      expect(await scheduler.connect(requester).cancel.staticCall(schedule, requester)).to.equal(3n * COST);
    });
  });

  describe('its owner', () => {
    it('cancels: the whole balance is paid out, and nothing triggers it again', async () => {
      const stage = await withFixed();
      const { scheduler, schedule, requester, stranger, token, settlement } = stage;
      const sent = scheduler.connect(requester).cancel(schedule, stranger);
      await expect(sent)
        .to.emit(scheduler, 'ScheduleCancelled')
        .withArgs(schedule, 3n * COST);
      await expect(sent).to.changeTokenBalances(stage.ethers, token, [stranger], [3n * COST]);
      expect(await settlement.balanceOf(schedule)).to.equal(0n);
      await settlement.connect(stage.admin).deposit(schedule, COST);
      await expect(scheduler.trigger(schedule, INPUT))
        .to.be.revertedWithCustomError(scheduler, 'SchedulerNotDue')
        .withArgs(schedule, ScheduleState.Cancelled, 0n);
    });

    it('cancels without a balance', async () => {
      const { scheduler, schedule, requester } = await withFixed(0n);
      await expect(scheduler.connect(requester).cancel(schedule, requester))
        .to.emit(scheduler, 'ScheduleCancelled')
        .withArgs(schedule, 0n);
    });

    it('fetches the refund of a job that nobody answered, after it has cancelled', async () => {
      const stage = await withFixed(1n);
      const { scheduler, schedule, jobs, requester, token, settlement } = stage;
      const { jobId, terms } = await triggered(stage, schedule, INPUT);
      await scheduler.connect(requester).cancel(schedule, requester);
      await time.increase(301n);
      await jobs.expire(termsToChain(terms));
      expect((await jobs.stateOf(jobId)).status).to.equal(JobStatus.Expired);
      expect(await settlement.balanceOf(schedule)).to.equal(FEE);
      const sent = scheduler.connect(requester).withdraw(schedule, requester, FEE);
      await expect(sent).to.emit(scheduler, 'ScheduleWithdrawn').withArgs(schedule, requester.address, FEE);
      await expect(sent).to.changeTokenBalances(stage.ethers, token, [requester], [FEE]);
    });

    it('withdraws a part while it runs, never more than there is', async () => {
      const stage = await withFixed();
      const { scheduler, schedule, requester, settlement } = stage;
      await scheduler.connect(requester).withdraw(schedule, requester, COST);
      expect(await settlement.balanceOf(schedule)).to.equal(2n * COST);
      await expect(scheduler.connect(requester).withdraw(schedule, requester, 2n * COST + 1n))
        .to.be.revertedWithCustomError(settlement, 'SettlementInsufficientBalance')
        .withArgs(schedule, 2n * COST, 2n * COST + 1n);
    });

    it('is the only one who can', async () => {
      const { scheduler, schedule, stranger, admin } = await withFixed();
      for (const other of [stranger, admin]) {
        for (const call of [
          scheduler.connect(other).cancel(schedule, other),
          scheduler.connect(other).withdraw(schedule, other, 1n),
        ]) {
          await expect(call).to.be.revertedWithCustomError(scheduler, 'SchedulerUnauthorized').withArgs(other);
        }
      }
      await expect(scheduler.cancel(stranger, stranger))
        .to.be.revertedWithCustomError(scheduler, 'SchedulerUnknownSchedule')
        .withArgs(stranger);
    });
  });

  it("'s accounts answer the scheduler only, the pattern they are cloned from too", async () => {
    const stage = await withFixed();
    const { scheduler, schedule, requester, feedId, ethers } = stage;
    const { terms } = await triggered(stage, schedule, INPUT);
    for (const address of [schedule, await scheduler.account()]) {
      const account = await ethers.getContractAt('ScheduleAccount', address, requester);
      for (const call of [
        account.request(termsToChain(terms), INPUT),
        account.requestFromFeed(termsToChain(terms), feedId),
        account.withdraw(requester, 1n),
      ]) {
        await expect(call).to.be.revertedWithCustomError(account, 'ScheduleAccountUnauthorized').withArgs(requester);
      }
    }
  });
});

function bytes32(text: string): string {
  return hexlify(Buffer.from(text.padEnd(32, '\0')));
}
