import { expect } from 'chai';
import { network } from 'hardhat';
import { type Hex32, ZERO_ADDRESS, ZERO_HEX32 } from '../../workers/protocol/ids.ts';
import { Delivery, JobStatus, type Terms, termsToChain } from '../../workers/protocol/job.ts';
import { attestChecked } from '../support/checked-attestations.ts';
import { expireChecked, settleChecked } from '../support/checked-endings.ts';
import { requestChecked, requestWithOfferChecked } from '../support/checked-requests.ts';
import {
  type SignedOutput,
  openTrialChecked,
  proveChecked,
  resolveTrialChecked,
  signedOutput,
} from '../support/checked-trials.ts';
import {
  type Evidence,
  FREE_ONLY,
  LOCK_AND_FREE,
  attempt,
  prove,
  recorded,
  requested,
  signed,
} from '../support/equivocations.ts';
import { type JobStage, TOKEN, setJobStage } from '../support/job-stage.ts';
import {
  type AttestedJob,
  type Job,
  NO_RECORD,
  PENALTY,
  STAKE_AT_RISK,
  outputFor,
  signOutput,
  termsFor,
} from '../support/jobs.ts';
import { REVOCATION_DELAY } from '../support/system.ts';

const { networkHelpers } = await network.create();
const load = async (): Promise<JobStage> => networkHelpers.loadFixture(setJobStage);

async function attested(overrides: Partial<Terms> = {}): Promise<{ stage: JobStage; job: AttestedJob }> {
  const stage = await load();
  return { stage, job: await attestChecked(stage, await requested(stage, overrides)) };
}

