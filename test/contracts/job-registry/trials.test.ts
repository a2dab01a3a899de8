import { expect } from 'chai';
import { network } from 'hardhat';
import type { Address } from '../../../workers/protocol/ids.ts';
import { CallbackPhase, JobStatus, type Terms, termsToChain } from '../../../workers/protocol/job.ts';
import { attestChecked } from '../../support/checked-attestations.ts';
import { settleChecked } from '../../support/checked-endings.ts';
import { requestChecked } from '../../support/checked-requests.ts';
import { NO_AWARD, TrialOutcome, openTrialChecked, resolveTrialChecked } from '../../support/checked-trials.ts';
import { type JobStage, TOKEN, setJobStage } from '../../support/job-stage.ts';
import { type AttestedJob, NO_RECORD, STAKE_AT_RISK, nextAt, termsFor, termsWithCallback } from '../../support/jobs.ts';
import { callsOf } from '../../support/probe.ts';
import { deploySystem } from '../../support/system.ts';

const { ethers, networkHelpers } = await network.create();
const load = async (): Promise<JobStage> => networkHelpers.loadFixture(setJobStage);

async function attested(overrides: Partial<Terms> = {}): Promise<{ stage: JobStage; job: AttestedJob }> {
  const stage = await load();
  return { stage, job: await attestChecked(stage, await requestChecked(stage, await termsFor(stage, overrides))) };
}

async function onTrial(overrides: Partial<Terms> = {}): Promise<{ stage: JobStage; job: AttestedJob }> {
  const { stage, job } = await attested(overrides);
  await openTrialChecked(stage, job);
  return { stage, job };
}

const open = async ({ jobs, trialCourt }: JobStage, { terms, record }: AttestedJob, by = trialCourt) =>
  jobs.connect(by).openTrial(termsToChain(terms), record);

const resolve = async (
  { jobs, trialCourt }: JobStage,
  { terms, record }: AttestedJob,
  outcome: number,
  by = trialCourt,
) => jobs.connect(by).resolveTrial(termsToChain(terms), record, outcome, NO_AWARD);

describe('JobRegistry.openTrial', () => {
  describe('refuses', () => {
    it('I21: everybody but the court: administrator, requester, operator, its key, stranger', async () => {
      const { stage, job } = await attested();
      const { admin, requester, operator, stranger } = stage;
      for (const nobody of [admin, requester, operator.account, operator.key, stranger]) {
        await expect(open(stage, job, nobody))
          .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryUnauthorized')
          .withArgs(nobody.address);
      }
    });

    it('a job that nobody requested', async () => {
      const { stage, job } = await attested();
      const unknown = { ...job, terms: { ...job.terms, salt: 0n } };
      await expect(open(stage, unknown))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryUnknownJob')
        .withArgs(await stage.jobs.jobIdOf(termsToChain(unknown.terms)));
    });

    it('a job without an answer', async () => {
      const stage = await load();
      const { id, terms } = await requestChecked(stage, await termsFor(stage));
      await expect(stage.jobs.connect(stage.trialCourt).openTrial(termsToChain(terms), NO_RECORD))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryWrongStatus')
        .withArgs(id, JobStatus.Requested);
    });

    it('a second trial, at the same time and after the first', async () => {
      const { stage, job } = await onTrial();
      await expect(open(stage, job))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryWrongStatus')
        .withArgs(job.id, JobStatus.OnTrial);
      await resolveTrialChecked(stage, job, 'Acquitted');
      await expect(open(stage, job))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryWrongStatus')
        .withArgs(job.id, JobStatus.Settled);
    });

    it('another record than the recorded one', async () => {
      const { stage, job } = await attested();
      const record = { ...job.record, challengeEnd: job.record.challengeEnd + 1n };
      await expect(open(stage, { ...job, record }))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryRecordMismatch')
        .withArgs(job.id);
    });

    it('I13: a second after the challenge window', async () => {
      const { stage, job } = await attested();
      await nextAt(stage, job.record.challengeEnd + 1n);
      await expect(open(stage, job))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryWindowPassed')
        .withArgs(job.id, job.record.challengeEnd);
    });
  });

  it('I13: in the last second of the challenge window', async () => {
    const { stage, job } = await attested();
    await openTrialChecked(stage, job, job.record.challengeEnd);
  });

  it('I30: while requests are paused', async () => {
    const { stage, job } = await attested();
    await stage.jobs.pauseRequests();
    await openTrialChecked(stage, job);
  });
});

