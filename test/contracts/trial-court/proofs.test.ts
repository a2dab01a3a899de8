import { expect } from 'chai';
import { encodeBytes32String } from 'ethers';
import { network } from 'hardhat';
import type { HardhatEthersSigner } from '@nomicfoundation/hardhat-ethers/types';
import { COURT_SETTINGS } from '../../support/system.ts';
import { baseFeeOf, convictionOf, eventNames, moving, proverCostsOf } from '../../support/trial-moves.ts';
import {
  Ground,
  NO_SALT,
  type Trial,
  type TrialStage,
  TrialStatus,
  argsOf,
  attestCase,
  hearCase,
  openCase,
  sampleCase,
  setTrialStage,
} from '../../support/trial-stage.ts';
import {
  NOTHING_OPENED,
  NO_INSTRUCTION,
  TrialPlan,
  TrialVector,
  encodeInstruction,
} from '../../support/trial-trees.ts';

const { networkHelpers } = await network.create();
const load = async (): Promise<TrialStage> => networkHelpers.loadFixture(setTrialStage);

const SALT = encodeBytes32String('salt');
const WRONG = { wrong: true, outOfRange: false, claimed: 0x3f800000, canonical: 0x40000000 };
const ELEMENT = 7;

/** A hearing whose judge finds an element wrong. */
async function wrongTrace(): Promise<{ stage: TrialStage; trial: Trial }> {
  const stage = await load();
  const trial = await hearCase(stage);
  await stage.judge.setRuling(ELEMENT, WRONG);
  return { stage, trial };
}

async function commitTo(
  { trials }: TrialStage,
  { id }: Trial,
  prover: HardhatEthersSigner,
  ground: bigint,
  element: number,
  claimed: number,
  canonical = 0,
): Promise<void> {
  const commitment = await trials.commitmentOf(id, prover, ground, element, claimed, canonical, SALT);
  await trials.connect(prover).commit(commitment);
}

async function proveElement(
  { trials, prover }: TrialStage,
  trial: Trial,
  { by = prover, salt = SALT, index = 0, element = ELEMENT } = {},
) {
  const openings = { input: NOTHING_OPENED, weights: NOTHING_OPENED, trace: trial.trace.open(element) };
  return trials.connect(by).proveElement(trial.file, trial.plan.open(index), element, openings, salt);
}

