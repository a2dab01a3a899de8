import { expect } from 'chai';
import { hexlify, id, keccak256 } from 'ethers';
import { network } from 'hardhat';
import { Availability, CallbackPhase, Delivery } from '../../workers/protocol/job.ts';
import { ScheduleState } from '../../workers/protocol/schedule.ts';
import { type FeedJobStage, setFeedJobStage } from '../support/feed-job-stage.ts';
import { CALLBACK_GAS, CHALLENGE_WINDOW, FEE, STAKE_AT_RISK, vectorOf } from '../support/jobs.ts';
import {
  INPUT,
  TIP,
  INTERVAL,
  GAP,
  UNIT,
  COST,
  fixedTerms,
  bytes32,
  type ScheduleTerms,
  feedTerms,
  made,
  withFixed,
  withFeed,
  stateOf,
  triggered,
  numberOf,
} from '../support/schedules.ts';

const { networkHelpers } = await network.create();
const { time } = networkHelpers;
const load = async (): Promise<FeedJobStage> => networkHelpers.loadFixture(setFeedJobStage);

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
      const stage = await withFixed(await load());
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
      const stage = await withFixed(await load());
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
      const stage = await withFeed(await load());
      const { scheduler, schedule, feedRequests, settlement, feedId } = stage;
      const { sent, jobId, terms } = await triggered(stage, schedule, '0x');
      await expect(sent).to.emit(feedRequests, 'FeedInputTaken').withArgs(jobId, feedId, 3n, 3n);
      expect(terms).to.deep.include({ availability: Availability.Feed, requester: schedule });
      expect(await settlement.balanceOf(schedule)).to.equal(2n * COST);
      expect((await scheduler.lastRun(schedule))[2]).to.equal(100n * UNIT);
    });

    it('is due when the feed has moved far enough, and the gap is over', async () => {
      const stage = await withFeed(await load());
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
      const { scheduler, schedule } = await withFixed(await load());
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
});
