import { expect } from 'chai';
import { network } from 'hardhat';
import { JobStatus, termsToChain } from '../../workers/protocol/job.ts';
import { ScheduleState } from '../../workers/protocol/schedule.ts';
import { type FeedJobStage, HEARTBEAT, setFeedJobStage } from '../support/feed-job-stage.ts';
import { FEE } from '../support/jobs.ts';
import {
  INPUT,
  INTERVAL,
  GAP,
  UNIT,
  COST,
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
  describe('waits', () => {
    /** Not due, in this state, for whoever triggers. */
    async function waits(stage: FeedJobStage, schedule: string, state: number, input: string): Promise<void> {
      expect((await stateOf(stage, schedule))[0]).to.equal(numberOf(state));
      await expect(stage.scheduler.trigger(schedule, input))
        .to.be.revertedWithCustomError(stage.scheduler, 'SchedulerNotDue')
        .withArgs(schedule, state, 0n);
    }

    it('for money: one unit less than fee and tip is too little, anybody may top up', async () => {
      const stage = await withFixed(await load(), 0n);
      const { schedule, settlement, scheduler, admin } = stage;
      await settlement.connect(admin).deposit(schedule, COST - 1n);
      await waits(stage, schedule, ScheduleState.Unfunded, INPUT);
      await settlement.connect(admin).deposit(schedule, 1n);
      expect((await stateOf(stage, schedule))[0]).to.equal(numberOf(ScheduleState.Due));
      await scheduler.trigger(schedule, INPUT);
      expect(await settlement.balanceOf(schedule)).to.equal(0n);
    });

    it('for a feed that lives', async () => {
      const stage = await withFeed(await load());
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
      const stage = await withFeed(await load());
      const { scheduler, schedule } = stage;
      await scheduler.trigger(schedule, '0x');
      const again = BigInt(await time.latest()) + INTERVAL;
      await stage.answer(200n * UNIT, GAP);
      expect(await stateOf(stage, schedule)).to.deep.equal([numberOf(ScheduleState.Waiting), again]);
      await time.increaseTo(again);
      expect(await stateOf(stage, schedule)).to.deep.equal([numberOf(ScheduleState.FeedNotLive), again]);
    });

    it('while requests are paused (I30)', async () => {
      const stage = await withFixed(await load());
      const { jobs, admin, schedule, scheduler } = stage;
      await jobs.connect(admin).pauseRequests();
      await waits(stage, schedule, ScheduleState.Refused, INPUT);
      await jobs.connect(admin).unpauseRequests();
      await scheduler.trigger(schedule, INPUT);
    });

    it('for ever once the model is retired, and gives its money back', async () => {
      const stage = await withFixed(await load());
      const { models, otherPublisher, schedule, otherModel, scheduler, requester } = stage;
      await models.connect(otherPublisher).retire(otherModel.id);
      await waits(stage, schedule, ScheduleState.Refused, INPUT);
      expect(await scheduler.connect(requester).cancel.staticCall(schedule, requester)).to.equal(3n * COST);
    });
  });

  describe('its owner', () => {
    it('cancels: the whole balance is paid out, and nothing triggers it again', async () => {
      const stage = await withFixed(await load());
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
      const { scheduler, schedule, requester } = await withFixed(await load(), 0n);
      await expect(scheduler.connect(requester).cancel(schedule, requester))
        .to.emit(scheduler, 'ScheduleCancelled')
        .withArgs(schedule, 0n);
    });

    it('fetches the refund of a job that nobody answered, after it has cancelled', async () => {
      const stage = await withFixed(await load(), 1n);
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
      const stage = await withFixed(await load());
      const { scheduler, schedule, requester, settlement } = stage;
      await scheduler.connect(requester).withdraw(schedule, requester, COST);
      expect(await settlement.balanceOf(schedule)).to.equal(2n * COST);
      await expect(scheduler.connect(requester).withdraw(schedule, requester, 2n * COST + 1n))
        .to.be.revertedWithCustomError(settlement, 'SettlementInsufficientBalance')
        .withArgs(schedule, 2n * COST, 2n * COST + 1n);
    });

    it('is the only one who can', async () => {
      const { scheduler, schedule, stranger, admin } = await withFixed(await load());
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
    const stage = await withFixed(await load());
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
