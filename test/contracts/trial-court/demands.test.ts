import type { HardhatEthersSigner } from '@nomicfoundation/hardhat-ethers/types';
import { expect } from 'chai';
import { ZeroAddress, ZeroHash } from 'ethers';
import { network } from 'hardhat';
import { COURT_SETTINGS, defaultParameters } from '../../support/system.ts';
import { baseFeeOf, convictionOf, eventNames, moving } from '../../support/trial-moves.ts';
import {
  Ground,
  Space,
  type SpaceId,
  type Trial,
  type TrialStage,
  TrialStatus,
  argsOf,
  hearCase,
  mined,
  sampleCase,
  setTrialStage,
} from '../../support/trial-stage.ts';
import { TrialVector, bitsOf } from '../../support/trial-trees.ts';

const { ethers, networkHelpers } = await network.create();
const load = async (): Promise<TrialStage> => networkHelpers.loadFixture(setTrialStage);
const nextAt = async (at: bigint): Promise<void> => networkHelpers.time.setNextBlockTimestamp(at);

const { revealTime } = defaultParameters;
const { demandBond, openerBond } = COURT_SETTINGS;
const GWEI = 10n ** 9n;
const REVEAL_GAS = 130_000n;
const FEE_CAP = 20n * GWEI;
const PRICE = FEE_CAP * REVEAL_GAS;

/** Gas is estimated without a base fee, under which nothing may be postponed. */
const LIMIT = { gasLimit: 200_000 };

/** A trace of 40 chunks, so that its root lies 6 levels above them: opened to height 1, then 0, then the chunk. */
const deep = () =>
  sampleCase({ trace: new TrialVector(Array.from({ length: 2_560 }, (_, i) => (i < 2_500 ? bitsOf(i + 1) : 0))) });

const TREES = { [Space.Input]: 'input', [Space.Weight]: 'weights', [Space.Trace]: 'trace', [Space.Output]: 'output' };

const vectorOf = (trial: Trial, space: SpaceId): TrialVector => trial[TREES[space as 1] as 'trace'];

interface Asked {
  readonly by?: HardhatEthersSigner;
  readonly space?: SpaceId;
  readonly height?: number;
  readonly index?: number;
  readonly value?: bigint;
}

async function demand(stage: TrialStage, trial: Trial, asked: Asked = {}) {
  const { by = stage.demander, space = Space.Trace, index = 0, value = PRICE } = asked;
  const tree = vectorOf(trial, space);
  const height = asked.height ?? tree.height;
  const [node, siblings] = [tree.node(height, index), tree.siblings(height, index)];
  return stage.trials.connect(by).demand(trial.file, space, height, index, node, siblings, { value });
}

async function reveal(stage: TrialStage, trial: Trial, asked: Asked = {}) {
  const { by = stage.key, space = Space.Trace, index = 0 } = asked;
  const tree = vectorOf(trial, space);
  const height = asked.height ?? tree.height;
  return stage.trials.connect(by).reveal(trial.id, space, height, index, tree.content(height, index));
}

async function idOf({ trials }: TrialStage, trial: Trial, asked: Asked = {}): Promise<string> {
  const { space = Space.Trace, index = 0 } = asked;
  const tree = vectorOf(trial, space);
  const height = asked.height ?? tree.height;
  return trials.demandIdOf(trial.id, space, height, index, tree.node(height, index));
}

