import { expect } from 'chai';
import { ZeroHash } from 'ethers';
import { network } from 'hardhat';
import { baseFeeOf, convictionOf, moving } from '../../support/trial-moves.ts';
import {
  Ground,
  Space,
  type TrialStage,
  TrialStatus,
  argsOf,
  hearCase,
  mined,
  setTrialStage,
} from '../../support/trial-stage.ts';

import {
  revealTime,
  demandBond,
  REVEAL_GAS,
  FEE_CAP,
  PRICE,
  LIMIT,
  deep,
  demand,
  reveal,
  demandIdOf,
} from '../../support/trial-demands.ts';

const { ethers, networkHelpers } = await network.create();
const load = async (): Promise<TrialStage> => networkHelpers.loadFixture(setTrialStage);
const nextAt = async (at: bigint): Promise<void> => networkHelpers.time.setNextBlockTimestamp(at);

describe('TrialCourt.reveal', () => {
  it('by anybody: metered gas at the base fee to who brings it, the rest back to the demander', async () => {
    const stage = await load();
    const trial = await hearCase(stage, deep());
    const { trials, demander, stranger } = stage;
    await demand(stage, trial);
    const { receipt, at } = await moving(
      stage,
      trial,
      async () => reveal(stage, trial, { by: stranger }),
      ({ receipt: seen }) => {
        const paid = argsOf(stage, seen, 'Revealed')['paid'] as bigint;
        return { credits: { [stranger.address]: paid, [demander.address]: PRICE - paid } };
      },
    );
    const fee = await baseFeeOf(stage, receipt);
    const { paid, revealer, hearingEnd } = argsOf(stage, receipt, 'Revealed');
    expect(revealer).to.equal(stranger.address);
    expect(hearingEnd).to.equal(trial.file.docket.hearingEnd);
    // Nearly what was spent, and never more than the prepaid gas.
    expect(paid)
      .to.be.greaterThan((receipt.gasUsed * fee * 8n) / 10n)
      .and.at.most(REVEAL_GAS * fee);
    const { time, feeCap } = await trials.demandOf(await demandIdOf(stage, trial));
    expect([time, feeCap]).to.deep.equal([at, 0n]);
    expect((await trials.trialOf(trial.id)).openDemands).to.equal(0n);
  });

  it('pays a chunk to a twentieth of what it costs', async () => {
    const stage = await load();
    const trial = await hearCase(stage, deep());
    const asked = { height: 0, index: 3 };
    await demand(stage, trial, asked);
    const { receipt } = await mined(stage, reveal(stage, trial, { ...asked, by: stage.stranger }));
    const cost = receipt.gasUsed * (await baseFeeOf(stage, receipt));
    expect(argsOf(stage, receipt, 'Revealed')['paid'])
      .to.be.greaterThan((cost * 19n) / 20n)
      .and.at.most(cost);
  });

  it('pays no more per gas than the cap', async () => {
    const stage = await load();
    const trial = await hearCase(stage, deep());
    await demand(stage, trial);
    await networkHelpers.setNextBlockBaseFeePerGas(3n * FEE_CAP);
    const { receipt } = await mined(stage, reveal(stage, trial));
    const { paid } = argsOf(stage, receipt, 'Revealed');
    expect(paid)
      .to.be.at.most(PRICE)
      .and.greaterThan((FEE_CAP * receipt.gasUsed * 8n) / 10n);
  });

  it('in its last second, and not in the next', async () => {
    const stage = await load();
    const trial = await hearCase(stage, deep());
    const { at } = await mined(stage, demand(stage, trial));
    const { at: other } = await mined(stage, demand(stage, trial, { by: stage.other, height: 0 }));
    await nextAt(at + revealTime);
    await reveal(stage, trial);
    await nextAt(other + revealTime + 1n);
    await expect(reveal(stage, trial, { height: 0 }))
      .to.be.revertedWithCustomError(stage.trials, 'TrialCourtDemandOverdue')
      .withArgs(await demandIdOf(stage, trial, { height: 0 }), other + revealTime);
  });

  it('refuses what was not demanded, another content, and the same answer twice', async () => {
    const stage = await load();
    const trial = await hearCase(stage, deep());
    const { trials } = stage;
    await expect(reveal(stage, trial))
      .to.be.revertedWithCustomError(trials, 'TrialCourtNotDemanded')
      .withArgs(await demandIdOf(stage, trial));
    await demand(stage, trial);
    const content = trial.trace.content(6, 0);
    for (const length of [0, 32, 1_023, 1_056]) {
      await expect(trials.reveal(trial.id, Space.Trace, 6, 0, `0x${'00'.repeat(length)}`))
        .to.be.revertedWithCustomError(trials, 'TrialCourtContentLength')
        .withArgs(length, 1_024);
    }
    await expect(trials.reveal(trial.id, Space.Trace, 6, 0, `${content.slice(0, -2)}00`)).to.be.revertedWithCustomError(
      trials,
      'TrialCourtNotDemanded',
    );
    await reveal(stage, trial);
    await expect(reveal(stage, trial)).to.be.revertedWithCustomError(trials, 'TrialCourtNotDemanded');
  });
});

