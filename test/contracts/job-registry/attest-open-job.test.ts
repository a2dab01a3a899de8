import { expect } from 'chai';
import { network } from 'hardhat';
import { type Hex32, ZERO_ADDRESS } from '../../../workers/protocol/ids.ts';
import { type Terms, termsToChain } from '../../../workers/protocol/job.ts';
import { eligibleFrom, ladderSeed } from '../../../workers/protocol/ladder.ts';
import { attestChecked } from '../../support/checked-attestations.ts';
import { requestChecked } from '../../support/checked-requests.ts';
import { type JobStage, type StagedOperator, TOKEN, setLadderStage } from '../../support/job-stage.ts';
import { type Job, nextAt, outputFor, termsFor } from '../../support/jobs.ts';

const HISTORY_STORAGE = '0x0000F90827F1C53a10cb7A02335B175320002935';
/** Stake that counts: everybody's but the latecomer's. */
const TOTAL_STAKE = 1_650n * TOKEN;
const STEP = 30n;

const { networkHelpers } = await network.create();
const load = async (): Promise<JobStage> => networkHelpers.loadFixture(setLadderStage);

async function requestedOpen(stage: JobStage, overrides: Partial<Terms> = {}): Promise<Job> {
  const attestDeadline = BigInt(await networkHelpers.time.latest()) + 3n * 86_400n;
  return requestChecked(stage, await termsFor(stage, { operator: ZERO_ADDRESS, attestDeadline, ...overrides }));
}

/** The first step of the ladder at which an operator may attest, by the rules of the manual. */
async function firstStep(stage: JobStage, job: Job, { address }: StagedOperator): Promise<bigint> {
  const { stakes, total } = { stakes: await stage.staking.ladderStakes(address, job.requestedAt), total: TOTAL_STAKE };
  expect(stakes.total).to.equal(total);
  const block = await stage.ethers.provider.getBlock(Number(job.requestBlock) + 1);
  const seed = ladderSeed(job.id, block!.hash as Hex32);
  const place = { seed, operator: address, stake: stakes.stake, totalStake: total, width: 1n };
  return BigInt(eligibleFrom(place, { requestedAt: 0, step: 1 })!);
}

/** An open job, seeded, for which the small operator has to wait at least `steps` steps. */
async function jobThatLetsWait(stage: JobStage, steps: bigint): Promise<{ job: Job; step: bigint }> {
  for (let tries = 0; tries < 50; tries++) {
    const job = await requestedOpen(stage);
    await networkHelpers.mine();
    const step = await firstStep(stage, job, stage.small);
    if (step >= steps) return { job, step };
  }
  throw new Error('no such job in 50 tries');
}

async function attempt(stage: JobStage, { terms }: Job, { key }: StagedOperator) {
  return stage.jobs.connect(key).attest(termsToChain(terms), outputFor(stage, terms), '0x');
}