describe('TrialCourt.proveElement', () => {
  it('convicts at once; without a commitment nobody is paid as the prover, and its share is burned', async () => {
    const { stage, trial } = await wrongTrace();
    const { receipt } = await moving(stage, trial, async () => proveElement(stage, trial), convictionOf(trial));
    expect(await eventNames(stage, receipt)).to.deep.equal([
      'TrialConvicted',
      'JobSlashed',
      'StakeSlashed',
      'OperatorSlashed',
      'BondReleased',
    ]);
    const { ground, element, claimed, canonical, prover } = argsOf(stage, receipt, 'TrialConvicted');
    expect([ground, element, claimed, canonical]).to.deep.equal([
      Ground.WrongElement,
      BigInt(ELEMENT),
      BigInt(WRONG.claimed),
      BigInt(WRONG.canonical),
    ]);
    expect(prover).to.equal(`0x${'00'.repeat(20)}`);
    expect((await stage.trials.trialOf(trial.id)).status).to.equal(TrialStatus.Convicted);
  });

  it('pays a prover who committed two blocks before; I9: costs are what gas cost, never more', async () => {
    const { stage, trial } = await wrongTrace();
    const prover = stage.prover.address;
    await commitTo(stage, trial, stage.prover, Ground.WrongElement, ELEMENT, WRONG.claimed, WRONG.canonical);
    await networkHelpers.mine(1);
    const done = await moving(
      stage,
      trial,
      async () => proveElement(stage, trial),
      (seen) => convictionOf(trial, { prover, proverCosts: proverCostsOf(stage, seen) }),
    );
    const COMMIT_GAS = 46_000n;
    const fee = await baseFeeOf(stage, done.receipt);
    const spent = ((done.receipt.gasUsed + COMMIT_GAS) * fee * COURT_SETTINGS.tokensPerEther) / 10n ** 18n;
    expect(proverCostsOf(stage, done))
      .to.be.greaterThan(spent / 2n)
      .and.at.most(spent);
  });

  it('pays nobody for a commitment of the block before', async () => {
    const { stage, trial } = await wrongTrace();
    await commitTo(stage, trial, stage.prover, Ground.WrongElement, ELEMENT, WRONG.claimed, WRONG.canonical);
    await moving(stage, trial, async () => proveElement(stage, trial), convictionOf(trial));
  });

  it('pays nobody who copies: a commitment is its prover’s, of one trial, one ground, one element, its numbers and its salt', async () => {
    const { stage, trial } = await wrongTrace();
    const other = await hearCase(stage);
    const { prover, other: copier } = stage;
    const { claimed, canonical } = WRONG;
    await commitTo(stage, trial, prover, Ground.WrongElement, ELEMENT, claimed, canonical);
    await commitTo(stage, other, copier, Ground.WrongElement, ELEMENT, claimed, canonical);
    await commitTo(stage, trial, copier, Ground.WideGap, ELEMENT, claimed, canonical);
    await commitTo(stage, trial, copier, Ground.WrongElement, ELEMENT + 1, claimed, canonical);
    await commitTo(stage, trial, copier, Ground.WrongElement, ELEMENT, claimed + 1, canonical);
    await commitTo(stage, trial, copier, Ground.WrongElement, ELEMENT, claimed, canonical + 1);
    await networkHelpers.mine(1);
    await moving(stage, trial, async () => proveElement(stage, trial, { by: copier }), convictionOf(trial));
    await moving(
      stage,
      other,
      async () => proveElement(stage, other, { by: copier, salt: NO_SALT }),
      convictionOf(other),
    );
  });

  it('marks a trial whose plan read past its data; the requester made the input and pays, when it ends', async () => {
    const stage = await load();
    const trial = await hearCase(stage);
    await stage.judge.setRuling(ELEMENT, { wrong: false, outOfRange: true, claimed: 0, canonical: 0 });
    const { receipt } = await moving(stage, trial, async () => proveElement(stage, trial), {});
    expect(argsOf(stage, receipt, 'TrialMarked')['ground']).to.equal(Ground.IndexOutOfRange);
    const { status, mark } = await stage.trials.trialOf(trial.id);
    expect([status, mark]).to.deep.equal([TrialStatus.Hearing, Ground.IndexOutOfRange]);
    await expect(proveElement(stage, trial))
      .to.be.revertedWithCustomError(stage.trials, 'TrialCourtAlreadyMarked')
      .withArgs(trial.id, Ground.IndexOutOfRange);
    // A conviction before the end prevails.
    await stage.judge.setRuling(ELEMENT, { ...WRONG, outOfRange: true });
    await moving(stage, trial, async () => proveElement(stage, trial), convictionOf(trial));
  });

  describe('refuses', () => {
    it('an element that is right', async () => {
      const stage = await load();
      const trial = await hearCase(stage);
      await stage.judge.setRuling(ELEMENT, { wrong: false, outOfRange: false, claimed: 5, canonical: 5 });
      await expect(proveElement(stage, trial))
        .to.be.revertedWithCustomError(stage.trials, 'TrialCourtNotProven')
        .withArgs(ELEMENT, 5n, 5n);
    });

    it('an instruction of another plan, at another place, or with another way to the root', async () => {
      const { stage, trial } = await wrongTrace();
      const { trials } = stage;
      const openings = { input: NOTHING_OPENED, weights: NOTHING_OPENED, trace: NOTHING_OPENED };
      const right = trial.plan.open(0);
      const foreign = encodeInstruction({ op: 3, start: 0, dimensions: [71] });
      for (const plan of [
        { ...right, instruction: foreign },
        { ...right, index: 1 },
        { ...right, index: 4 },
        { ...right, index: 3, instruction: '0x' },
        { ...right, siblings: right.siblings.slice(1) },
        { ...right, siblings: [...right.siblings, NO_SALT] },
      ]) {
        await expect(trials.proveElement(trial.file, plan, ELEMENT, openings, SALT))
          .to.be.revertedWithCustomError(trials, 'TrialCourtNotInPlan')
          .withArgs(plan.index);
      }
    });

    it('before the trace and after the verdict', async () => {
      const stage = await load();
      const opened = await openCase(stage, await attestCase(stage));
      await expect(proveElement(stage, opened))
        .to.be.revertedWithCustomError(stage.trials, 'TrialCourtWrongStatus')
        .withArgs(opened.id, TrialStatus.Opened);
      await stage.judge.setRuling(ELEMENT, WRONG);
      const trial = await hearCase(stage);
      await proveElement(stage, trial);
      await expect(proveElement(stage, trial))
        .to.be.revertedWithCustomError(stage.trials, 'TrialCourtWrongStatus')
        .withArgs(trial.id, TrialStatus.Convicted);
    });
  });
});

