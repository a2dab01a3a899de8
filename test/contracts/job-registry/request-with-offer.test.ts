import type { HardhatEthersSigner } from '@nomicfoundation/hardhat-ethers/types';
import { expect } from 'chai';
import { network } from 'hardhat';
import { REVOCATION_DELAY } from '../../support/system.ts';
import { ZERO_ADDRESS } from '../../../workers/protocol/ids.ts';
import { type Terms, termsToChain } from '../../../workers/protocol/job.ts';
import { attestChecked } from '../../support/checked-attestations.ts';
import { expireChecked } from '../../support/checked-endings.ts';
import { requestWithOfferChecked } from '../../support/checked-requests.ts';
import { type JobStage, TOKEN, setJobStage } from '../../support/job-stage.ts';
import { PENALTY, asRequester, idOf, inputBytes, nextAt, signOffer, termsFor, vectorOf } from '../../support/jobs.ts';

const { networkHelpers } = await network.create();
const load = async (): Promise<JobStage> => networkHelpers.loadFixture(setJobStage);
const offered = async (stage: JobStage, overrides: Partial<Terms> = {}): Promise<Terms> =>
  termsFor(stage, { offerPenalty: PENALTY, ...overrides });

/** Requests `terms` with an offer that `key` signed for `signed`. */
async function attempt(
  stage: JobStage,
  terms: Terms,
  {
    key = stage.operator.key,
    signed = terms,
    expiry = terms.attestDeadline,
    shown = expiry,
  }: {
    readonly key?: HardhatEthersSigner;
    readonly signed?: Terms;
    readonly expiry?: bigint;
    /** The expiry that the requester claims. */
    readonly shown?: bigint;
  } = {},
) {
  const signature = await signOffer(stage, key, signed, expiry);
  return asRequester(stage, terms.requester, 'requestWithOffer', [
    ...[termsToChain(terms), inputBytes(terms, vectorOf(10))],
    ...[shown, signature],
  ]);
}

