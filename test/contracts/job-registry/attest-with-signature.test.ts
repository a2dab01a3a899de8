import { expect } from 'chai';
import { Signature } from 'ethers';
import { network } from 'hardhat';
import { type Address, type Hex, type Hex32, ZERO_ADDRESS } from '../../../workers/protocol/ids.ts';
import { Delivery, type Terms, termsToChain } from '../../../workers/protocol/job.ts';
import { attestChecked } from '../../support/checked-attestations.ts';
import { requestChecked } from '../../support/checked-requests.ts';
import { type JobStage, setJobStage } from '../../support/job-stage.ts';
import { type Job, nextAt, outputFor, signOutput, termsFor } from '../../support/jobs.ts';

const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

const { networkHelpers } = await network.create();

async function requested(overrides: Partial<Terms> = {}): Promise<{ stage: JobStage; job: Job }> {
  const stage = await networkHelpers.loadFixture(setJobStage);
  return { stage, job: await requestChecked(stage, await termsFor(stage, overrides)) };
}

/** A stranger brings a signature for the operator's usual output. */
async function relay(stage: JobStage, { terms }: Job, signature: Hex, operator: Address = stage.operator.address) {
  const output = outputFor(stage, terms);
  return stage.jobs.connect(stage.stranger).attestWithSignature(termsToChain(terms), operator, output, '0x', signature);
}

/** Signs the job's usual output, possibly elsewhere. */
async function sign(
  stage: JobStage,
  job: Job,
  {
    key = stage.operator.key,
    domain = stage.domain,
    operator = stage.operator.address,
    output = outputFor(stage, job.terms),
  } = {},
): Promise<Hex> {
  return signOutput({ domain }, key, job.id, operator, output);
}

describe('JobRegistry.attestWithSignature', () => {
  describe('refuses', () => {
    it('a signature of another operator under the name of this one', async () => {
      const { stage, job } = await requested();
      const signature = await sign(stage, job, { key: stage.rival.key });
      await expect(relay(stage, job, signature))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryNotChosen')
        .withArgs(stage.rival.address, stage.operator.address);
    });

    it("a name that is not the key's operator", async () => {
      const { stage, job } = await requested();
      const signature = await sign(stage, job, { operator: stage.rival.address });
      await expect(relay(stage, job, signature, stage.rival.address))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryNotAttester')
        .withArgs(stage.operator.key.address);
    });

    it('a key that belongs to nobody', async () => {
      const { stage, job } = await requested();
      const signature = await sign(stage, job, { key: stage.stranger });
      await expect(relay(stage, job, signature))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryNotAttester')
        .withArgs(stage.stranger.address);
    });

    for (const [what, malformed] of [
      ['nothing', '0x'],
      ['64 bytes', `0x${'11'.repeat(64)}`],
      ['zeros', `0x${'00'.repeat(65)}`],
    ] as const) {
      it(`${what} instead of a signature`, async () => {
        const { stage, job } = await requested();
        await expect(relay(stage, job, malformed))
          .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryNotAttester')
          .withArgs(ZERO_ADDRESS);
      });
    }

    it('I18: the other signature with the same meaning (upper half of s)', async () => {
      const { stage, job } = await requested();
      const { r, s, v } = Signature.from(await sign(stage, job));
      const upper = (CURVE_ORDER - BigInt(s)).toString(16).padStart(64, '0');
      await expect(relay(stage, job, `${r}${upper}${v === 27 ? '1c' : '1b'}` as Hex))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryNotAttester')
        .withArgs(ZERO_ADDRESS);
    });

    it('I17: a signature for another output, operator or job', async () => {
      const { stage, job } = await requested();
      const other = await requestChecked(stage, await termsFor(stage));
      const signatures = [
        await sign(stage, job, { output: outputFor(stage, job.terms, 0.25) }),
        await sign(stage, job, { operator: stage.rival.address }),
        await sign(stage, other),
      ];
      for (const signature of signatures) {
        await expect(relay(stage, job, signature)).to.be.revertedWithCustomError(stage.jobs, 'JobRegistryNotAttester');
      }
    });

    it('I17: a signature for another chain or another registry', async () => {
      const { stage, job } = await requested();
      const elsewhere = [
        { ...stage.domain, chainId: stage.domain.chainId + 1n },
        { ...stage.domain, verifyingContract: stage.stranger.address as Address },
      ];
      for (const domain of elsewhere) {
        const signature = await sign(stage, job, { domain });
        await expect(relay(stage, job, signature)).to.be.revertedWithCustomError(stage.jobs, 'JobRegistryNotAttester');
      }
    });

    it('I17: a content id that was not signed', async () => {
      const { stage, job } = await requested({ delivery: Delivery.Blob });
      const output = outputFor(stage, job.terms);
      const signature = await sign(stage, job, { output: { ...output, content: `0x${'99'.repeat(32)}` as Hex32 } });
      await expect(relay(stage, job, signature)).to.be.revertedWithCustomError(stage.jobs, 'JobRegistryNotAttester');
    });

    it('I15: a signature a second after the deadline, whenever it was made', async () => {
      const { stage, job } = await requested();
      const signature = await sign(stage, job);
      await nextAt(stage, job.terms.attestDeadline + 1n);
      await expect(relay(stage, job, signature))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryDeadlinePassed')
        .withArgs(job.id, job.terms.attestDeadline);
    });

    it('I18: the same signature twice', async () => {
      const { stage, job } = await requested();
      await attestChecked(stage, job, { relayedBy: stage.stranger });
      await expect(relay(stage, job, await sign(stage, job)))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryAlreadyAttested')
        .withArgs(job.id);
    });
  });

  it('anybody may bring the signature, and only the signer is bound', async () => {
    const { stage, job } = await requested();
    await attestChecked(stage, job, { relayedBy: stage.stranger });
  });

  it('the requester itself may bring it, in the last second', async () => {
    const { stage, job } = await requested({ delivery: Delivery.Blob });
    await attestChecked(stage, job, { relayedBy: stage.requester, at: job.terms.attestDeadline });
  });
});