describe('TrialCourt.demand', () => {
  it('takes a bond once per trial and demander, and the price each time', async () => {
    const stage = await load();
    const trial = await hearCase(stage, deep());
    const { trials, demander } = stage;
    const { receipt, at } = await moving(stage, trial, async () => demand(stage, trial), {
      balances: { [demander.address]: -demandBond },
      jobBond: demandBond,
      courtEther: PRICE,
    });
    expect(await eventNames(stage, receipt)).to.deep.equal(['Demanded', 'Bonded']);
    const id = await idOf(stage, trial);
    expect([...(await trials.demandOf(id))]).to.deep.equal([demander.address, at + revealTime, FEE_CAP]);
    expect(await trials.demandOfDemander(trial.id, demander)).to.equal(id);
    expect((await trials.trialOf(trial.id)).openDemands).to.equal(1n);
    await reveal(stage, trial);
    await moving(stage, trial, async () => demand(stage, trial, { height: 1, index: 3 }), { courtEther: PRICE });
  });

  it('opens every vector, every step down to the chunks', async () => {
    const stage = await load();
    const trial = await hearCase(stage, deep());
    for (const space of [Space.Input, Space.Weight, Space.Output]) {
      const { height } = vectorOf(trial, space);
      await demand(stage, trial, { space });
      await reveal(stage, trial, { space });
      if (height === 0) continue;
      await demand(stage, trial, { space, height: 0, index: 1 });
      await reveal(stage, trial, { space, height: 0, index: 1 });
    }
    for (const [height, index] of [
      [6, 0],
      [1, 31],
      [0, 63],
      [0, 17],
    ] as const) {
      await demand(stage, trial, { height, index });
      const { receipt } = await mined(stage, reveal(stage, trial, { height, index }));
      const { content } = argsOf(stage, receipt, 'Revealed');
      expect(content).to.equal(trial.trace.content(height, index));
    }
  });

  it('is one at a time per demander; others may ask at the same time', async () => {
    const stage = await load();
    const trial = await hearCase(stage, deep());
    await demand(stage, trial);
    await expect(demand(stage, trial, { height: 0, index: 5 }))
      .to.be.revertedWithCustomError(stage.trials, 'TrialCourtDemandOutstanding')
      .withArgs(await idOf(stage, trial));
    await demand(stage, trial, { by: stage.other, height: 0, index: 5 });
    expect((await stage.trials.trialOf(trial.id)).openDemands).to.equal(2n);
  });

  it('shares one answer: the same demand is not made again, waiting or answered', async () => {
    const stage = await load();
    const trial = await hearCase(stage, deep());
    const id = await idOf(stage, trial);
    await demand(stage, trial);
    const again = async () =>
      expect(demand(stage, trial, { by: stage.other, value: 2n * PRICE - REVEAL_GAS }))
        .to.be.revertedWithCustomError(stage.trials, 'TrialCourtAlreadyDemanded')
        .withArgs(id);
    await again();
    await reveal(stage, trial);
    await again();
    await expect(demand(stage, trial, { by: stage.other, value: 4n * PRICE })).to.be.revertedWithCustomError(
      stage.trials,
      'TrialCourtAlreadyDemanded',
    );
  });

  it('can be taken over at twice the cap, time and all: a low cap delays nobody', async () => {
    const stage = await load();
    const trial = await hearCase(stage, deep());
    const { trials, demander, other } = stage;
    const id = await idOf(stage, trial);
    const { at } = await mined(stage, demand(stage, trial));
    await moving(stage, trial, async () => demand(stage, trial, { by: other, value: 2n * PRICE }), {
      balances: { [other.address]: -demandBond },
      credits: { [demander.address]: PRICE },
      jobBond: demandBond,
      courtEther: 2n * PRICE,
    });
    const { demander: now, time, feeCap } = await trials.demandOf(id);
    expect([now, time, feeCap]).to.deep.equal([other.address, at + revealTime, 2n * FEE_CAP]);
    expect((await trials.trialOf(trial.id)).openDemands).to.equal(1n);
    // Who was outbid is free to ask for something else.
    await demand(stage, trial, { height: 0 });
  });

  it('of a new path: until demandsEnd and no later', async () => {
    const stage = await load();
    const trial = await hearCase(stage, deep());
    const { demandsEnd } = trial.file.docket;
    await nextAt(demandsEnd);
    await demand(stage, trial);
    await nextAt(demandsEnd + 1n);
    await expect(demand(stage, trial, { by: stage.other, height: 0, index: 9 }))
      .to.be.revertedWithCustomError(stage.trials, 'TrialCourtDemandsClosed')
      .withArgs(trial.id, demandsEnd);
  });

  it('I16: what a late answer has shown can be followed for as long as an answer takes, step by step', async () => {
    const stage = await load();
    const trial = await hearCase(stage, deep());
    const { demandsEnd } = trial.file.docket;
    await nextAt(demandsEnd);
    await demand(stage, trial);
    const first = demandsEnd + revealTime;
    await nextAt(first);
    await reveal(stage, trial);
    await nextAt(first + revealTime);
    await demand(stage, trial, { height: 1, index: 2 });
    // The other children of that answer are too late now, and what nobody showed was too late before.
    await expect(demand(stage, trial, { by: stage.other, height: 1, index: 3 }))
      .to.be.revertedWithCustomError(stage.trials, 'TrialCourtDemandsClosed')
      .withArgs(trial.id, first + revealTime);
    await expect(demand(stage, trial, { by: stage.other, height: 0, index: 8 }))
      .to.be.revertedWithCustomError(stage.trials, 'TrialCourtDemandsClosed')
      .withArgs(trial.id, demandsEnd);
    const second = first + 2n * revealTime;
    await nextAt(second);
    const { receipt } = await mined(stage, reveal(stage, trial, { height: 1, index: 2 }));
    expect(argsOf(stage, receipt, 'Revealed')['hearingEnd']).to.equal(second + revealTime);
    await nextAt(second + 1n);
    await demand(stage, trial, { height: 0, index: 4 });
  });

  it('I16: no answer is due after the trial’s end', async () => {
    const stage = await load();
    const { traceTime, hearingTime } = defaultParameters;
    await stage.jobs.connect(stage.admin).setParameters({
      ...stage.parameters,
      hearingTime: 2n * hearingTime,
      trialTimeMax: traceTime + 2n * hearingTime,
    });
    const trial = await hearCase(stage, deep());
    const { demandsEnd, trialEnd, hearingEnd } = trial.file.docket;
    expect(trialEnd - hearingEnd).to.equal(traceTime);
    let at = demandsEnd;
    await nextAt(at);
    await demand(stage, trial);
    at += revealTime;
    await nextAt(at);
    await reveal(stage, trial);
    await nextAt((at += revealTime));
    await demand(stage, trial, { height: 1, index: 2 });
    await nextAt((at += revealTime));
    await reveal(stage, trial, { height: 1, index: 2 });
    expect(at + revealTime).to.be.lessThan(trialEnd);
  });

  describe('refuses', () => {
    it('a price below the floor, below twice the base fee, or between two caps', async () => {
      const stage = await load();
      const trial = await hearCase(stage, deep());
      const { trials, demander } = stage;
      const { trace, file } = trial;
      const send = async (value: bigint, maxFeePerGas = GWEI * 1_000n) =>
        trials.connect(demander).demand(file, Space.Trace, trace.height, 0, trace.root, [], {
          value,
          maxFeePerGas,
          maxPriorityFeePerGas: 0n,
          gasLimit: 1_000_000,
        });
      await networkHelpers.setNextBlockBaseFeePerGas(3n * GWEI);
      await expect(send(6n * GWEI * REVEAL_GAS - REVEAL_GAS))
        .to.be.revertedWithCustomError(trials, 'TrialCourtInvalidPrice')
        .withArgs(6n * GWEI * REVEAL_GAS - REVEAL_GAS, 6n * GWEI);
      await networkHelpers.setNextBlockBaseFeePerGas(3n * GWEI);
      await expect(send(6n * GWEI * REVEAL_GAS + 1n)).to.be.revertedWithCustomError(trials, 'TrialCourtInvalidPrice');
      await networkHelpers.setNextBlockBaseFeePerGas(1n);
      const { revealFeeFloor } = COURT_SETTINGS;
      await expect(send((revealFeeFloor - 1n) * REVEAL_GAS, GWEI))
        .to.be.revertedWithCustomError(trials, 'TrialCourtInvalidPrice')
        .withArgs((revealFeeFloor - 1n) * REVEAL_GAS, revealFeeFloor);
      await networkHelpers.setNextBlockBaseFeePerGas(3n * GWEI);
      await send(6n * GWEI * REVEAL_GAS);
    });

    it('nodes that are not there', async () => {
      const stage = await load();
      const trial = await hearCase(stage, deep());
      const { trials } = stage;
      const { trace, file } = trial;
      for (const [height, index, node, siblings] of [
        [7, 0, trace.root, []],
        [6, 1, trace.root, []],
        [6, 0, trace.node(0, 0), []],
        [5, 0, trace.node(5, 0), trace.siblings(5, 0)],
        [1, 32, trace.node(1, 0), trace.siblings(1, 0)],
        [1, 1, trace.node(1, 0), trace.siblings(1, 0)],
        [1, 0, trace.node(1, 0), trace.siblings(1, 0).slice(1)],
      ] as const) {
        await expect(trials.demand(file, Space.Trace, height, index, node, [...siblings], { value: PRICE }))
          .to.be.revertedWithCustomError(trials, 'TrialCourtInvalidNode')
          .withArgs(Space.Trace, height, index);
      }
      await expect(
        trials.demand(file, Space.None, 0, 0, trace.root, [], { value: PRICE }),
      ).to.be.revertedWithCustomError(trials, 'TrialCourtInvalidNode');
    });

    it('a demander without a bond', async () => {
      const stage = await load();
      const trial = await hearCase(stage, deep());
      const { settlement, demander } = stage;
      await settlement.connect(demander).withdraw(demander, await settlement.balanceOf(demander));
      await expect(demand(stage, trial)).to.be.revertedWithCustomError(settlement, 'SettlementInsufficientBalance');
    });
  });
});

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
    const { time, feeCap } = await trials.demandOf(await idOf(stage, trial));
    expect([time, feeCap]).to.deep.equal([at, 0n]);
    expect((await trials.trialOf(trial.id)).openDemands).to.equal(0n);
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
      .withArgs(await idOf(stage, trial, { height: 0 }), other + revealTime);
  });

  it('refuses what was not demanded, another content, and the same answer twice', async () => {
    const stage = await load();
    const trial = await hearCase(stage, deep());
    const { trials } = stage;
    await expect(reveal(stage, trial))
      .to.be.revertedWithCustomError(trials, 'TrialCourtNotDemanded')
      .withArgs(await idOf(stage, trial));
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
    const id = await idOf(stage, trial);
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
    const id = await idOf(stage, trial);
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
    await expect(stage.trials.postpone(other.id, await idOf(stage, trial))).to.be.revertedWithCustomError(
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
    const id = await idOf(stage, trial);
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
    await expect(stage.trials.resolve(other.file, await idOf(stage, trial))).to.be.revertedWithCustomError(
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
    await moving(stage, trial, async () => trials.connect(demander).withdrawCredit(to), {
      credits: { [demander.address]: -owed },
      courtEther: -owed,
    });
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
    expect([openerBond > 0n, ZeroAddress.length]).to.deep.equal([true, 42]);
  });
});