describe('TrialCourt.postpone', () => {
  it('while the base fee is above the cap, by anybody, as often as it is', async () => {
    const stage = await load();
    const trial = await hearCase(stage, deep());
    const { trials, stranger } = stage;
    const id = await demandIdOf(stage, trial);
    const { at } = await mined(stage, demand(stage, trial));
    await networkHelpers.setNextBlockBaseFeePerGas(FEE_CAP + 1n);
    await nextAt(at + revealTime);
    await expect(trials.connect(stranger).postpone(trial.id, id, LIMIT))
      .to.emit(trials, 'DemandPostponed')
      .withArgs(trial.id, id, at + 2n * revealTime);
    await networkHelpers.setNextBlockBaseFeePerGas(FEE_CAP);
    await expect(trials.connect(stranger).postpone(trial.id, id, LIMIT))
      .to.be.revertedWithCustomError(trials, 'TrialCourtFeeWithinCap')
      .withArgs(FEE_CAP, FEE_CAP);
    await nextAt(at + 2n * revealTime);
    await reveal(stage, trial);
  });

  it('never beyond the trial’s end, and not once the time is over', async () => {
    const stage = await load();
    const trial = await hearCase(stage, deep());
    const { trials } = stage;
    const id = await demandIdOf(stage, trial);
    let { at } = await mined(stage, demand(stage, trial));
    const { trialEnd } = trial.file.docket;
    while (at + revealTime < trialEnd) {
      at += revealTime;
      await networkHelpers.setNextBlockBaseFeePerGas(FEE_CAP + 1n);
      await nextAt(at);
      await trials.postpone(trial.id, id, LIMIT);
    }
    expect((await trials.demandOf(id)).time).to.equal(trialEnd);
    await networkHelpers.setNextBlockBaseFeePerGas(FEE_CAP + 1n);
    await nextAt(trialEnd + 1n);
    await expect(trials.postpone(trial.id, id, LIMIT))
      .to.be.revertedWithCustomError(trials, 'TrialCourtDemandOverdue')
      .withArgs(id, trialEnd);
  });

  it('not in the name of another trial', async () => {
    const stage = await load();
    const [trial, other] = [await hearCase(stage, deep()), await hearCase(stage, deep())];
    await demand(stage, trial);
    await expect(stage.trials.postpone(other.id, await demandIdOf(stage, trial))).to.be.revertedWithCustomError(
      stage.trials,
      'TrialCourtNotDemanded',
    );
  });
});

