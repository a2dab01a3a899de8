import { expect } from 'chai';
import { AbiCoder, keccak256 } from 'ethers';
import { network } from 'hardhat';
import { COURT_SETTINGS, defaultParameters } from '../../support/system.ts';
import { eventNames, moving } from '../../support/trial-moves.ts';
import { Space, type TrialStage, argsOf, hearCase, mined, setTrialStage } from '../../support/trial-stage.ts';

import {
  revealTime,
  demandBond,
  GWEI,
  REVEAL_GAS,
  FEE_CAP,
  PRICE,
  deep,
  vectorOf,
  demand,
  reveal,
  demandIdOf,
} from '../../support/trial-demands.ts';

const { networkHelpers } = await network.create();
const load = async (): Promise<TrialStage> => networkHelpers.loadFixture(setTrialStage);
const nextAt = async (at: bigint): Promise<void> => networkHelpers.time.setNextBlockTimestamp(at);

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
    const id = await demandIdOf(stage, trial);
    expect([...(await trials.demandOf(id))]).to.deep.equal([demander.address, at + revealTime, FEE_CAP]);
    expect(await trials.demandOfDemander(trial.id, demander)).to.equal(id);
    expect((await trials.trialOf(trial.id)).openDemands).to.equal(1n);
    await reveal(stage, trial);
    const next = { height: 1, index: 3 };
    const second = await moving(stage, trial, async () => demand(stage, trial, next), { courtEther: PRICE });
    expect(argsOf(stage, second.receipt, 'Demanded')).to.deep.equal({
      jobId: trial.id,
      demandId: await demandIdOf(stage, trial, next),
      demander: demander.address,
      space: BigInt(Space.Trace),
      height: 1n,
      index: 3n,
      node: trial.trace.node(1, 3),
      due: second.at + revealTime,
      feeCap: FEE_CAP,
      bonded: false,
    });
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
      .withArgs(await demandIdOf(stage, trial));
    await demand(stage, trial, { by: stage.other, height: 0, index: 5 });
    expect((await stage.trials.trialOf(trial.id)).openDemands).to.equal(2n);
  });

  it('is named by its job, vector, place and hash', async () => {
    const stage = await load();
    const trial = await hearCase(stage, deep());
    const asked = { height: 1, index: 7 };
    const named = AbiCoder.defaultAbiCoder().encode(
      ['bytes32', 'uint8', 'uint256', 'uint256', 'bytes32'],
      [trial.id, Space.Trace, asked.height, asked.index, trial.trace.node(asked.height, asked.index)],
    );
    expect(await demandIdOf(stage, trial, asked)).to.equal(keccak256(named));
  });

  it('shares one answer: the same demand is not made again, waiting or answered', async () => {
    const stage = await load();
    const trial = await hearCase(stage, deep());
    const id = await demandIdOf(stage, trial);
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
    const id = await demandIdOf(stage, trial);
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

  it('can be raised by who made it, at twice the cap: what became too cheap need not be put off', async () => {
    const stage = await load();
    const trial = await hearCase(stage, deep());
    const { trials, demander } = stage;
    const id = await demandIdOf(stage, trial);
    const { at } = await mined(stage, demand(stage, trial));
    await expect(demand(stage, trial, { value: 2n * PRICE - REVEAL_GAS }))
      .to.be.revertedWithCustomError(trials, 'TrialCourtAlreadyDemanded')
      .withArgs(id);
    const raised = await moving(stage, trial, async () => demand(stage, trial, { value: 2n * PRICE }), {
      credits: { [demander.address]: PRICE },
      courtEther: 2n * PRICE,
    });
    expect(argsOf(stage, raised.receipt, 'Demanded')).to.include({ feeCap: 2n * FEE_CAP, bonded: false });
    const { demander: now, time, feeCap } = await trials.demandOf(id);
    expect([now, time, feeCap]).to.deep.equal([demander.address, at + revealTime, 2n * FEE_CAP]);
    expect((await trials.trialOf(trial.id)).openDemands).to.equal(1n);
    // It is still the only one it may have.
    await expect(demand(stage, trial, { height: 0, index: 5, value: 4n * PRICE }))
      .to.be.revertedWithCustomError(trials, 'TrialCourtDemandOutstanding')
      .withArgs(id);
  });

  it('can be taken over when new paths are closed, until its time has run out: who waited in vain keeps the share', async () => {
    const stage = await load();
    const trial = await hearCase(stage, deep());
    const { trials, other } = stage;
    const { demandsEnd } = trial.file.docket;
    const id = await demandIdOf(stage, trial);
    await nextAt(demandsEnd);
    await demand(stage, trial);
    const due = demandsEnd + revealTime;
    await nextAt(due);
    await demand(stage, trial, { by: other, value: 2n * PRICE });
    await nextAt(due + 1n);
    await expect(demand(stage, trial, { value: 4n * PRICE }))
      .to.be.revertedWithCustomError(trials, 'TrialCourtDemandOverdue')
      .withArgs(id, due);
    const { demander: now, time } = await trials.demandOf(id);
    expect([now, time]).to.deep.equal([other.address, due]);
  });

  it('leaves the share to who waited in vain, although new paths may still begin', async () => {
    const stage = await load();
    const trial = await hearCase(stage, deep());
    const { demandsEnd } = trial.file.docket;
    const { at } = await mined(stage, demand(stage, trial));
    const due = at + revealTime;
    expect(due + 1n).to.be.at.most(demandsEnd);
    await nextAt(due + 1n);
    await expect(demand(stage, trial, { by: stage.other, value: 2n * PRICE }))
      .to.be.revertedWithCustomError(stage.trials, 'TrialCourtDemandOverdue')
      .withArgs(await demandIdOf(stage, trial), due);
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
    // A demand shows nothing as long as nobody answers it.
    await nextAt(second - 1n);
    await expect(demand(stage, trial, { by: stage.other, height: 0, index: 4 }))
      .to.be.revertedWithCustomError(stage.trials, 'TrialCourtDemandsClosed')
      .withArgs(trial.id, demandsEnd);
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
      await expect(trials.demand(file, Space.None, 1, 0, trace.root, [], { value: PRICE }))
        .to.be.revertedWithCustomError(trials, 'TrialCourtInvalidNode')
        .withArgs(Space.None, 0, 0);
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