describe('JobRegistry.resolveTrial', () => {
  describe('refuses', () => {
    it('I21: everybody but the court', async () => {
      const { stage, job } = await onTrial();
      const { admin, requester, operator, stranger } = stage;
      for (const nobody of [admin, requester, operator.account, stranger]) {
        await expect(resolve(stage, job, TrialOutcome.Acquitted, nobody))
          .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryUnauthorized')
          .withArgs(nobody.address);
      }
    });

    it('a job that is not on trial', async () => {
      const { stage, job } = await attested();
      for (const outcome of Object.values(TrialOutcome)) {
        await expect(resolve(stage, job, outcome))
          .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryWrongStatus')
          .withArgs(job.id, JobStatus.Attested);
      }
    });

    it('another record than the recorded one', async () => {
      const { stage, job } = await onTrial();
      const record = { ...job.record, operator: stage.rival.address };
      await expect(resolve(stage, { ...job, record }, TrialOutcome.Convicted))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryRecordMismatch')
        .withArgs(job.id);
    });

    it('a ruling that is none', async () => {
      const { stage, job } = await onTrial();
      await expect(resolve(stage, job, TrialOutcome.None))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryInvalidOutcome')
        .withArgs();
    });

    for (const [outcome, status] of [
      ['Acquitted', JobStatus.Settled],
      ['Convicted', JobStatus.Slashed],
      ['Void', JobStatus.Void],
    ] as const) {
      it(`I11: any second ruling after \`${outcome}\``, async () => {
        const { stage, job } = await onTrial();
        await resolveTrialChecked(stage, job, outcome);
        for (const again of Object.values(TrialOutcome)) {
          await expect(resolve(stage, job, again))
            .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryWrongStatus')
            .withArgs(job.id, status);
        }
      });
    }
  });

  it('acquitted: the operator is paid and its lock released, as if settled', async () => {
    const { stage, job } = await onTrial();
    await resolveTrialChecked(stage, job, 'Acquitted');
  });

  it('acquitted: the award is ignored', async () => {
    const { stage, job } = await onTrial();
    const opener = stage.stranger.address as Address;
    await resolveTrialChecked(stage, job, 'Acquitted', { ...NO_AWARD, opener, openerCosts: TOKEN });
  });

  it('convicted: the fee goes back, the lock is slashed and shared; I8: to the wei', async () => {
    const { stage, job } = await onTrial({ stakeAtRisk: 20n * TOKEN + 12_345n });
    await resolveTrialChecked(stage, job, 'Convicted', {
      ...{ opener: stage.stranger.address as Address, openerCosts: 2n * TOKEN + 1n },
      ...{ prover: stage.publisher.address as Address, proverCosts: 3n },
    });
  });

  it('convicted: one actor may be opener, prover and requester; half of the rest is burned all the same (I9)', async () => {
    const { stage, job } = await onTrial();
    const requester = stage.requester.address as Address;
    const before = await stage.settlement.balanceOf(requester);
    await resolveTrialChecked(stage, job, 'Convicted', { ...NO_AWARD, opener: requester, prover: requester });
    const won = (await stage.settlement.balanceOf(requester)) - before - job.terms.fee;
    expect(won).to.equal(STAKE_AT_RISK / 2n);
  });

  it('convicted: without opener and prover their shares are burned', async () => {
    const { stage, job } = await onTrial();
    await resolveTrialChecked(stage, job, 'Convicted');
  });

  it('convicted: costs above the lock take all of it, the opener first', async () => {
    const { stage, job } = await onTrial();
    await resolveTrialChecked(stage, job, 'Convicted', {
      ...{ opener: stage.stranger.address as Address, openerCosts: STAKE_AT_RISK - 1n },
      ...{ prover: stage.publisher.address as Address, proverCosts: STAKE_AT_RISK },
    });
  });

  it('I7: convicted: nothing but this job’s lock is taken', async () => {
    const { stage, job } = await attested();
    const other = await attestChecked(stage, await requestChecked(stage, await termsFor(stage)));
    await stage.staking.connect(stage.operator.account).unbond(10n * TOKEN);
    await openTrialChecked(stage, job);
    await resolveTrialChecked(stage, job, 'Convicted');
    await settleChecked(stage, other);
  });

  it('void: the fee goes back and the lock is released', async () => {
    const { stage, job } = await onTrial();
    await resolveTrialChecked(stage, job, 'Void');
  });

  it('void by the operator’s fault: the opener’s costs and a penalty, which is burned; I7: the lock at most', async () => {
    for (const [openerCosts, proverCosts] of [
      [2n * TOKEN + 1n, 3n],
      [STAKE_AT_RISK - 1n, TOKEN],
      [STAKE_AT_RISK + 1n, TOKEN],
    ] as const) {
      const { stage, job } = await onTrial();
      const opener = stage.stranger.address as Address;
      await resolveTrialChecked(stage, job, 'Void', { ...NO_AWARD, opener, openerCosts, proverCosts });
    }
  });

  it('calls nobody back; what was delivered before stays delivered', async () => {
    for (const outcome of ['Acquitted', 'Convicted', 'Void'] as const) {
      const stage = await load();
      const early = await withCallback(stage, CallbackPhase.OnAttested);
      const final = await withCallback(stage, CallbackPhase.OnFinal);
      for (const job of [early, final]) {
        await openTrialChecked(stage, job);
        await resolveTrialChecked(stage, job, outcome);
      }
      expect((await callsOf(stage.probe)).map(({ seen }) => seen[1])).to.deep.equal([early.id]);
      expect((await stage.jobs.stateOf(early.id)).delivered).to.equal(true);
      expect((await stage.jobs.stateOf(final.id)).delivered).to.equal(false);
    }
  });

  it('long after the challenge window, at the court’s own pace', async () => {
    const { stage, job } = await onTrial();
    await networkHelpers.time.increase(86_400);
    await resolveTrialChecked(stage, job, 'Acquitted');
  });
});

describe('JobRegistry without a trial court', () => {
  it('lets nobody open or resolve a trial', async () => {
    const stage = await load();
    const { jobs } = await deploySystem(ethers, stage.admin);
    const terms = termsToChain(await termsFor(stage));
    expect(await jobs.trialCourt()).to.equal(ethers.ZeroAddress);
    await expect(jobs.openTrial(terms, NO_RECORD)).to.be.revertedWithCustomError(jobs, 'JobRegistryUnauthorized');
    await expect(jobs.resolveTrial(terms, NO_RECORD, TrialOutcome.Void, NO_AWARD)).to.be.revertedWithCustomError(
      jobs,
      'JobRegistryUnauthorized',
    );
  });
});

async function withCallback(stage: JobStage, phase: CallbackPhase): Promise<AttestedJob> {
  return attestChecked(stage, await requestChecked(stage, await termsWithCallback(stage, phase)));
}
