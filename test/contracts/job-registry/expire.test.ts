import { expect } from 'chai';
import { network } from 'hardhat';
import { Availability, CallbackPhase, JobStatus, type Terms, termsToChain } from '../../../workers/protocol/job.ts';
import { ZERO_ADDRESS } from '../../../workers/protocol/ids.ts';
import { attestChecked } from '../../support/checked-attestations.ts';
import { expireChecked, settleChecked } from '../../support/checked-endings.ts';
import { requestChecked, requestWithOfferChecked } from '../../support/checked-requests.ts';
import { openTrialChecked, resolveTrialChecked } from '../../support/checked-trials.ts';
import { type JobStage, TOKEN, setJobStage } from '../../support/job-stage.ts';
import { type Job, PENALTY, nextAt, termsFor, termsWithCallback } from '../../support/jobs.ts';
import { callsOf } from '../../support/probe.ts';

const { networkHelpers } = await network.create();
const load = async (): Promise<JobStage> => networkHelpers.loadFixture(setJobStage);

async function requested(overrides: Partial<Terms> = {}): Promise<{ stage: JobStage; job: Job }> {
  const stage = await load();
  return { stage, job: await requestChecked(stage, await termsFor(stage, overrides)) };
}

async function attempt(stage: JobStage, { terms }: Pick<Job, 'terms'>, at = terms.attestDeadline + 1n) {
  await nextAt(stage, at);
  return stage.jobs.connect(stage.stranger).expire(termsToChain(terms));
}

describe('JobRegistry.expire', () => {
  describe('refuses', () => {
    it('a job that nobody requested', async () => {
      const stage = await load();
      const terms = await termsFor(stage);
      await expect(attempt(stage, { terms }))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryUnknownJob')
        .withArgs(await stage.jobs.jobIdOf(termsToChain(terms)));
    });

    it('I15: in the last second of the deadline, even with an offer', async () => {
      const { stage, job } = await requested();
      await expect(attempt(stage, job, job.terms.attestDeadline))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryDeadlineNotPassed')
        .withArgs(job.id, job.terms.attestDeadline);
      const offered = await requestWithOfferChecked(stage, await termsFor(stage, { offerPenalty: PENALTY }));
      await expect(attempt(stage, offered, offered.terms.attestDeadline))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryDeadlineNotPassed')
        .withArgs(offered.id, offered.terms.attestDeadline);
    });

    for (const [where, status] of [
      ['attested', JobStatus.Attested],
      ['on trial', JobStatus.OnTrial],
      ['settled', JobStatus.Settled],
      ['convicted', JobStatus.Slashed],
      ['void', JobStatus.Void],
    ] as const) {
      it(`I11: a job that is ${where}`, async () => {
        const { stage, job } = await requested();
        const answered = await attestChecked(stage, job);
        if (where === 'settled') await settleChecked(stage, answered);
        else if (where !== 'attested') await openTrialChecked(stage, answered);
        if (where === 'convicted') await resolveTrialChecked(stage, answered, 'Convicted');
        if (where === 'void') await resolveTrialChecked(stage, answered, 'Void');
        await expect(attempt(stage, job, job.terms.attestDeadline + 10_000n))
          .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryWrongStatus')
          .withArgs(job.id, status);
      });
    }

    it('I12: a job that expired already', async () => {
      const { stage, job } = await requested();
      await expireChecked(stage, job);
      await expect(attempt(stage, job, job.terms.attestDeadline + 2n))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryWrongStatus')
        .withArgs(job.id, JobStatus.Expired);
    });
  });

  it('I15: gives the fee back in the first second after the deadline, whoever calls', async () => {
    const { stage, job } = await requested();
    await expireChecked(stage, job);
  });

  it('at any later time', async () => {
    const { stage, job } = await requested();
    await expireChecked(stage, job, job.terms.attestDeadline + 1_000_000n);
  });

  it('an open job that nobody answered', async () => {
    const { stage, job } = await requested({ operator: ZERO_ADDRESS });
    await expireChecked(stage, job);
  });

  it('takes nothing from an operator that was asked and not bound', async () => {
    const { stage, job } = await requested({ stakeAtRisk: 800n * TOKEN });
    await expireChecked(stage, job);
  });

  it('I8: gives the penalty of a missed offer to the requester, whole', async () => {
    const stage = await load();
    const job = await requestWithOfferChecked(stage, await termsFor(stage, { offerPenalty: PENALTY }));
    await expireChecked(stage, job);
  });

  describe('I34: a blob input that nobody can fetch', () => {
    const availability = Availability.Blob;

    it('costs the operator that was asked nothing: its stake stays free, and the fee goes back', async () => {
      const { stage, job } = await requested({ availability });
      const before = await stage.staking.stakeOf(stage.operator.address);
      await expireChecked(stage, job);
      expect(await stage.staking.stakeOf(stage.operator.address)).to.deep.equal(before);
    });

    it('costs an operator that offered its penalty and no more: it had seen the input', async () => {
      const stage = await load();
      const terms = await termsFor(stage, { availability, offerPenalty: PENALTY });
      const [before] = await stage.staking.stakeOf(stage.operator.address);
      await expireChecked(stage, await requestWithOfferChecked(stage, terms));
      const { free, locked } = await stage.staking.stakeOf(stage.operator.address);
      expect([free, locked]).to.deep.equal([before - PENALTY, 0n]);
    });

    it('keeps nobody from answering who has it: the answer is worth as much', async () => {
      const { stage, job } = await requested({ availability });
      await settleChecked(stage, await attestChecked(stage, job));
    });
  });

  it('I6: the penalty is there even if the operator has sent all else into unbonding', async () => {
    const stage = await load();
    const job = await requestWithOfferChecked(stage, await termsFor(stage, { offerPenalty: PENALTY }));
    await stage.staking.connect(stage.operator.account).unbond(800n * TOKEN - PENALTY);
    await expireChecked(stage, job);
  });

  it('calls nobody back', async () => {
    const stage = await load();
    const job = await requestChecked(stage, await termsWithCallback(stage, CallbackPhase.OnFinal));
    await expireChecked(stage, job);
    expect(await callsOf(stage.probe)).to.deep.equal([]);
  });

  it('I30: while requests are paused', async () => {
    const { stage, job } = await requested();
    await stage.jobs.pauseRequests();
    await expireChecked(stage, job);
  });
});
