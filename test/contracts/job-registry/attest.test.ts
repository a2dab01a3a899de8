import { expect } from 'chai';
import { network } from 'hardhat';
import { type Hex32, ZERO_HEX32 } from '../../../workers/protocol/ids.ts';
import { Delivery, JobStatus, type Terms, termsToChain } from '../../../workers/protocol/job.ts';
import { attestChecked } from '../../support/checked-attestations.ts';
import { expireChecked, settleChecked } from '../../support/checked-endings.ts';
import { requestChecked, requestWithOfferChecked } from '../../support/checked-requests.ts';
import { type JobStage, TOKEN, setJobStage } from '../../support/job-stage.ts';
import {
  type Job,
  type Output,
  PENALTY,
  STAKE_AT_RISK,
  inputBytes,
  nextAt,
  outputFor,
  termsFor,
  vectorOf,
} from '../../support/jobs.ts';
import { REVOCATION_DELAY } from '../../support/system.ts';

const { networkHelpers } = await network.create();
const load = async (): Promise<JobStage> => networkHelpers.loadFixture(setJobStage);
const OTHER_ROOT = `0x${'5a'.repeat(32)}` as Hex32;

async function requested(overrides: Partial<Terms> = {}): Promise<{ stage: JobStage; job: Job }> {
  const stage = await load();
  return { stage, job: await requestChecked(stage, await termsFor(stage, overrides)) };
}

/** Attests as the operator's key, unless told otherwise. */
async function attempt(
  stage: JobStage,
  { terms }: Pick<Job, 'terms'>,
  output?: Partial<Output>,
  key = stage.operator.key,
) {
  return stage.jobs.connect(key).attest(termsToChain(terms), { ...outputFor(stage, terms), ...output }, '0x');
}

