import { expect } from 'chai';
import { network } from 'hardhat';
import { Ground, hearCase, NO_SALT, setTrialStage, TrialStatus } from '../../support/trial-stage.ts';
import { NOTHING_OPENED } from '../../support/trial-trees.ts';

const { ethers, networkHelpers } = await network.create();
void ethers;

describe('TrialCourt smoke', () => {
  it('convicts', async () => {
    const stage = await networkHelpers.loadFixture(setTrialStage);
    const trial = await hearCase(stage);
    const { trials, judge, prover } = stage;
    await judge.setRuling(7, { wrong: true, outOfRange: false, claimed: 1, canonical: 2 });
    const openings = { input: NOTHING_OPENED, weights: NOTHING_OPENED, trace: trial.trace.open(7) };
    const c = await trials.commitmentOf(trial.id, prover, Ground.WrongElement, 7, 1, 2, NO_SALT);
    await trials.connect(prover).commit(c);
    await networkHelpers.mine(1);
    const tx = await trials.connect(prover).proveElement(trial.file, trial.plan.open(0), 7, openings, NO_SALT);
    const receipt = await tx.wait();
    console.log('prove', receipt!.gasUsed);
    expect((await trials.trialOf(trial.id)).status).to.equal(TrialStatus.Convicted);
  });
});
