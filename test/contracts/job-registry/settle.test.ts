import { expect } from 'chai';
import { network } from 'hardhat';
import type { Address, Hex, Hex32 } from '../../../workers/protocol/ids.ts';
import {
  Availability,
  CallbackPhase,
  Delivery,
  JobStatus,
  type Terms,
  termsToChain,
} from '../../../workers/protocol/job.ts';
import { attestChecked } from '../../support/checked-attestations.ts';
import { expireChecked, outputToSettle, settleChecked } from '../../support/checked-endings.ts';
import { requestChecked, requestWithOfferChecked } from '../../support/checked-requests.ts';
import { openTrialChecked, resolveTrialChecked } from '../../support/checked-trials.ts';
import { positionOf, readSlot } from '../../support/job-slot.ts';
import { type JobStage, setJobStage } from '../../support/job-stage.ts';
import { type AttestedJob, NO_RECORD, PENALTY, nextAt, termsFor, termsWithCallback } from '../../support/jobs.ts';

const { networkHelpers } = await network.create();
const load = async (): Promise<JobStage> => networkHelpers.loadFixture(setJobStage);

async function attested(
  overrides: Partial<Terms> = {},
  stage?: JobStage,
): Promise<{ stage: JobStage; job: AttestedJob }> {
  const on = stage ?? (await load());
  return { stage: on, job: await attestChecked(on, await requestChecked(on, await termsFor(on, overrides))) };
}

/** Settles as a stranger, in the first second that allows it unless told otherwise. */
async function attempt(stage: JobStage, job: AttestedJob, change: { at?: bigint; output?: Hex } = {}) {
  await nextAt(stage, change.at ?? job.record.challengeEnd + 1n);
  const output = change.output ?? outputToSettle(job);
  return stage.jobs.connect(stage.stranger).settle(termsToChain(job.terms), job.record, output);
}