describe('JobRegistry.attest', () => {
  describe('refuses', () => {
    it('a job that nobody requested', async () => {
      const stage = await load();
      const terms = await termsFor(stage);
      await expect(attempt(stage, { terms }))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryUnknownJob')
        .withArgs(await stage.jobs.jobIdOf(termsToChain(terms)));
    });

    it('terms that differ from the requested ones in a single field', async () => {
      const { stage, job } = await requested();
      for (const change of [{ fee: 1n }, { stakeAtRisk: 1n }, { challengeWindow: 60 }, { attestDeadline: 1n << 39n }]) {
        await expect(attempt(stage, { terms: { ...job.terms, ...change } })).to.be.revertedWithCustomError(
          stage.jobs,
          'JobRegistryUnknownJob',
        );
      }
    });

    it('terms with dirty upper bits: they are the hash of no request', async () => {
      const { stage, job } = await requested();
      const data = stage.jobs.interface.encodeFunctionData('attest', [
        termsToChain(job.terms),
        outputFor(stage, job.terms),
        '0x',
      ]);
      const dirty = `${data.slice(0, 10)}ff${data.slice(12)}`;
      await expect(stage.operator.key.sendTransaction({ to: stage.jobs, data: dirty })).to.be.revertedWithCustomError(
        stage.jobs,
        'JobRegistryUnknownJob',
      );
    });

    it('I15: a second after the deadline', async () => {
      const { stage, job } = await requested();
      const { attestDeadline } = job.terms;
      await nextAt(stage, attestDeadline + 1n);
      await expect(attempt(stage, job))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryDeadlinePassed')
        .withArgs(job.id, attestDeadline);
    });

    it('a second attestation, even an equal one', async () => {
      const { stage, job } = await requested();
      await attestChecked(stage, job);
      await expect(attempt(stage, job))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryAlreadyAttested')
        .withArgs(job.id);
    });

    it('I11: a job that has ended', async () => {
      const { stage, job } = await requested();
      const other = await requestChecked(stage, await termsFor(stage));
      await settleChecked(stage, await attestChecked(stage, other));
      await expireChecked(stage, job, BigInt(await networkHelpers.time.latest()) + 10n);
      for (const [ended, status] of [
        [other, JobStatus.Settled],
        [job, JobStatus.Expired],
      ] as const) {
        await expect(attempt(stage, ended))
          .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryWrongStatus')
          .withArgs(ended.id, status);
      }
    });

    it('an account that is no attester key: a stranger, and the operator itself', async () => {
      const { stage, job } = await requested();
      for (const nobody of [stage.stranger, stage.operator.account]) {
        await expect(attempt(stage, job, {}, nobody))
          .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryNotAttester')
          .withArgs(nobody.address);
      }
    });

    it('I17: a key from the second in which its revocation takes effect', async () => {
      const stage = await load();
      const { account, key } = stage.operator;
      await stage.staking.connect(account).revokeAttester(key);
      const { revokedAt } = await stage.staking.attesterKey(key);
      await networkHelpers.time.increaseTo(revokedAt - 100n);
      const job = await requestChecked(stage, await termsFor(stage));
      await nextAt(stage, revokedAt);
      await expect(attempt(stage, job))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryNotAttester')
        .withArgs(key.address);
    });

    it('an operator that the terms do not name', async () => {
      const { stage, job } = await requested();
      await expect(attempt(stage, job, {}, stage.rival.key))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryNotChosen')
        .withArgs(stage.rival.address, stage.operator.address);
    });

    it('I4: an operator whose free stake is short by a wei', async () => {
      const { stage, job } = await requested();
      await stage.staking.connect(stage.operator.account).unbond(800n * TOKEN - STAKE_AT_RISK + 1n);
      await expect(attempt(stage, job))
        .to.be.revertedWithCustomError(stage.staking, 'OperatorStakingInsufficientFree')
        .withArgs(stage.operator.address, STAKE_AT_RISK - 1n, STAKE_AT_RISK);
    });

    for (const [delivery, length, expected] of [
      ['Inline', 0, 4],
      ['Inline', 8, 4],
      ['Inline', 3, 4],
      ['None', 4, 0],
      ['Blob', 4, 0],
    ] as const) {
      it(`${length} bytes of output where \`${delivery}\` asks for ${expected}`, async () => {
        const { stage, job } = await requested({ delivery: Delivery[delivery] });
        await expect(attempt(stage, job, { vector: `0x${'00'.repeat(length)}` }))
          .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryOutputLength')
          .withArgs(length, expected);
      });
    }

    for (const [what, delivery, output] of [
      ['an inline vector under another root', 'Inline', { root: OTHER_ROOT }],
      ['an inline vector with a content id', 'Inline', { content: OTHER_ROOT }],
      ['a bare root with a content id', 'None', { content: OTHER_ROOT }],
      ['a blob without a content id', 'Blob', { content: ZERO_HEX32 }],
    ] as const) {
      it(what, async () => {
        const { stage, job } = await requested({ delivery: Delivery[delivery] });
        const sent = { ...outputFor(stage, job.terms), ...output };
        await expect(attempt(stage, job, sent))
          .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryOutputMismatch')
          .withArgs(sent.root, sent.content);
      });
    }
  });

  for (const delivery of ['None', 'Inline', 'Blob'] as const) {
    it(`records an output delivered as \`${delivery}\` and locks the stake at risk`, async () => {
      const { stage, job } = await requested({ delivery: Delivery[delivery] });
      await attestChecked(stage, job);
    });
  }

  it('I15: in the last second', async () => {
    const { stage, job } = await requested();
    await attestChecked(stage, job, { at: job.terms.attestDeadline });
  });

  it('in the block of the request, by a named operator', async () => {
    const stage = await load();
    const terms = await termsFor(stage);
    await stage.ethers.provider.send('evm_setAutomine', [false]);
    try {
      const gas = { gasLimit: 1_000_000 };
      const sent = termsToChain(terms);
      await stage.jobs.connect(stage.requester).request(sent, inputBytes(terms, vectorOf(10)), gas);
      const answer = await stage.jobs.connect(stage.operator.key).attest(sent, outputFor(stage, terms), '0x', gas);
      await networkHelpers.mine();
      expect((await answer.wait())?.status).to.equal(1);
    } finally {
      await stage.ethers.provider.send('evm_setAutomine', [true]);
    }
  });

  it('I17: by a key until its revocation takes effect', async () => {
    const stage = await load();
    const { account, key } = stage.operator;
    await stage.staking.connect(account).revokeAttester(key);
    const { revokedAt } = await stage.staking.attesterKey(key);
    expect(revokedAt).to.equal(BigInt(await networkHelpers.time.latest()) + REVOCATION_DELAY);
    await networkHelpers.time.increaseTo(revokedAt - 100n);
    const job = await requestChecked(stage, await termsFor(stage));
    await attestChecked(stage, job, { at: revokedAt - 1n });
  });

  it('frees the penalty of an offer before it locks the stake at risk', async () => {
    const stage = await load();
    const job = await requestWithOfferChecked(stage, await termsFor(stage, { offerPenalty: PENALTY }));
    await stage.staking.connect(stage.operator.account).unbond(800n * TOKEN - STAKE_AT_RISK);
    await attestChecked(stage, job);
  });

  it('I4: locks of several jobs add up', async () => {
    const { stage, job } = await requested();
    const second = await requestChecked(stage, await termsFor(stage, { stakeAtRisk: 780n * TOKEN }));
    const third = await requestChecked(stage, await termsFor(stage, { stakeAtRisk: 1n }));
    await attestChecked(stage, job);
    await attestChecked(stage, second);
    await expect(attempt(stage, third))
      .to.be.revertedWithCustomError(stage.staking, 'OperatorStakingInsufficientFree')
      .withArgs(stage.operator.address, 0n, 1n);
  });

  it('I30: while requests are paused', async () => {
    const { stage, job } = await requested();
    await stage.jobs.pauseRequests();
    await attestChecked(stage, job);
  });

  it('I21: for a model that was retired after the request', async () => {
    const { stage, job } = await requested();
    await stage.models.connect(stage.publisher).retire(stage.model.id);
    await attestChecked(stage, job);
  });
});