describe('EquivocationCourt.prove', () => {
  describe('refuses', () => {
    const notProven = async (stage: JobStage, job: Job, evidence: Evidence): Promise<void> => {
      const { address } = evidence.operator ?? stage.operator;
      await expect(attempt(stage, job, evidence))
        .to.be.revertedWithCustomError(stage.court, 'EquivocationCourtNotProven')
        .withArgs(job.id, address);
    };

    it('one output signed once', async () => {
      const { stage, job } = await attested();
      const only = await signed(stage, job, 1);
      await notProven(stage, job, { first: only, second: only });
    });

    it('one output signed twice: two signatures are not two outputs', async () => {
      const { stage, job } = await attested({ delivery: Delivery.Blob });
      const other = { ...outputFor(stage, job.terms), content: `0x${'44'.repeat(32)}` as Hex32 };
      const { key, address } = stage.operator;
      const second = signedOutput(other, await signOutput(stage, key, job.id, address, other));
      await notProven(stage, job, { first: await signed(stage, job, 0.5), second });
      await notProven(stage, job, { first: recorded(job), second });
    });

    it('an output that the operator did not sign, on either side', async () => {
      const { stage, job } = await attested();
      const own = await signed(stage, job, 1);
      const foreign = await signed(stage, job, 2, stage.rival);
      await notProven(stage, job, { first: own, second: foreign });
      await notProven(stage, job, { first: foreign, second: own });
      await notProven(stage, job, { first: own, second: { ...own, outputRoot: `0x${'44'.repeat(32)}` } });
    });

    it('two operators that disagree', async () => {
      const { stage, job } = await attested();
      await notProven(stage, job, { first: recorded(job), second: await signed(stage, job, 1, stage.rival) });
      const evidence = { first: recorded(job), second: await signed(stage, job, 1, stage.rival) };
      await notProven(stage, job, { ...evidence, operator: stage.rival });
    });

    it("one operator's key under another operator's name", async () => {
      const { stage, job } = await attested();
      const { key } = stage.operator;
      const sides = [1, 2].map(async (first) => {
        const output = outputFor(stage, job.terms, first);
        return signedOutput(output, await signOutput(stage, key, job.id, stage.rival.address, output));
      });
      const [first, second] = (await Promise.all(sides)) as [SignedOutput, SignedOutput];
      await notProven(stage, job, { first, second, operator: stage.rival });
    });

    it('keys of nobody under the name of nobody', async () => {
      const { stage, job } = await attested();
      const nobody = { ...stage.operator, address: ZERO_ADDRESS, key: stage.stranger };
      const [first, second] = [await signed(stage, job, 1, nobody), await signed(stage, job, 2, nobody)];
      await notProven(stage, job, { first, second, operator: nobody });
    });

    it('nothing for a second signature, and malformed ones', async () => {
      const { stage, job } = await attested();
      const first = await signed(stage, job, 1);
      for (const signature of ['0x', '0x1234', `0x${'00'.repeat(65)}`] as const) {
        await notProven(stage, job, { first, second: { ...(await signed(stage, job, 2)), signature } });
      }
    });

    it('I17: signatures for another job', async () => {
      const { stage, job } = await attested();
      const other = await requested(stage);
      await notProven(stage, job, { first: recorded(job), second: await signed(stage, other, 1) });
    });

    it('I17: signatures for another chain', async () => {
      const { stage, job } = await attested();
      const elsewhere = { ...stage, domain: { ...stage.domain, chainId: 1n } };
      await notProven(stage, job, { first: recorded(job), second: await signed(elsewhere, job, 1) });
    });

    it('a record that does not say what `first` claims', async () => {
      const { stage, job } = await attested();
      const second = await signed(stage, job, 1);
      await notProven(stage, job, { first: { ...recorded(job), outputRoot: `0x${'44'.repeat(32)}` }, second });
      await notProven(stage, job, {
        first: recorded(job),
        second,
        record: { ...job.record, operator: stage.rival.address },
      });
    });

    it('an imagined record that is not the recorded one', async () => {
      const { stage, job } = await attested();
      const imagined = { ...job.record, outputRoot: `0x${'44'.repeat(32)}` as Hex32 };
      const first = { outputRoot: imagined.outputRoot, outputContent: ZERO_HEX32, signature: '0x' } as const;
      await expect(attempt(stage, job, { first, second: await signed(stage, job, 0.5), record: imagined }))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryRecordMismatch')
        .withArgs(job.id);
    });

    it('an imagined record of a job without an answer', async () => {
      const stage = await load();
      const job = await requested(stage);
      const record = { ...NO_RECORD, operator: stage.operator.address };
      const first = { outputRoot: ZERO_HEX32, outputContent: ZERO_HEX32, signature: '0x' } as const;
      await expect(attempt(stage, job, { first, second: await signed(stage, job, 1), record }))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryRecordMismatch')
        .withArgs(job.id);
    });

    it('to leave out the record while the job is attested or on trial', async () => {
      const { stage, job } = await attested();
      const evidence = { first: await signed(stage, job, 1), second: await signed(stage, job, 2), record: NO_RECORD };
      for (const trial of [false, true]) {
        if (trial) await openTrialChecked(stage, job);
        await expect(attempt(stage, job, evidence))
          .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryRecordMismatch')
          .withArgs(job.id);
      }
    });

    it('a job that nobody requested', async () => {
      const stage = await load();
      const terms = await termsFor(stage);
      const id = (await stage.jobs.jobIdOf(termsToChain(terms))) as Job['id'];
      const job = { id, terms, model: stage.model, requestedAt: 0n, requestBlock: 0n };
      await expect(attempt(stage, job, { first: await signed(stage, job, 1), second: await signed(stage, job, 2) }))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryUnknownJob')
        .withArgs(id);
    });

    it('I7, I18: a second time for the same operator and job, with whatever evidence', async () => {
      const { stage, job } = await attested();
      const [first, second] = [await signed(stage, job, 1), await signed(stage, job, 2)];
      await prove(stage, job, { first: recorded(job), second: first, takes: LOCK_AND_FREE });
      for (const evidence of [
        { first: recorded(job), second: first },
        { first, second },
        { first: second, second: first },
      ]) {
        await expect(attempt(stage, job, evidence))
          .to.be.revertedWithCustomError(stage.court, 'EquivocationCourtAlreadyProven')
          .withArgs(job.id, stage.operator.address);
      }
    });

    it('a key that had ended before the job can have been requested', async () => {
      const stage = await load();
      const { account, key } = stage.operator;
      await stage.staking.connect(account).revokeAttester(key);
      const { revokedAt } = await stage.staking.attesterKey(key);
      await networkHelpers.time.increaseTo(revokedAt - 10n);
      // The longest deadline is an hour: a job with this one was requested at revokedAt at the earliest.
      const attestDeadline = revokedAt + 3_600n;
      const terms = await termsFor(stage, { attestDeadline });
      await networkHelpers.time.setNextBlockTimestamp(revokedAt);
      const job = await requestChecked(stage, terms);
      await notProven(stage, job, { first: await signed(stage, job, 1), second: await signed(stage, job, 2) });
    });
  });

  it('against the record: the lock, as much again from free stake, the fee back, and the job ends', async () => {
    const { stage, job } = await attested();
    await prove(stage, job, { first: recorded(job), second: await signed(stage, job, 1), takes: LOCK_AND_FREE });
  });

  it('by two signatures that are both not the recorded one: the same', async () => {
    const { stage, job } = await attested();
    const [first, second] = [await signed(stage, job, 1), await signed(stage, job, 2)];
    await prove(stage, job, { first, second, takes: LOCK_AND_FREE });
  });

  it('when the window has passed and nobody has settled yet', async () => {
    const { stage, job } = await attested();
    await networkHelpers.time.increaseTo(job.record.challengeEnd + 100n);
    await prove(stage, job, { first: recorded(job), second: await signed(stage, job, 1), takes: LOCK_AND_FREE });
  });

  it('takes what free stake lacks from unbonding stake', async () => {
    const { stage, job } = await attested();
    await stage.staking.connect(stage.operator.account).unbond(800n * TOKEN - STAKE_AT_RISK - 3n);
    const takes = { fromLocked: STAKE_AT_RISK, fromFree: 3n, fromUnbonding: STAKE_AT_RISK - 3n };
    await prove(stage, job, { first: recorded(job), second: await signed(stage, job, 1), takes });
  });

  it("I7: never takes another job's lock, even when nothing else is left", async () => {
    const { stage, job } = await attested({ stakeAtRisk: 300n * TOKEN });
    const other = await requested(stage, { stakeAtRisk: 500n * TOKEN });
    const spared = await attestChecked(stage, other);
    const takes = { fromLocked: 300n * TOKEN, fromFree: 0n, fromUnbonding: 0n };
    await prove(stage, job, { first: recorded(job), second: await signed(stage, job, 1), takes });
    await settleChecked(stage, spared);
  });

  it('of another operator than the recorded one: only free stake, and the job goes on', async () => {
    const { stage, job } = await attested();
    const { rival } = stage;
    const [first, second] = [await signed(stage, job, 1, rival), await signed(stage, job, 2, rival)];
    await prove(stage, job, { first, second, operator: rival, takes: FREE_ONLY });
    await settleChecked(stage, job);
  });

  it('of two operators, once each', async () => {
    const { stage, job } = await attested();
    const { rival } = stage;
    const [first, second] = [await signed(stage, job, 1, rival), await signed(stage, job, 2, rival)];
    await prove(stage, job, { first, second, operator: rival, takes: FREE_ONLY });
    await prove(stage, job, { first: recorded(job), second: await signed(stage, job, 1), takes: LOCK_AND_FREE });
  });

  it('before anybody attested: free stake, and the job still waits', async () => {
    const stage = await load();
    const job = await requested(stage);
    await prove(stage, job, {
      first: await signed(stage, job, 1),
      second: await signed(stage, job, 2),
      takes: FREE_ONLY,
    });
    await attestChecked(stage, job);
  });

  it('of an offer: the penalty stays locked for the requester', async () => {
    const stage = await load();
    const job = await requestWithOfferChecked(stage, await termsFor(stage, { offerPenalty: PENALTY }));
    await prove(stage, job, {
      first: await signed(stage, job, 1),
      second: await signed(stage, job, 2),
      takes: FREE_ONLY,
    });
    await expireChecked(stage, job);
  });

  it('during a trial: the lock is left to the court, which can still rule', async () => {
    for (const outcome of ['Acquitted', 'Convicted', 'Void'] as const) {
      const { stage, job } = await attested();
      await openTrialChecked(stage, job);
      await prove(stage, job, { first: recorded(job), second: await signed(stage, job, 1), takes: FREE_ONLY });
      await resolveTrialChecked(stage, job, outcome);
    }
  });

  it('after the job has ended: free stake; the past is not undone', async () => {
    for (const end of ['settled', 'Acquitted', 'Convicted', 'Void'] as const) {
      const { stage, job } = await attested();
      if (end === 'settled') await settleChecked(stage, job);
      else {
        await openTrialChecked(stage, job);
        await resolveTrialChecked(stage, job, end);
      }
      await prove(stage, job, { first: recorded(job), second: await signed(stage, job, 1), takes: FREE_ONLY });
    }
  });

  it('of an expired job', async () => {
    const stage = await load();
    const job = await requested(stage);
    await expireChecked(stage, job);
    await prove(stage, job, {
      first: await signed(stage, job, 1),
      second: await signed(stage, job, 2),
      takes: FREE_ONLY,
    });
  });

  it('when the operator has nothing left: it is proven all the same', async () => {
    const stage = await load();
    const job = await requested(stage);
    const { account } = stage.operator;
    await stage.staking.connect(account).unbond(800n * TOKEN);
    await networkHelpers.time.increase(7 * 86_400);
    await stage.staking.connect(account).withdraw(account.address);
    const takes = { fromLocked: 0n, fromFree: 0n, fromUnbonding: 0n };
    await prove(stage, job, { first: await signed(stage, job, 1), second: await signed(stage, job, 2), takes });
  });

  it('I17: a key revoked after the request binds what it signed, for ever', async () => {
    const { stage, job } = await attested();
    const { account, key } = stage.operator;
    await stage.staking.connect(account).revokeAttester(key);
    await networkHelpers.time.increase(REVOCATION_DELAY * 3n);
    await prove(stage, job, { first: recorded(job), second: await signed(stage, job, 1), takes: LOCK_AND_FREE });
  });

  it('a key that ended a second after the job can have been requested at the earliest', async () => {
    const stage = await load();
    const { account, key } = stage.operator;
    await stage.staking.connect(account).revokeAttester(key);
    const { revokedAt } = await stage.staking.attesterKey(key);
    await networkHelpers.time.increaseTo(revokedAt - 10n);
    const terms = await termsFor(stage, { attestDeadline: revokedAt + 3_600n - 1n });
    await networkHelpers.time.setNextBlockTimestamp(revokedAt - 1n);
    const job = await requestChecked(stage, terms);
    await prove(stage, job, {
      first: await signed(stage, job, 1),
      second: await signed(stage, job, 2),
      takes: FREE_ONLY,
    });
  });

  it('two keys of one operator contradict each other', async () => {
    const { stage, job } = await attested();
    const { operator, stranger, staking } = stage;
    await staking.connect(operator.account).appointAttester(operator.account, '0x');
    const second = await signed(stage, job, 2, { ...operator, key: operator.account });
    await proveChecked(stage, job, {
      ...{ operator, reporter: stranger, record: job.record },
      ...{ first: await signed(stage, job, 1), second, takes: LOCK_AND_FREE },
    });
  });

  it('I9: the operator that reports itself loses at least half', async () => {
    const { stage, job } = await attested();
    const { operator } = stage;
    await proveChecked(stage, job, {
      ...{ operator, reporter: operator.account, record: job.record, takes: LOCK_AND_FREE },
      ...{ first: recorded(job), second: await signed(stage, job, 1) },
    });
    const gained = await stage.settlement.balanceOf(operator.address);
    expect(gained).to.equal((2n * STAKE_AT_RISK) / 4n);
  });

  it('I30: while requests are paused', async () => {
    const { stage, job } = await attested();
    await stage.jobs.pauseRequests();
    await prove(stage, job, { first: recorded(job), second: await signed(stage, job, 1), takes: LOCK_AND_FREE });
  });
});

describe('EquivocationCourt, when it is deployed', () => {
  it('names the two contracts that it asks', async () => {
    const { court, jobs, staking } = await load();
    expect([await court.jobRegistry(), await court.operatorStaking()]).to.deep.equal([jobs.target, staking.target]);
  });

  it('has proven nothing', async () => {
    const { court, operator } = await load();
    expect(await court.isProven(`0x${'12'.repeat(32)}`, operator.address)).to.equal(false);
  });
});

describe('JobRegistry.convictEquivocation', () => {
  it('I21: refuses everybody but the equivocation court, the trial court and the administrator included', async () => {
    const { stage, job } = await attested();
    const { admin, trialCourt, operator, stranger, jobs } = stage;
    for (const nobody of [admin, trialCourt, operator.account, stranger]) {
      const terms = termsToChain(job.terms);
      await expect(jobs.connect(nobody).convictEquivocation(terms, job.record, operator.address, nobody.address, true))
        .to.be.revertedWithCustomError(jobs, 'JobRegistryUnauthorized')
        .withArgs(nobody.address);
    }
    expect((await jobs.stateOf(job.id)).status).to.equal(JobStatus.Attested);
  });
});