describe('JobRegistry.settle', () => {
  describe('refuses', () => {
    it('a job that nobody requested', async () => {
      const { stage, job } = await attested();
      const unknown = { ...job, terms: { ...job.terms, salt: 0n } };
      await expect(attempt(stage, unknown))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryUnknownJob')
        .withArgs(await stage.jobs.jobIdOf(termsToChain(unknown.terms)));
    });

    it('a job that nobody has answered', async () => {
      const stage = await load();
      const job = await requestChecked(stage, await termsFor(stage));
      const now = BigInt(await networkHelpers.time.latest());
      await nextAt(stage, now + 10_000n);
      await expect(stage.jobs.settle(termsToChain(job.terms), NO_RECORD, '0x'))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryWrongStatus')
        .withArgs(job.id, JobStatus.Requested);
    });

    it('I13: a job on trial, however late', async () => {
      const { stage, job } = await attested();
      await openTrialChecked(stage, job);
      await expect(attempt(stage, job, { at: job.record.challengeEnd + 1_000_000n }))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryWrongStatus')
        .withArgs(job.id, JobStatus.OnTrial);
    });

    for (const [end, status] of [
      ['settled', JobStatus.Settled],
      ['acquitted', JobStatus.Settled],
      ['convicted', JobStatus.Slashed],
      ['void', JobStatus.Void],
    ] as const) {
      it(`I11: a job that was ${end}`, async () => {
        const { stage, job } = await attested();
        if (end === 'settled') await settleChecked(stage, job);
        else await openTrialChecked(stage, job);
        if (end === 'acquitted') await resolveTrialChecked(stage, job, 'Acquitted');
        if (end === 'convicted') await resolveTrialChecked(stage, job, 'Convicted');
        if (end === 'void') await resolveTrialChecked(stage, job, 'Void');
        await expect(attempt(stage, job, { at: job.record.challengeEnd + 100n }))
          .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryWrongStatus')
          .withArgs(job.id, status);
      });
    }

    it('I11: a job that expired', async () => {
      const stage = await load();
      const job = await requestChecked(stage, await termsFor(stage));
      await expireChecked(stage, job);
      await expect(stage.jobs.settle(termsToChain(job.terms), NO_RECORD, '0x'))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryWrongStatus')
        .withArgs(job.id, JobStatus.Expired);
    });

    it('another record than the recorded one, in every field', async () => {
      const { stage, job } = await attested();
      for (const change of [
        { outputRoot: `0x${'66'.repeat(32)}` as Hex32 },
        { outputContent: `0x${'66'.repeat(32)}` as Hex32 },
        { operator: stage.rival.address },
        { challengeEnd: job.record.challengeEnd - 1_000n },
      ]) {
        const forged = { ...job, record: { ...job.record, ...change } };
        await expect(attempt(stage, forged, { at: BigInt(await networkHelpers.time.latest()) + 5_000n }))
          .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryRecordMismatch')
          .withArgs(job.id);
      }
    });

    it('a record that differs from the commitment in a single one of its 232 bits', async () => {
      const { stage, job } = await attested();
      const slot = await readSlot(stage, job.id);
      await networkHelpers.time.increaseTo(job.record.challengeEnd + 1n);
      for (let bit = 24n; bit < 256n; bit += 1n) {
        await networkHelpers.setStorageAt(stage.jobs.target as string, positionOf(job.id), slot ^ (1n << bit));
        await expect(stage.jobs.settle.staticCall(termsToChain(job.terms), job.record, '0x'))
          .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryRecordMismatch')
          .withArgs(job.id);
      }
    });

    it('I13: in the last second of the challenge window', async () => {
      const { stage, job } = await attested();
      await expect(attempt(stage, job, { at: job.record.challengeEnd }))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryWindowNotPassed')
        .withArgs(job.id, job.record.challengeEnd);
    });

    for (const [what, delivery, output] of [
      ['without the inline output that `onFinal` needs', 'Inline', '0x'],
      ['with another output than the attested one', 'Inline', '0x3f000001'],
      ['with an output that is no vector', 'Inline', '0x3f00'],
      ['with an output that nobody asked for', 'None', '0x3f000000'],
    ] as const) {
      it(what, async () => {
        const stage = await load();
        const terms = await termsWithCallback(stage, CallbackPhase.OnFinal, { delivery: Delivery[delivery] });
        const job = await attestChecked(stage, await requestChecked(stage, terms));
        await expect(attempt(stage, job, { output }))
          .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryOutputMismatch')
          .withArgs(job.output.root, job.output.content);
      });
    }
  });

  it('says that gas is missing for the callback even when there is too little to pay anybody', async () => {
    const stage = await load();
    const terms = await termsWithCallback(stage, CallbackPhase.OnFinal);
    const job = await attestChecked(stage, await requestChecked(stage, terms));
    await nextAt(stage, job.record.challengeEnd + 1n);
    await expect(
      stage.jobs.settle(termsToChain(job.terms), job.record, outputToSettle(job), { gasLimit: 90_000n }),
    ).to.be.revertedWithCustomError(stage.jobs, 'JobRegistryInsufficientGas');
  });

  it('I13: in the first second after the window; I12: the shares add up to the fee', async () => {
    const { stage, job } = await attested();
    await settleChecked(stage, job);
  });

  it('at any later time, by anybody', async () => {
    const { stage, job } = await attested();
    await settleChecked(stage, job, { at: job.record.challengeEnd + 365n * 86_400n });
  });

  it('ignores an output that no callback needs', async () => {
    const { stage, job } = await attested();
    await attempt(stage, job, { output: '0xdeadbeef' });
    expect((await stage.jobs.stateOf(job.id)).status).to.equal(JobStatus.Settled);
  });

  for (const fee of [1n, 9n, 99n, 100n, 10_001n, 12_345_678_901n]) {
    it(`I12: a fee of ${fee} wei is shared to the wei, shares rounded down, the rest to the operator`, async () => {
      const { stage, job } = await attested({ fee });
      const { receipt } = await settleChecked(stage, job);
      const shares = receipt.logs.flatMap((log) => stage.jobs.interface.parseLog(log)?.args.slice(2) as bigint[]);
      expect(shares.reduce((sum, share) => sum + share, 0n)).to.equal(fee);
    });
  }

  it('I12: the largest fee that fits', async () => {
    const stage = await load();
    await stage.token.mint(stage.admin, 2n ** 128n);
    const requester = stage.requester.address as Address;
    await stage.settlement.deposit(requester, 2n ** 128n - 1n);
    const { job } = await attested({ fee: 2n ** 128n - 1n }, stage);
    await settleChecked(stage, job);
  });

  it('a job with the least stake at risk that there is', async () => {
    const { stage, job } = await attested({ stakeAtRisk: 1n });
    await settleChecked(stage, job);
  });

  it('a model whose publisher asks for nothing', async () => {
    const stage = await load();
    const wide = { modelId: stage.wideModel.id, availability: Availability.Blob, delivery: Delivery.Blob };
    const { job } = await attested(wide, stage);
    await settleChecked(stage, job);
  });

  it('an operator that is publisher and treasury as well gets it all', async () => {
    const stage = await load();
    const { account, address } = stage.operator;
    await stage.jobs.setParameters({ ...stage.parameters, treasury: address });
    const { id } = await stage.publish(account, 3_000n, [10, 1]);
    const { job } = await attested({ modelId: id }, stage);
    const before = await stage.settlement.balanceOf(address);
    await settleChecked(stage, job);
    expect((await stage.settlement.balanceOf(address)) - before).to.equal(job.terms.fee);
  });

  it('an offer that was kept', async () => {
    const stage = await load();
    const job = await requestWithOfferChecked(stage, await termsFor(stage, { offerPenalty: PENALTY }));
    await settleChecked(stage, await attestChecked(stage, job));
  });

  it('I30: while requests are paused; I21: with the model retired and the fees raised since', async () => {
    const { stage, job } = await attested();
    await stage.jobs.setParameters({ ...stage.parameters, protocolFeeBps: 1_000n, treasury: stage.stranger.address });
    await stage.models.connect(stage.publisher).retire(stage.model.id);
    await stage.jobs.pauseRequests();
    await settleChecked(stage, job);
  });
});
