import { expect } from 'chai';
import { network } from 'hardhat';
import { attestationDigest } from '../../../workers/protocol/attestation.ts';
import { type Address, type Hex32, type JobId, ZERO_ADDRESS } from '../../../workers/protocol/ids.ts';
import { JobReason, JobStatus, termsToChain } from '../../../workers/protocol/job.ts';
import { eligible, ladderSeed } from '../../../workers/protocol/ladder.ts';
import { attestChecked } from '../../support/checked-attestations.ts';
import { expireChecked, settleChecked } from '../../support/checked-endings.ts';
import { requestChecked, requestWithOfferChecked } from '../../support/checked-requests.ts';
import { openTrialChecked, resolveTrialChecked } from '../../support/checked-trials.ts';
import { type JobStage, setJobStage, setLadderStage } from '../../support/job-stage.ts';
import { type AttestedJob, type Job, NO_RECORD, PENALTY, idOf, outputFor, termsFor } from '../../support/jobs.ts';

/** `IJobRegistry.NextAction` */
const Next = { None: 0n, Attest: 1n, Expire: 2n, Challenge: 3n, Settle: 4n, ResolveTrial: 5n } as const;

const { networkHelpers } = await network.create();
const load = async (): Promise<JobStage> => networkHelpers.loadFixture(setJobStage);

const status = async ({ jobs }: JobStage, { terms }: Pick<Job, 'terms'>, record = NO_RECORD): Promise<unknown[]> => [
  ...(await jobs.statusOf(termsToChain(terms), record)),
];

async function attested(stage: JobStage): Promise<AttestedJob> {
  return attestChecked(stage, await requestChecked(stage, await termsFor(stage)));
}

describe('JobRegistry.jobIdOf', () => {
  it('I17: binds chain, registry and terms, the way the workers compute it', async () => {
    const stage = await load();
    const terms = await termsFor(stage);
    expect(await stage.jobs.jobIdOf(termsToChain(terms))).to.equal(idOf(stage, terms));
    const elsewhere = { ...stage.domain, chainId: stage.domain.chainId + 1n };
    expect(idOf({ ...stage, domain: elsewhere }, terms)).not.to.equal(idOf(stage, terms));
  });
});

describe('JobRegistry.attestationDigest', () => {
  it('is the EIP-712 digest that attesters sign', async () => {
    const { jobs, domain, operator } = await load();
    const [jobId, outputRoot, outputContent] = ['1', '2', '3'].map((digit) => `0x${digit.repeat(64)}`) as [
      JobId,
      Hex32,
      Hex32,
    ];
    const attestation = { jobId, outputRoot, outputContent, operator: operator.address };
    expect(await jobs.attestationDigest(jobId, outputRoot, outputContent, operator.address)).to.equal(
      attestationDigest(attestation, domain),
    );
  });

  it('I17: names chain and contract in the domain that it publishes', async () => {
    const { jobs, domain } = await load();
    const { name, version, chainId, verifyingContract } = await jobs.eip712Domain();
    expect([name, version, chainId, verifyingContract]).to.deep.equal([
      ...['Remit JobRegistry', '1', domain.chainId, domain.verifyingContract],
    ]);
  });
});

describe('JobRegistry.stateOf', () => {
  it('is all zero for a job that nobody requested', async () => {
    const { jobs } = await load();
    expect([...(await jobs.stateOf(`0x${'12'.repeat(32)}`))]).to.deep.equal([
      ...[0n, 0n, false, 0n, 0n, `0x${'00'.repeat(32)}`],
    ]);
  });
  // Every other state: each checked action compares `stateOf` with the slot that the manual describes.
});

