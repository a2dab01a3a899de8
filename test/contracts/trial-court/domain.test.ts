import { expect } from 'chai';
import { network } from 'hardhat';
import { COURT_SETTINGS } from '../../support/system.ts';
import { isProof, moving } from '../../support/trial-moves.ts';
import {
  Ground,
  NO_SALT,
  type Trial,
  type TrialCase,
  type TrialStage,
  TrialStatus,
  argsOf,
  attestCase,
  hearCase,
  openCase,
  sampleCase,
  setTrialStage,
} from '../../support/trial-stage.ts';
import { TrialVector, bitsOf } from '../../support/trial-trees.ts';

const { networkHelpers } = await network.create();
const load = async (): Promise<TrialStage> => networkHelpers.loadFixture(setTrialStage);
const [NAN, INFINITE] = [0x7fc00000, 0x7f800000];

describe('TrialCourt.proveOutOfDomain', () => {
  const withInput = (bits: number, change: Partial<TrialCase> = {}): TrialCase => {
    const { input } = sampleCase();
    return sampleCase({ input: new TrialVector(input.elements.map((old, i) => (i === 65 ? bits : old))), ...change });
  };
  const prove = async ({ trials, operator }: TrialStage, trial: Trial, element = 65) =>
    trials
      .connect(operator)
      .proveOutOfDomain(trial.file, trial.spec, trial.input.root, element, trial.input.open(element), NO_SALT);

  it('ends the trial void before any trace: the requester pays the opener’s costs out of its fee', async () => {
    const stage = await load();
    const trial = await openCase(stage, await attestCase(stage, withInput(bitsOf(11))));
    const { openerCosts } = trial.file.docket;
    const { receipt } = await moving(stage, trial, async () => prove(stage, trial), {
      balances: {
        [stage.opener.address]: COURT_SETTINGS.openerBond + openerCosts,
        [stage.requester.address]: trial.terms.fee - openerCosts,
      },
      free: trial.terms.stakeAtRisk,
      locked: -trial.terms.stakeAtRisk,
      jobBond: -COURT_SETTINGS.openerBond,
    });
    expect(argsOf(stage, receipt, 'TrialVoided')['ground']).to.equal(Ground.OutOfDomain);
  });

  it('takes no more than the fee', async () => {
    const stage = await load();
    const trial = await openCase(stage, await attestCase(stage, withInput(bitsOf(11)), { fee: 7n }));
    await moving(stage, trial, async () => prove(stage, trial), {
      balances: { [stage.opener.address]: COURT_SETTINGS.openerBond + 7n },
      free: trial.terms.stakeAtRisk,
      locked: -trial.terms.stakeAtRisk,
      jobBond: -COURT_SETTINGS.openerBond,
    });
  });

  it('knows the edges of a domain of floats, and of one of integers', async () => {
    const [first] = sampleCase().inputs;
    const integers = { length: 3, lo: 0xffffff80, hi: 127 };
    const outside = async (tried: TrialCase): Promise<boolean> => {
      const stage = await load();
      const trial = await hearCase(stage, tried);
      return isProof(stage, prove(stage, trial));
    };
    for (const [bits, expected] of [
      [bitsOf(10), false],
      [bitsOf(10) + 1, true],
      [bitsOf(-10), false],
      [bitsOf(-10) + 1, true],
      [0x80000000, false],
      [NAN, true],
      [INFINITE, true],
    ] as const) {
      expect(await outside(withInput(bits)), bits.toString(16)).to.equal(expected);
    }
    for (const [bits, expected] of [
      [127, false],
      [128, true],
      [0xffffff80, false],
      [0xffffff7f, true],
      [0xffffffff, false],
    ] as const) {
      const tried = withInput(bits, { inputs: [first!, integers] });
      expect(await outside(tried), bits.toString(16)).to.equal(expected);
    }
  });

  it('refuses numbers that are not of the input, and a place that is not shown', async () => {
    const stage = await load();
    const trial = await hearCase(stage);
    const { trials, examiner } = stage;
    const { input } = trial;
    const outside = new TrialVector(input.elements.map((bits, i) => (i === 65 ? bitsOf(11) : bits)));
    const forged = { ...input.open(65), chunks: outside.open(65).chunks };
    await expect(trials.proveOutOfDomain(trial.file, trial.spec, input.root, 65, forged, NO_SALT))
      .to.be.revertedWithCustomError(examiner, 'VectorOpeningWrongTree')
      .withArgs(input.root, outside.root);
    await expect(trials.proveOutOfDomain(trial.file, trial.spec, input.root, 65, input.open(0), NO_SALT))
      .to.be.revertedWithCustomError(examiner, 'VectorOpeningNotOpened')
      .withArgs(65n);
  });

  it('refuses another input, places between inputs, and a trial that has ended', async () => {
    const stage = await load();
    const trial = await hearCase(stage, withInput(bitsOf(11)));
    const { trials } = stage;
    const { output, input } = trial;
    await expect(trials.proveOutOfDomain(trial.file, trial.spec, output.root, 65, output.open(65), NO_SALT))
      .to.be.revertedWithCustomError(trials, 'TrialCourtTreeMismatch')
      .withArgs(1n, (root: string) => root !== input.vectorRoot);
    for (const element of [10, 63]) {
      await expect(prove(stage, trial, element))
        .to.be.revertedWithCustomError(trials, 'TrialCourtElementOutOfRange')
        .withArgs(element);
    }
    await prove(stage, trial);
    await expect(prove(stage, trial))
      .to.be.revertedWithCustomError(trials, 'TrialCourtWrongStatus')
      .withArgs(trial.id, TrialStatus.Void);
  });
});
