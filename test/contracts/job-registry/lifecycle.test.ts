import { expect } from 'chai';
import { network } from 'hardhat';
import { type Hex32, ZERO_HEX32 } from '../../../workers/protocol/ids.ts';
import { CallbackPhase, JobStatus, termsToChain } from '../../../workers/protocol/job.ts';
import { registryWrites } from '../../support/checked-action.ts';
import { attestChecked } from '../../support/checked-attestations.ts';
import { expireChecked, settleChecked, settleManyChecked } from '../../support/checked-endings.ts';
import { requestWithOfferChecked } from '../../support/checked-requests.ts';
import { NO_AWARD, TrialOutcome, openTrialChecked, resolveTrialChecked } from '../../support/checked-trials.ts';
import { LOCK_AND_FREE, prove, recorded, requested, signed } from '../../support/equivocations.ts';
import { positionOf, readSlot } from '../../support/job-slot.ts';
import { type JobStage, setJobStage } from '../../support/job-stage.ts';
import {
  type AttestedJob,
  PENALTY,
  asRequester,
  idOf,
  inputBytes,
  nextAt,
  outputFor,
  signOutput,
  termsFor,
  termsWithCallback,
  vectorOf,
} from '../../support/jobs.ts';
import { ProbeBehaviour } from '../../support/probe.ts';
import { deploySystem } from '../../support/system.ts';

const { ethers, networkHelpers } = await network.create();
const load = async (): Promise<JobStage> => networkHelpers.loadFixture(setJobStage);

/** One job at each end that jobs can come to. */
const ends = {
  settled: async (stage: JobStage) => {
    const job = await attestChecked(stage, await requested(stage));
    await settleChecked(stage, job);
    return job;
  },
  expired: async (stage: JobStage) => {
    const job = await requested(stage);
    await expireChecked(stage, job);
    const output = outputFor(stage, job.terms);
    const record = { outputRoot: output.root, outputContent: output.content, operator: job.terms.operator };
    return { ...job, output, record: { ...record, challengeEnd: 0n } };
  },
  convicted: async (stage: JobStage) => tried(stage, 'Convicted'),
  acquitted: async (stage: JobStage) => tried(stage, 'Acquitted'),
  void: async (stage: JobStage) => tried(stage, 'Void'),
  'slashed for an equivocation': async (stage: JobStage) => {
    const job = await attestChecked(stage, await requested(stage));
    await prove(stage, job, { first: recorded(job), second: await signed(stage, job, 0.25), takes: LOCK_AND_FREE });
    return job;
  },
};

async function tried(stage: JobStage, outcome: 'Convicted' | 'Acquitted' | 'Void'): Promise<AttestedJob> {
  const job = await attestChecked(stage, await requested(stage));
  await openTrialChecked(stage, job);
  await resolveTrialChecked(stage, job, outcome);
  return job;
}

