import { expect } from 'chai';
import { ZeroAddress, hexlify } from 'ethers';
import { network } from 'hardhat';
import { sha256Of } from '../../../workers/protocol/content-id.ts';
import { type Address, type Hex, ZERO_ADDRESS, ZERO_HEX32 } from '../../../workers/protocol/ids.ts';
import {
  Availability,
  CallbackPhase,
  Delivery,
  type Terms,
  parseTerms,
  termsToChain,
} from '../../../workers/protocol/job.ts';
import { requestChecked } from '../../support/checked-requests.ts';
import { type JobStage, setJobStage } from '../../support/job-stage.ts';
import { FEE, asRequester, idOf, inputBytes, termsFor, termsWithCallback, vectorOf } from '../../support/jobs.ts';

const { networkHelpers } = await network.create();
const load = async (): Promise<JobStage> => networkHelpers.loadFixture(setJobStage);

/** Requests with valid terms but for `overrides`. */
async function attempt(stage: JobStage, overrides: Partial<Terms> = {}, input?: Hex) {
  const terms = await termsFor(stage, overrides);
  const bytes = input ?? inputBytes(terms, vectorOf(10));
  return asRequester(stage, terms.requester, 'request', [termsToChain(terms), bytes]);
}

describe('JobRegistry.request: refused', () => {
  it('while requests are paused', async () => {
    const stage = await load();
    await stage.jobs.pauseRequests();
    await expect(attempt(stage)).to.be.revertedWithCustomError(stage.jobs, 'JobRegistryRequestsPaused').withArgs();
  });

  it('an offer penalty without an offer', async () => {
    const stage = await load();
    await expect(attempt(stage, { offerPenalty: 7n }))
      .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryInvalidOffer')
      .withArgs(stage.operator.address, 7n);
  });

  it('a model that nobody registered', async () => {
    const stage = await load();
    const terms = termsToChain(await termsFor(stage));
    const unknown = { ...terms, modelId: `0x${'77'.repeat(32)}` };
    await expect(asRequester(stage, stage.requester.address, 'request', [unknown, hexlify(vectorOf(10))]))
      .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryModelNotActive')
      .withArgs(unknown.modelId);
  });

  it('a retired model', async () => {
    const stage = await load();
    await stage.models.connect(stage.publisher).retire(stage.model.id);
    await expect(attempt(stage))
      .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryModelNotActive')
      .withArgs(stage.model.id);
  });

  it('I27: no fee', async () => {
    const stage = await load();
    await expect(attempt(stage, { fee: 0n }))
      .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryNoFee')
      .withArgs();
  });

  it('I27: less stake at risk than the parameters ask for', async () => {
    const stage = await load();
    await expect(attempt(stage, { stakeAtRisk: 0n }))
      .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryStakeTooLow')
      .withArgs(0n, 1n);
  });

  for (const [when, offset] of [
    ['in this very second', 0n],
    ['a second ago', -1n],
    ['a second past the longest', 3_601n],
  ] as const) {
    it(`a deadline ${when}`, async () => {
      const stage = await load();
      const now = BigInt(await networkHelpers.time.latest()) + 10n;
      await networkHelpers.time.setNextBlockTimestamp(now);
      await expect(attempt(stage, { attestDeadline: now + offset }))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryInvalidDeadline')
        .withArgs(now + offset, now + 1n, now + 3_600n);
    });
  }

  for (const challengeWindow of [59, 86_401]) {
    it(`a challenge window of ${challengeWindow} seconds, where 60 to 86,400 are allowed`, async () => {
      const stage = await load();
      await expect(attempt(stage, { challengeWindow }))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryInvalidWindow')
        .withArgs(challengeWindow, 60n, 86_400n);
    });
  }

  describe('a callback', () => {
    const refused = async (stage: JobStage, overrides: Partial<Terms>): Promise<void> => {
      const { callbackTarget = ZERO_ADDRESS, callbackGas = 0 } = overrides;
      await expect(attempt(stage, overrides))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryInvalidCallback')
        .withArgs(callbackTarget, callbackGas, 500_000n);
    };

    it('to a requester that is no contract', async () => {
      await refused(await load(), { callbackPhase: CallbackPhase.OnFinal, callbackGas: 1 });
    });

    it('to a target that is no contract', async () => {
      const stage = await load();
      const callbackTarget = stage.stranger.address as Address;
      await refused(stage, { callbackPhase: CallbackPhase.OnAttested, callbackGas: 1, callbackTarget });
    });

    it('with more gas than the parameters allow', async () => {
      const stage = await load();
      const callbackTarget = stage.probeAddress;
      await refused(stage, { callbackPhase: CallbackPhase.OnFinal, callbackGas: 500_001, callbackTarget });
    });

    it('that names a target and no phase', async () => {
      const stage = await load();
      await refused(stage, { callbackTarget: stage.probeAddress });
    });

    it('that names gas and no phase', async () => {
      await refused(await load(), { callbackGas: 1 });
    });
  });

  it('a policy that is no contract', async () => {
    const stage = await load();
    const policy = stage.stranger.address as Address;
    await expect(attempt(stage, { policy }))
      .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryInvalidPolicy')
      .withArgs(policy);
  });

  for (const [availability, input, expected] of [
    ['Inline', 36, 40],
    ['Inline', 44, 40],
    ['Inline', 0, 40],
    ['Blob', 31, 32],
    ['Blob', 40, 32],
    ['None', 1, 0],
  ] as const) {
    it(`${input} bytes of input where \`${availability}\` asks for ${expected}`, async () => {
      const stage = await load();
      await expect(attempt(stage, { availability: Availability[availability] }, `0x${'00'.repeat(input)}`))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryInputLength')
        .withArgs(input, expected);
    });
  }

  it('an inline input of more than 4 KiB', async () => {
    const stage = await load();
    const wide = { modelId: stage.wideModel.id, delivery: Delivery.None };
    await expect(attempt(stage, wide, hexlify(vectorOf(1_025)) as Hex))
      .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryInlineTooLarge')
      .withArgs(4_100n, 4_096n);
  });

  it('an inline output of more than 4 KiB', async () => {
    const stage = await load();
    await expect(attempt(stage, { modelId: stage.wideModel.id, availability: Availability.None }, '0x'))
      .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryInlineTooLarge')
      .withArgs(4_100n, 4_096n);
  });

  for (const [field, next] of [
    ['availability', 4],
    ['delivery', 3],
    ['callbackPhase', 3],
  ] as const) {
    it(`options whose ${field} is no member of its enum`, async () => {
      await expect(attempt(await load(), { [field]: next as never }, '0x')).to.be.revertedWithPanic(0x21);
    });
  }

  it('I11: the same terms twice', async () => {
    const stage = await load();
    const terms = await termsFor(stage);
    await requestChecked(stage, terms);
    await expect(asRequester(stage, terms.requester, 'request', [termsToChain(terms), inputBytes(terms, vectorOf(10))]))
      .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryAlreadyRequested')
      .withArgs(idOf(stage, terms));
  });

  it('a fee that the requester has not prepaid', async () => {
    const stage = await load();
    const requester = stage.stranger.address as Address;
    await expect(attempt(stage, { requester }))
      .to.be.revertedWithCustomError(stage.settlement, 'SettlementInsufficientBalance')
      .withArgs(requester, 0n, FEE);
  });
});