describe('JobRegistry.requestWithOffer', () => {
  describe('refuses', () => {
    it('terms without a penalty', async () => {
      const stage = await load();
      await expect(attempt(stage, await offered(stage, { offerPenalty: 0n })))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryInvalidOffer')
        .withArgs(stage.operator.address, 0n);
    });

    it('an offer a second after its expiry', async () => {
      const stage = await load();
      const terms = await offered(stage);
      const expiry = BigInt(await networkHelpers.time.latest()) + 20n;
      await nextAt(stage, expiry + 1n);
      await expect(attempt(stage, terms, { expiry }))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryOfferExpired')
        .withArgs(expiry);
    });

    it("another operator's offer", async () => {
      const stage = await load();
      await expect(attempt(stage, await offered(stage), { key: stage.rival.key }))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryNotAttester')
        .withArgs(stage.rival.key.address);
    });

    it("the operator's own account, which is no attester key", async () => {
      const stage = await load();
      await expect(attempt(stage, await offered(stage), { key: stage.operator.account }))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryNotAttester')
        .withArgs(stage.operator.address);
    });

    it('a key whose revocation has taken effect', async () => {
      const stage = await load();
      const { account, key } = stage.operator;
      await stage.staking.connect(account).revokeAttester(key);
      await networkHelpers.time.increase(REVOCATION_DELAY);
      await expect(attempt(stage, await offered(stage)))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryNotAttester')
        .withArgs(key.address);
    });

    it('an offer of nobody for a job that is open to all', async () => {
      const stage = await load();
      const stranger = stage.operator.account;
      const open = await offered(stage, { operator: ZERO_ADDRESS });
      await expect(attempt(stage, open, { key: stranger }))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryNotAttester')
        .withArgs(stranger.address);
    });

    it('an open job: an offer binds the operator that it names', async () => {
      const stage = await load();
      await expect(attempt(stage, await offered(stage, { operator: ZERO_ADDRESS })))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryNotAttester')
        .withArgs(stage.operator.key.address);
    });

    for (const [what, change] of [
      ['a lower fee', { fee: 1n }],
      ['a higher penalty', { offerPenalty: PENALTY + 1n }],
      ['another salt', { salt: 0n }],
    ] as const) {
      it(`an offer for other terms: ${what}`, async () => {
        const stage = await load();
        const signed = await offered(stage);
        await expect(attempt(stage, { ...signed, ...change }, { signed })).to.be.revertedWithCustomError(
          stage.jobs,
          'JobRegistryNotAttester',
        );
      });
    }

    it('an offer with a later expiry than was signed', async () => {
      const stage = await load();
      const terms = await offered(stage);
      const shown = terms.attestDeadline + 1n;
      await expect(attempt(stage, terms, { shown })).to.be.revertedWithCustomError(
        stage.jobs,
        'JobRegistryNotAttester',
      );
    });

    it('no signature at all', async () => {
      const stage = await load();
      const terms = await offered(stage);
      const args = [termsToChain(terms), inputBytes(terms, vectorOf(10)), terms.attestDeadline, '0x'];
      await expect(asRequester(stage, terms.requester, 'requestWithOffer', args))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryNotAttester')
        .withArgs(ZERO_ADDRESS);
    });

    it('I4: an offer that the free stake does not cover any more', async () => {
      const stage = await load();
      const { account, address } = stage.operator;
      await stage.staking.connect(account).unbond(800n * TOKEN - PENALTY + 1n);
      await expect(attempt(stage, await offered(stage)))
        .to.be.revertedWithCustomError(stage.staking, 'OperatorStakingInsufficientFree')
        .withArgs(address, PENALTY - 1n, PENALTY);
    });

    it('I18: the same offer twice', async () => {
      const stage = await load();
      const terms = await offered(stage);
      await requestWithOfferChecked(stage, terms);
      await expect(attempt(stage, terms))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryAlreadyRequested')
        .withArgs(idOf(stage, terms));
    });

    it('I18: the same offer again after the job has expired', async () => {
      const stage = await load();
      const terms = await offered(stage);
      const expiry = terms.attestDeadline + 100n;
      await expireChecked(stage, await requestWithOfferChecked(stage, terms, expiry));
      await expect(attempt(stage, terms, { expiry })).to.be.revertedWithCustomError(
        stage.jobs,
        'JobRegistryInvalidDeadline',
      );
    });
  });

  it('locks the penalty in the last second of the offer', async () => {
    const stage = await load();
    const terms = await offered(stage);
    const expiry = BigInt(await networkHelpers.time.latest()) + 20n;
    await nextAt(stage, expiry);
    await requestWithOfferChecked(stage, terms, expiry);
  });

  it('accepts a key until its revocation takes effect', async () => {
    const stage = await load();
    const { account, key } = stage.operator;
    await stage.staking.connect(account).revokeAttester(key);
    const { revokedAt } = await stage.staking.attesterKey(key);
    const before = await networkHelpers.time.latest();
    expect(revokedAt).to.equal(BigInt(before) + REVOCATION_DELAY);
    await networkHelpers.time.increaseTo(revokedAt - 2n);
    const terms = await offered(stage);
    await nextAt(stage, revokedAt - 1n);
    await requestWithOfferChecked(stage, terms);
  });

  it('the penalty comes free when the operator attests, and goes to the requester when it does not', async () => {
    const stage = await load();
    const kept = await requestWithOfferChecked(stage, await offered(stage));
    const missed = await requestWithOfferChecked(stage, await offered(stage));
    await attestChecked(stage, kept);
    await expireChecked(stage, missed);
  });

  it('I4: all free stake may be promised, and no more', async () => {
    const stage = await load();
    const all = { offerPenalty: 800n * TOKEN, stakeAtRisk: 800n * TOKEN };
    const job = await requestWithOfferChecked(stage, await offered(stage, all));
    await expect(attempt(stage, await offered(stage, { offerPenalty: 1n })))
      .to.be.revertedWithCustomError(stage.staking, 'OperatorStakingInsufficientFree')
      .withArgs(stage.operator.address, 0n, 1n);
    await attestChecked(stage, job);
  });
});