describe('TrialCourt.commit', () => {
  it('keeps the block, and takes each commitment once', async () => {
    const { trials, prover, other } = await load();
    await expect(trials.connect(prover).commit(SALT)).to.emit(trials, 'ProofCommitted').withArgs(SALT, prover.address);
    expect(await trials.committedAt(SALT)).to.equal(await networkHelpers.time.latestBlock());
    await expect(trials.connect(other).commit(SALT))
      .to.be.revertedWithCustomError(trials, 'TrialCourtAlreadyCommitted')
      .withArgs(SALT);
  });
});

describe('TrialCourt.provePadding', () => {
  const dirty = (element: number, bits = 1): TrialVector => {
    const { trace } = sampleCase();
    const elements = Array.from({ length: 256 }, (_, i) => trace.elements[i] ?? 0);
    elements[element] = bits;
    return new TrialVector(elements, trace.length);
  };
  const prove = async ({ trials, prover }: TrialStage, trial: Trial, element: number, plan = NO_INSTRUCTION) =>
    trials.connect(prover).provePadding(trial.file, plan, element, trial.trace.open(element), SALT);

  it('convicts for a number between two instructions, −0 too', async () => {
    for (const [element, bits] of [
      [70, 1],
      [127, 0x80000000],
    ] as const) {
      const stage = await load();
      const trial = await hearCase(stage, sampleCase({ trace: dirty(element, bits) }));
      await commitTo(stage, trial, stage.prover, Ground.NonZeroPadding, element, bits);
      await networkHelpers.mine(1);
      await moving(
        stage,
        trial,
        async () => prove(stage, trial, element, trial.plan.open(0)),
        (done) => convictionOf(trial, { prover: stage.prover.address, proverCosts: proverCostsOf(stage, done) }),
      );
    }
  });

  it('convicts for a number past the end of the trace, to the last place of the tree', async () => {
    for (const element of [194, 255]) {
      const stage = await load();
      const trial = await hearCase(stage, sampleCase({ trace: dirty(element) }));
      await moving(stage, trial, async () => prove(stage, trial, element), convictionOf(trial));
    }
  });

  it('refuses zeros, elements that an instruction writes, and places outside the tree', async () => {
    const stage = await load();
    const trial = await hearCase(stage, sampleCase({ trace: dirty(70) }));
    const { trials, examiner } = stage;
    const [first, second] = [trial.plan.open(0), trial.plan.open(1)];
    await expect(prove(stage, trial, 71, first))
      .to.be.revertedWithCustomError(trials, 'TrialCourtNotProven')
      .withArgs(71n, 0n, 0n);
    for (const [element, plan] of [
      [69, first],
      [128, first],
      [70, second],
      [130, second],
    ] as const) {
      await expect(prove(stage, trial, element, plan))
        .to.be.revertedWithCustomError(trials, 'TrialCourtElementOutOfRange')
        .withArgs(element);
    }
    await expect(trials.provePadding(trial.file, first, 256, trial.trace.open(0), SALT))
      .to.be.revertedWithCustomError(trials, 'TrialCourtElementOutOfRange')
      .withArgs(256n);
    await expect(prove(stage, trial, 70)).to.be.revertedWithCustomError(trials, 'TrialCourtNotInPlan');
    await expect(trials.provePadding(trial.file, first, 70, trial.trace.open(0), SALT)).to.be.revertedWithCustomError(
      openingErrors(stage),
      'VectorOpeningNotOpened',
    );
    const forged = { ...trial.trace.open(70), chunks: `0x${'01'.repeat(256)}` };
    await expect(trials.provePadding(trial.file, first, 70, forged, SALT)).to.be.revertedWithCustomError(
      openingErrors(stage),
      'VectorOpeningWrongTree',
    );
    expect(await examiner.tensorJudge()).to.equal(await stage.judge.getAddress());
  });
});

const openingErrors = ({ examiner }: TrialStage) => examiner;