describe('an unanswered demand', () => {
  it('convicts a second after its time; its demander is the prover, and gets bond and price back', async () => {
    const stage = await load();
    const trial = await hearCase(stage, deep());
    const { trials, demander, stranger } = stage;
    const id = await demandIdOf(stage, trial);
    const { at } = await mined(stage, demand(stage, trial));
    await nextAt(at + revealTime);
    await expect(trials.connect(stranger).resolve(trial.file, id))
      .to.be.revertedWithCustomError(trials, 'TrialCourtDemandNotOverdue')
      .withArgs(id, at + revealTime);
    await expect(trials.reclaim(trial.id, demander))
      .to.be.revertedWithCustomError(trials, 'TrialCourtWrongStatus')
      .withArgs(trial.id, TrialStatus.Hearing);
    await nextAt(at + revealTime + 10n);
    const { receipt } = await moving(
      stage,
      trial,
      async () => trials.connect(stranger).resolve(trial.file, id),
      convictionOf(trial, { prover: demander.address }),
    );
    expect(argsOf(stage, receipt, 'TrialConvicted')['ground']).to.equal(Ground.RevealWithheld);
    await expect(reveal(stage, trial)).to.be.revertedWithCustomError(trials, 'TrialCourtWrongStatus');
    await moving(stage, trial, async () => trials.connect(stranger).reclaim(trial.id, demander), {
      balances: { [demander.address]: demandBond },
      credits: { [demander.address]: PRICE },
      jobBond: -demandBond,
    });
    await expect(trials.reclaim(trial.id, demander))
      .to.be.revertedWithCustomError(trials, 'TrialCourtNothingToReclaim')
      .withArgs(trial.id, demander.address);
  });

  it('holds an acquittal up until it is answered', async () => {
    const stage = await load();
    const trial = await hearCase(stage, deep());
    const { trials } = stage;
    await nextAt(trial.file.docket.demandsEnd);
    await demand(stage, trial);
    await nextAt(trial.file.docket.hearingEnd);
    await expect(trials.resolve(trial.file, ZeroHash))
      .to.be.revertedWithCustomError(trials, 'TrialCourtDemandsOpen')
      .withArgs(trial.id, 1n);
  });

  it('is of one trial: another is not convicted for it', async () => {
    const stage = await load();
    const [trial, other] = [await hearCase(stage, deep()), await hearCase(stage, deep())];
    const { at } = await mined(stage, demand(stage, trial));
    await nextAt(at + revealTime + 1n);
    await expect(stage.trials.resolve(other.file, await demandIdOf(stage, trial))).to.be.revertedWithCustomError(
      stage.trials,
      'TrialCourtNotDemanded',
    );
  });
});

describe('TrialCourt.withdrawCredit', () => {
  it('pays what is owed, once, to whom the owner names', async () => {
    const stage = await load();
    const trial = await hearCase(stage, deep());
    const { trials, demander, stranger } = stage;
    await demand(stage, trial);
    await reveal(stage, trial);
    const owed = await trials.creditOf(demander);
    const to = ethers.Wallet.createRandom().address;
    const { receipt } = await moving(stage, trial, async () => trials.connect(demander).withdrawCredit(to), {
      credits: { [demander.address]: -owed },
      courtEther: -owed,
    });
    expect(argsOf(stage, receipt, 'CreditWithdrawn')).to.deep.equal({ account: demander.address, to, amount: owed });
    expect(await ethers.provider.getBalance(to)).to.equal(owed);
    for (const nobody of [demander, stranger]) {
      await expect(trials.connect(nobody).withdrawCredit(to))
        .to.be.revertedWithCustomError(trials, 'TrialCourtNoCredit')
        .withArgs(nobody.address);
    }
  });

  it('reverts when the receiver refuses, and owes it still', async () => {
    const stage = await load();
    const trial = await hearCase(stage, deep());
    const { trials, demander, token } = stage;
    await demand(stage, trial);
    await reveal(stage, trial);
    await expect(trials.connect(demander).withdrawCredit(token))
      .to.be.revertedWithCustomError(trials, 'TrialCourtPaymentFailed')
      .withArgs(await token.getAddress());
    expect(await trials.creditOf(demander)).to.be.greaterThan(0n);
  });
});