describe('JobRegistry: the life of a job', () => {
  for (const [end, live] of Object.entries(ends)) {
    it(`I11: a job that is ${end} stays so, whatever anybody tries`, async () => {
      const stage = await load();
      const job = await live(stage);
      const { jobs, operator, trialCourt, stranger } = stage;
      const slot = await readSlot(stage, job.id);
      const terms = termsToChain(job.terms);
      const { record, output } = job;
      const later = BigInt(await networkHelpers.time.latest()) + 100_000n;
      const signature = await signOutput(stage, operator.key, job.id, operator.address, output);
      const attempts = [
        async () => asRequester(stage, job.terms.requester, 'request', [terms, inputBytes(job.terms, vectorOf(10))]),
        async () => jobs.connect(operator.key).attest(terms, output, '0x'),
        async () => jobs.attestWithSignature(terms, operator.address, output, '0x', signature),
        async () => jobs.connect(stranger).settle(terms, record, '0x'),
        async () => jobs.connect(stranger).expire(terms),
        async () => jobs.retryCallback(terms, record, output.vector),
        async () => jobs.connect(trialCourt).openTrial(terms, record),
        async () => jobs.connect(trialCourt).resolveTrial(terms, record, TrialOutcome.Convicted, NO_AWARD),
      ];
      for (const [i, attempt] of attempts.entries()) {
        await nextAt(stage, later + BigInt(i) * 10n);
        await expect(attempt(), `attempt ${i}`).to.be.revert(ethers);
      }
      await nextAt(stage, later + 1_000n);
      await expect(jobs.connect(stranger).settleMany([{ terms, record }], [])).to.emit(jobs, 'SettleSkipped');
      expect(await readSlot(stage, job.id)).to.equal(slot);
    });
  }

  for (const end of ['convicted', 'acquitted', 'void', 'slashed for an equivocation'] as const) {
    it(`I11: the terms of a job that is ${end} cannot be requested again, even before their deadline`, async () => {
      const stage = await load();
      const { id, terms } = await ends[end](stage);
      await expect(
        asRequester(stage, terms.requester, 'request', [termsToChain(terms), inputBytes(terms, vectorOf(10))]),
      )
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryAlreadyRequested')
        .withArgs(id);
    });
  }

  it('writes one word of the registry’s storage, and always the same', async () => {
    const stage = await load();
    await stage.probe.setBehaviour(ProbeBehaviour.Revert);
    const terms = await termsWithCallback(stage, CallbackPhase.OnFinal, { offerPenalty: PENALTY });
    const job = await requestWithOfferChecked(stage, terms);
    const attested = await attestChecked(stage, job);
    await settleManyChecked(stage, [{ job: attested, callback: 'failed' }], { gasLimit: 3_000_000n });
    await stage.probe.setBehaviour(ProbeBehaviour.Record);
    await stage.jobs.retryCallback(termsToChain(terms), attested.record, attested.output.vector);
    const blocks = await ethers.provider.getBlockNumber();
    const writes = new Set<string>();
    for (let block = Number(job.requestBlock); block <= blocks; block++) {
      const [transaction] = (await ethers.provider.getBlock(block))!.transactions;
      for (const position of await registryWrites(stage, transaction!)) writes.add(position);
    }
    expect([...writes]).to.deep.equal([positionOf(job.id)]);
  });

  it('I1, I12, I14: when every job has ended, balances and stakes hold all there is, to the wei', async () => {
    const stage = await load();
    const open = [await requested(stage, { fee: 11n }), await requested(stage, { fee: 13n })];
    for (const live of Object.values(ends)) await live(stage);
    const offer = await requestWithOfferChecked(stage, await termsFor(stage, { offerPenalty: PENALTY }));
    await expireChecked(stage, offer);
    for (const job of open) await expireChecked(stage, job, BigInt(await networkHelpers.time.latest()) + 1_000n);
    const { settlement, staking, token } = stage;
    const balances = await Promise.all(stage.accounts.map(async (account) => settlement.balanceOf(account)));
    const held = await settlement.totalHeld();
    expect(balances.reduce((sum, balance) => sum + balance, 0n)).to.equal(held);
    expect(await token.balanceOf(settlement)).to.equal(held);
    const stakes = await Promise.all(stage.operators.map(async ({ address }) => staking.stakeOf(address)));
    expect(stakes.map(({ locked }) => locked)).to.deep.equal(stakes.map(() => 0n));
    expect(stakes.reduce((sum, { free }) => sum + free, 0n)).to.equal(await token.balanceOf(staking));
  });

  it('I17: terms, record and signature mean nothing to another registry', async () => {
    const stage = await load();
    const job = await requested(stage);
    const { jobs: other } = await deploySystem(ethers, stage.admin);
    const terms = termsToChain(job.terms);
    const output = outputFor(stage, job.terms);
    const signature = await signOutput(stage, stage.operator.key, job.id, stage.operator.address, output);
    const otherId = await other.jobIdOf(terms);
    expect(otherId).not.to.equal(job.id);
    await expect(other.attestWithSignature(terms, stage.operator.address, output, '0x', signature))
      .to.be.revertedWithCustomError(other, 'JobRegistryUnknownJob')
      .withArgs(otherId);
    expect(await other.attestationDigest(job.id, output.root, ZERO_HEX32, stage.operator.address)).not.to.equal(
      await stage.jobs.attestationDigest(job.id, output.root, ZERO_HEX32, stage.operator.address),
    );
  });

  it('I33: the events alone tell the slot of every job', async () => {
    const stage = await load();
    for (const live of Object.values(ends)) await live(stage);
    await requested(stage);
    await attestChecked(stage, await requested(stage));
    const folded = new Map<string, bigint>();
    const to = (jobId: string, status: JobStatus): unknown => folded.set(jobId, BigInt(status));
    const { jobs } = stage;
    for (const log of await ethers.provider.getLogs({ address: jobs.target as string, fromBlock: 0 })) {
      const event = jobs.interface.parseLog(log);
      const [id] = (event?.args ?? []) as unknown as [string];
      const status = statusAfter[event?.name ?? ''];
      if (status !== undefined) to(id, status);
    }
    expect(folded.size).to.equal(Object.keys(ends).length + 2);
    for (const [id, status] of folded) expect((await jobs.stateOf(id)).status).to.equal(status);
  });

  it('an id that nobody requested has an empty slot', async () => {
    const stage = await load();
    expect(
      await readSlot(stage, idOf(stage, await termsFor(stage, { inputRoot: `0x${'01'.repeat(32)}` as Hex32 }))),
    ).to.equal(0n);
  });
});

const statusAfter: Readonly<Record<string, JobStatus>> = {
  JobRequested: JobStatus.Requested,
  JobAttested: JobStatus.Attested,
  JobOnTrial: JobStatus.OnTrial,
  JobSettled: JobStatus.Settled,
  JobExpired: JobStatus.Expired,
  JobSlashed: JobStatus.Slashed,
  JobVoided: JobStatus.Void,
};