describe('JobRegistry.request', () => {
  it('an inline input: the vector is published and its root computed by the contract', async () => {
    const stage = await load();
    await requestChecked(stage, await termsFor(stage), {
      sent: { inputRoot: `0x${'ab'.repeat(32)}` as typeof ZERO_HEX32 },
    });
  });

  it('an inline input of 4 KiB', async () => {
    const stage = await load();
    const { id } = await stage.publish(stage.publisher, 0n, [1_024, 1_024]);
    await requestChecked(stage, await termsFor(stage, { modelId: id }));
  });

  it('a blob: the digest is published, the root is what the requester says', async () => {
    const stage = await load();
    const inputRoot = `0x${'cd'.repeat(32)}` as typeof ZERO_HEX32;
    const terms = await termsFor(stage, { availability: Availability.Blob, inputRoot });
    await requestChecked(stage, terms, { input: sha256Of(vectorOf(10)) });
  });

  it('a blob for a model too wide for calldata', async () => {
    const stage = await load();
    const terms = { modelId: stage.wideModel.id, availability: Availability.Blob, delivery: Delivery.Blob };
    await requestChecked(stage, await termsFor(stage, terms));
  });

  it('a private input: nothing is published', async () => {
    const stage = await load();
    await requestChecked(stage, await termsFor(stage, { availability: Availability.None }), { input: '0x' });
  });

  it('an open job: no operator is named', async () => {
    const stage = await load();
    await requestChecked(stage, await termsFor(stage, { operator: ZERO_ADDRESS }));
  });

  it('the registry fills in requester and version, whatever the caller wrote there', async () => {
    const stage = await load();
    const sent = { requester: stage.stranger.address as Address, parametersVersion: 0xffff_ffff };
    await requestChecked(stage, await termsFor(stage), { sent });
  });

  it('a contract that is called back itself, and one that is called back for others', async () => {
    const stage = await load();
    await requestChecked(stage, await termsWithCallback(stage, CallbackPhase.OnFinal));
    const requester = stage.requester.address as Address;
    const callbackTarget = stage.probeAddress;
    await requestChecked(
      stage,
      await termsWithCallback(stage, CallbackPhase.OnAttested, { requester, callbackTarget }),
    );
  });

  it('the outermost values: last deadline, shortest and longest window, most callback gas, least stake', async () => {
    const stage = await load();
    const edge = { callbackGas: 500_000, stakeAtRisk: 1n };
    for (const challengeWindow of [60, 86_400]) {
      const attestDeadline = BigInt(await networkHelpers.time.latest()) + 3_600n + 1n;
      const terms = await termsWithCallback(stage, CallbackPhase.OnFinal, { ...edge, challengeWindow, attestDeadline });
      await networkHelpers.time.setNextBlockTimestamp(attestDeadline - 3_600n);
      await requestChecked(stage, terms);
    }
    const attestDeadline = BigInt(await networkHelpers.time.latest()) + 11n;
    const terms = await termsFor(stage, { attestDeadline });
    await networkHelpers.time.setNextBlockTimestamp(attestDeadline - 1n);
    await requestChecked(stage, terms);
  });

  it('I1: the whole prepaid balance, to the wei, and the largest amounts that fit', async () => {
    const stage = await load();
    const requester = stage.requester.address as Address;
    const fee = await stage.settlement.balanceOf(requester);
    await requestChecked(stage, await termsFor(stage, { fee, stakeAtRisk: 2n ** 128n - 1n }));
    expect(await stage.settlement.balanceOf(requester)).to.equal(0n);
  });

  it('a salt makes otherwise equal terms another job', async () => {
    const stage = await load();
    const terms = await termsFor(stage);
    const first = await requestChecked(stage, terms);
    const second = await requestChecked(stage, { ...terms, salt: 2n ** 96n - 1n });
    expect(first.id).not.to.equal(second.id);
  });

  it('every field of the terms is part of the identity', async () => {
    const stage = await load();
    const terms = await termsFor(stage);
    const base = await stage.jobs.jobIdOf(termsToChain(terms));
    const others: Partial<Terms>[] = [
      { requester: stage.stranger.address as Address },
      { modelId: stage.otherModel.id },
      { inputRoot: ZERO_HEX32 },
      { fee: FEE + 1n },
      { stakeAtRisk: 1n },
      { operator: ZeroAddress as Address },
      { offerPenalty: 1n },
      { callbackTarget: stage.probeAddress },
      { policy: stage.probeAddress },
      { availability: Availability.Blob },
      { delivery: Delivery.Blob },
      { callbackPhase: CallbackPhase.OnFinal },
      { callbackGas: 1 },
      { challengeWindow: 61 },
      { attestDeadline: 1n },
      { parametersVersion: 9 },
      { salt: 0n },
    ];
    expect(Object.keys(parseTerms(terms))).to.have.length(others.length);
    for (const other of others) {
      expect(await stage.jobs.jobIdOf(termsToChain({ ...terms, ...other }))).not.to.equal(base);
    }
  });
});