describe('JobRegistry.attest: open jobs and the sortition ladder', () => {
  describe('refuses', () => {
    it('anybody in the block that seeds the ladder; from the next block on it works', async () => {
      const stage = await load();
      const job = await requestedOpen(stage);
      await nextAt(stage, job.requestedAt + 40n * STEP);
      await expect(attempt(stage, job, stage.operator))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryLadderNotSeeded')
        .withArgs(job.requestBlock + 2n);
      await networkHelpers.mineUpTo(job.requestBlock + 1n);
      await attestChecked(stage, job, { by: stage.operator });
    });

    it('an operator one second before its step of the ladder begins', async () => {
      const stage = await load();
      const { job, step } = await jobThatLetsWait(stage, 2n);
      const from = job.requestedAt + step * STEP;
      await nextAt(stage, from - 1n);
      await expect(attempt(stage, job, stage.small))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryNotEligible')
        .withArgs(stage.small.address, step - 1n);
    });

    it('stake that came after the last epoch before the request, at every step', async () => {
      const stage = await load();
      const job = await requestedOpen(stage);
      await networkHelpers.mine();
      for (const steps of [0n, 1n, 64n, 65n, 1_000n]) {
        await nextAt(stage, job.requestedAt + steps * STEP + 10n);
        await expect(attempt(stage, job, stage.latecomer))
          .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryNotEligible')
          .withArgs(stage.latecomer.address, steps < 64n ? steps : 64n);
      }
    });
  });

  it('lets an operator in at the very second in which its step begins', async () => {
    const stage = await load();
    const { job, step } = await jobThatLetsWait(stage, 2n);
    await attestChecked(stage, job, { by: stage.small, at: job.requestedAt + step * STEP });
  });

  it('lets it in at every later second', async () => {
    const stage = await load();
    const { job, step } = await jobThatLetsWait(stage, 1n);
    await attestChecked(stage, job, { by: stage.small, at: job.requestedAt + (step + 3n) * STEP + 17n });
  });

  it('takes the first eligible operator, and nobody after it', async () => {
    const stage = await load();
    const { job } = await jobThatLetsWait(stage, 1n);
    const at = job.requestedAt + 20n * STEP;
    await attestChecked(stage, job, { by: stage.rival, at });
    for (const late of [stage.operator, stage.rival]) {
      await expect(attempt(stage, job, late))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryAlreadyAttested')
        .withArgs(job.id);
    }
  });

  it('accepts a relayed signature of an eligible operator', async () => {
    const stage = await load();
    const job = await requestedOpen(stage);
    await networkHelpers.mine();
    await attestChecked(stage, job, { by: stage.rival, relayedBy: stage.stranger, at: job.requestedAt + 20n * STEP });
  });

  it('I21: keeps the ladder of the version under which the job was requested', async () => {
    const stage = await load();
    const { job, step } = await jobThatLetsWait(stage, 2n);
    await stage.jobs.setParameters({ ...stage.parameters, ladderStep: 1n, ladderWidth: 1_000n });
    const from = job.requestedAt + step * STEP;
    await nextAt(stage, from - 1n);
    await expect(attempt(stage, job, stage.small)).to.be.revertedWithCustomError(stage.jobs, 'JobRegistryNotEligible');
    await attestChecked(stage, job, { by: stage.small, at: from });
  });

  it('counts locked stake like free stake', async () => {
    const stage = await load();
    const other = await requestChecked(stage, await termsFor(stage, { operator: stage.small.address }));
    await attestChecked(stage, other, { by: stage.small });
    const { job, step } = await jobThatLetsWait(stage, 1n);
    await attestChecked(stage, job, { by: stage.small, at: job.requestedAt + step * STEP });
  });

  describe('when the block of the seed is older than 256 blocks', () => {
    // Hardhat's chain has no history of block hashes (EIP-2935), so a small contract plays it: it answers from its storage.
    const remember = async (stage: JobStage, block: bigint): Promise<void> => {
      const found = await stage.ethers.provider.getBlock(Number(block));
      await networkHelpers.setCode(HISTORY_STORAGE, '0x5f35545f5260205ff3');
      await networkHelpers.setStorageAt(HISTORY_STORAGE, block, found!.hash!);
    };

    it('reads its hash from the history contract, and the ladder is the same', async () => {
      const stage = await load();
      const { job, step } = await jobThatLetsWait(stage, 2n);
      await remember(stage, job.requestBlock + 1n);
      const from = job.requestedAt + step * STEP;
      const now = BigInt(await networkHelpers.time.latest());
      // As many blocks as fit into the wait, one per second, are not enough: put the last one 300 blocks on.
      expect(now).to.be.lessThan(from - 1n);
      await stage.ethers.provider.send('hardhat_mine', ['0x12c', '0x0']);
      await nextAt(stage, from - 1n);
      await expect(attempt(stage, job, stage.small))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryNotEligible')
        .withArgs(stage.small.address, step - 1n);
      await attestChecked(stage, job, { by: stage.small, at: from });
    });

    it('I14: lets everybody with stake in once the chain has forgotten it (8,191 blocks)', async () => {
      const stage = await load();
      const { job } = await jobThatLetsWait(stage, 2n);
      await networkHelpers.setCode(HISTORY_STORAGE, '0x5f35545f5260205ff3');
      await networkHelpers.mine(8_192, { interval: 12 });
      await expect(attempt(stage, job, stage.latecomer)).to.be.revertedWithCustomError(
        stage.jobs,
        'JobRegistryNotEligible',
      );
      await attestChecked(stage, job, { by: stage.small });
    });

    it('I14: lets everybody with stake in on a chain without that history', async () => {
      const stage = await load();
      const { job } = await jobThatLetsWait(stage, 2n);
      await networkHelpers.mine(257, { interval: 1 });
      await attestChecked(stage, job, { by: stage.small });
    });
  });
});