describe('TrialCourt.proveMalformed', () => {
  const prove = async ({ trials, prover }: TrialStage, trial: Trial, index: number, previous = NO_INSTRUCTION) =>
    // Estimates are made without a base fee, and so without costs to pay.
    trials.connect(prover).proveMalformed(trial.file, previous, trial.plan.open(index), SALT, { gasLimit: 1_000_000 });

  it('ends the trial void and the model for ever; the publisher’s bond pays the costs, and its rest is burned', async () => {
    const stage = await load();
    const trial = await hearCase(stage);
    const { opener, prover, requester, models } = stage;
    await stage.judge.setMalformation(trial.plan.instructions[1]!, 7);
    await commitTo(stage, trial, prover, Ground.MalformedPlan, 1, 7);
    await networkHelpers.mine(1);
    const { openerCosts } = trial.file.docket;
    const bond = 50n * 10n ** 18n;
    const { receipt } = await moving(
      stage,
      trial,
      async () => prove(stage, trial, 1),
      ({ receipt: seen }) => {
        const proverCosts = releasedTo(stage, seen, prover.address);
        expect(proverCosts).to.be.greaterThan(0n);
        return {
          balances: {
            [opener.address]: COURT_SETTINGS.openerBond + openerCosts,
            [prover.address]: proverCosts,
            [requester.address]: trial.terms.fee,
            [BURN]: bond - openerCosts - proverCosts,
          },
          free: trial.terms.stakeAtRisk,
          locked: -trial.terms.stakeAtRisk,
          jobBond: -COURT_SETTINGS.openerBond,
          modelBond: -bond,
        };
      },
    );
    expect(argsOf(stage, receipt, 'TrialVoided')['element']).to.equal(1n);
    const { status } = await models.recordOf(trial.terms.modelId);
    expect(status).to.equal(3n);
    expect((await models.lengthsOf(trial.terms.modelId)).active).to.equal(false);
    await expect(models.connect(stage.publisher).retire(trial.terms.modelId)).to.be.revertedWithCustomError(
      models,
      'ModelRegistryNotActive',
    );
  });

  it('finds a plan that begins late, breaks its chain, or does not end with its trace', async () => {
    const map = (start: number, size: number): string => encodeInstruction({ op: 3, start, dimensions: [size] });
    const cases = [
      { plan: [map(64, 70), map(192, 2)], index: 0, previous: undefined },
      { plan: [map(0, 70), map(64, 3), map(192, 2)], index: 1, previous: 0 },
      { plan: [map(0, 70), map(192, 3), map(192, 2)], index: 1, previous: 0 },
      { plan: [map(0, 70), map(128, 3), map(192, 3)], index: 2, previous: undefined },
    ];
    for (const { plan, index, previous } of cases) {
      const stage = await load();
      const trial = await hearCase(stage, sampleCase({ plan: new TrialPlan(plan) }));
      await prove(stage, trial, index, previous === undefined ? NO_INSTRUCTION : trial.plan.open(previous));
      const { status } = await stage.trials.trialOf(trial.id);
      expect(status, plan.join()).to.equal(TrialStatus.Void);
    }
  });

  it('refuses a plan that is in order, and a predecessor that is none', async () => {
    const stage = await load();
    const trial = await hearCase(stage);
    const { plan } = trial;
    for (const [index, previous] of [
      [0, NO_INSTRUCTION],
      [1, NO_INSTRUCTION],
      [1, plan.open(0)],
      [2, plan.open(1)],
    ] as const) {
      await expect(prove(stage, trial, index, previous))
        .to.be.revertedWithCustomError(stage.trials, 'TrialCourtNotProven')
        .withArgs(index, 0n, 0n);
    }
    await expect(prove(stage, trial, 2, plan.open(0)))
      .to.be.revertedWithCustomError(stage.trials, 'TrialCourtNotInPlan')
      .withArgs(0n);
    // A size just past a boundary takes a whole step of its own.
    const [, second, third] = plan.instructions;
    const first = encodeInstruction({ op: 3, start: 0, dimensions: [65] });
    const other = await hearCase(stage, sampleCase({ plan: new TrialPlan([first, second!, third!]) }));
    await expect(prove(stage, other, 1, other.plan.open(0)))
      .to.be.revertedWithCustomError(stage.trials, 'TrialCourtNotProven')
      .withArgs(1, 0n, 0n);
  });

  it('is the court’s alone: nobody else condemns a model', async () => {
    const stage = await load();
    const trial = await hearCase(stage);
    for (const by of [stage.admin, stage.publisher, stage.stranger]) {
      await expect(stage.models.connect(by).condemn(trial.terms.modelId))
        .to.be.revertedWithCustomError(stage.models, 'ModelRegistryUnauthorized')
        .withArgs(by.address);
    }
  });
});

const BURN = '0x000000000000000000000000000000000000dEaD';

function releasedTo({ settlement }: TrialStage, receipt: Parameters<typeof eventNames>[1], account: string): bigint {
  return receipt.logs
    .flatMap((log) => settlement.interface.parseLog(log) ?? [])
    .filter(({ name, args }) => name === 'BondReleased' && args['account'] === account)
    .reduce((sum, { args }) => sum + (args['amount'] as bigint), 0n);
}