describe('JobRegistry.statusOf', () => {
  it('refuses an attested job with another record', async () => {
    const stage = await load();
    const job = await attested(stage);
    await expect(status(stage, job))
      .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryRecordMismatch')
      .withArgs(job.id);
  });

  it('unknown: nothing to do', async () => {
    const stage = await load();
    const terms = await termsFor(stage);
    expect(await status(stage, { terms })).to.deep.equal([0n, 0n, Next.None, 0n]);
  });

  it('requested: to be attested since the request, up to and including the deadline; then to be expired', async () => {
    const stage = await load();
    const job = await requestChecked(stage, await termsFor(stage));
    const { attestDeadline } = job.terms;
    const requested = BigInt(JobStatus.Requested);
    expect(await status(stage, job)).to.deep.equal([requested, 0n, Next.Attest, job.requestedAt]);
    await networkHelpers.time.increaseTo(attestDeadline);
    expect(await status(stage, job)).to.deep.equal([requested, 0n, Next.Attest, job.requestedAt]);
    await networkHelpers.time.increaseTo(attestDeadline + 1n);
    expect(await status(stage, job)).to.deep.equal([requested, 0n, Next.Expire, attestDeadline + 1n]);
  });

  it('attested: to be challenged up to and including the end of the window; then to be settled', async () => {
    const stage = await load();
    const job = await attested(stage);
    const { challengeEnd } = job.record;
    const now = BigInt(JobStatus.Attested);
    expect(await status(stage, job, job.record)).to.deep.equal([now, 0n, Next.Challenge, 0n]);
    await networkHelpers.time.increaseTo(challengeEnd);
    expect(await status(stage, job, job.record)).to.deep.equal([now, 0n, Next.Challenge, 0n]);
    await networkHelpers.time.increaseTo(challengeEnd + 1n);
    expect(await status(stage, job, job.record)).to.deep.equal([now, 0n, Next.Settle, challengeEnd + 1n]);
  });

  it('on trial: waits for the court, at any time', async () => {
    const stage = await load();
    const job = await attested(stage);
    await openTrialChecked(stage, job);
    for (const at of [0n, 1_000_000n]) {
      await networkHelpers.time.increaseTo(job.record.challengeEnd + at);
      expect(await status(stage, job)).to.deep.equal([BigInt(JobStatus.OnTrial), 0n, Next.ResolveTrial, 0n]);
    }
  });

  it('ended: why, and nothing to do', async () => {
    const stage = await load();
    const ended = async (job: Job, at: JobStatus, why: JobReason): Promise<void> => {
      expect(await status(stage, job)).to.deep.equal([BigInt(at), BigInt(why), Next.None, 0n]);
    };
    const settled = await attested(stage);
    for (const [outcome, at, why] of [
      ['Acquitted', JobStatus.Settled, JobReason.Acquitted],
      ['Convicted', JobStatus.Slashed, JobReason.Convicted],
      ['Void', JobStatus.Void, JobReason.TrialVoid],
    ] as const) {
      const tried = await attested(stage);
      await openTrialChecked(stage, tried);
      await resolveTrialChecked(stage, tried, outcome);
      await ended(tried, at, why);
    }
    await settleChecked(stage, settled);
    await ended(settled, JobStatus.Settled, JobReason.ChallengeWindowPassed);
    const expired = await requestChecked(stage, await termsFor(stage));
    await expireChecked(stage, expired);
    await ended(expired, JobStatus.Expired, JobReason.DeadlinePassed);
    const missed = await requestWithOfferChecked(stage, await termsFor(stage, { offerPenalty: PENALTY }));
    await expireChecked(stage, missed);
    await ended(missed, JobStatus.Expired, JobReason.OfferMissed);
  });
});

describe('JobRegistry.eligibilityOf', () => {
  const loadLadder = async (): Promise<JobStage> => networkHelpers.loadFixture(setLadderStage);
  const eligibility = async (
    { jobs }: JobStage,
    { terms }: Pick<Job, 'terms'>,
    operator: string,
  ): Promise<unknown[]> => [...(await jobs.eligibilityOf(termsToChain(terms), operator))];

  it('refuses a job that nobody requested, and one that was answered', async () => {
    const stage = await loadLadder();
    const terms = await termsFor(stage, { operator: ZERO_ADDRESS });
    await expect(eligibility(stage, { terms }, stage.operator.address))
      .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryUnknownJob')
      .withArgs(idOf(stage, terms));
    const job = await requestChecked(stage, terms);
    await networkHelpers.mine();
    await attestChecked(stage, job, { by: stage.operator, at: job.requestedAt + 300n });
    await expect(eligibility(stage, job, stage.operator.address))
      .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryWrongStatus')
      .withArgs(job.id, JobStatus.Attested);
  });

  it('refuses before the seed is known', async () => {
    const stage = await loadLadder();
    const job = await requestChecked(stage, await termsFor(stage, { operator: ZERO_ADDRESS }));
    for (const blocks of [0n, 1n]) {
      if (blocks > 0n) await networkHelpers.mine(blocks);
      await expect(eligibility(stage, job, stage.operator.address))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryLadderNotSeeded')
        .withArgs(job.requestBlock + 2n);
    }
    await networkHelpers.mine();
    await eligibility(stage, job, stage.operator.address);
  });

  it('agrees with the workers for every operator at every step, up to the last', async () => {
    const stage = await loadLadder();
    const attestDeadline = BigInt(await networkHelpers.time.latest()) + 3n * 86_400n;
    const job = await requestChecked(stage, await termsFor(stage, { operator: ZERO_ADDRESS, attestDeadline }));
    await networkHelpers.mine(2);
    const seedBlock = await stage.ethers.provider.getBlock(Number(job.requestBlock) + 1);
    const seed = ladderSeed(job.id, seedBlock!.hash as Hex32);
    const time = { requestedAt: Number(job.requestedAt), step: 30 };
    for (const after of [10, 29, 30, 59, 60, 119, 120, 150, 1_919, 1_920, 1_950, 100_000]) {
      await networkHelpers.time.increaseTo(time.requestedAt + after);
      for (const operator of [...stage.operators.map(({ address }) => address), stage.stranger.address as Address]) {
        const [stake, totalStake] = await stage.staking.ladderStakes(operator, job.requestedAt);
        const expected = eligible({ seed, operator, stake, totalStake, width: 1n }, time, time.requestedAt + after);
        const step = BigInt(Math.min(Math.floor(after / 30), 64));
        expect(await eligibility(stage, job, operator), `${operator} after ${after} s`).to.deep.equal([expected, step]);
      }
    }
  });
});

describe('JobRegistry, asked off the chain', () => {
  it('says beforehand what `attest` will do', async () => {
    const stage = await load();
    const job = await requestChecked(stage, await termsFor(stage));
    const { jobs, operator } = stage;
    await jobs.connect(operator.key).attest.staticCall(termsToChain(job.terms), outputFor(stage, job.terms), '0x');
    expect((await jobs.stateOf(job.id)).status).to.equal(JobStatus.Requested);
  });
});
