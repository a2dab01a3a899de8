import { expect } from 'chai';
import { ZeroHash } from 'ethers';
import { network } from 'hardhat';
import { OutputKind } from '../../../workers/protocol/model.ts';
import { CONVICTION_SHARES, COURT_SETTINGS } from '../../support/system.ts';
import { convictionOf, eventNames, isProof, moving } from '../../support/trial-moves.ts';
import {
  Ground,
  NO_SALT,
  type Trial,
  type TrialCase,
  type TrialStage,
  TrialStatus,
  aligned,
  argsOf,
  hearCase,
  mined,
  sampleCase,
  setTrialStage,
} from '../../support/trial-stage.ts';
import { NOTHING_OPENED, TrialPlan, TrialVector, bitsOf, encodeInstruction } from '../../support/trial-trees.ts';

const { networkHelpers } = await network.create();
const load = async (): Promise<TrialStage> => networkHelpers.loadFixture(setTrialStage);
const [NAN, INFINITE] = [0x7fc00000, 0x7f800000];

/** The sample with another first element of the answer, and of what is canonical for it. */
function answering(claimed: number, canonical = bitsOf(8), change: Partial<TrialCase> = {}): TrialCase {
  const { outputs } = sampleCase();
  const rest = [4, 0, 2];
  const filling = Array.from({ length: 128 }, () => 0);
  return sampleCase({
    trace: new TrialVector(aligned(filling, rest, [canonical, bitsOf(-2)])),
    output: new TrialVector(aligned([claimed, bitsOf(-2)], rest)),
    outputs,
    ...change,
  });
}

const proveGap = async ({ trials, prover }: TrialStage, trial: Trial, element = 0, place = 192) =>
  trials
    .connect(prover)
    .proveGap(trial.file, trial.spec, element, trial.output.open(element), trial.trace.open(place), NO_SALT);

/** What the court makes of an answer: the ground, or nothing. */
async function groundOf(tried: TrialCase): Promise<bigint> {
  const stage = await load();
  const trial = await hearCase(stage, tried);
  if (!(await isProof(stage, proveGap(stage, trial)))) return Ground.None;
  const { status, mark } = await stage.trials.trialOf(trial.id);
  return status === TrialStatus.Convicted ? Ground.WideGap : mark;
}

// The tolerance around 8 is 0.25 + 0.125 · 8 = 1.25; 16 of them are 20.
describe('TrialCourt.proveGap', () => {
  it('finds nothing within the tolerance, marks beyond it, convicts beyond sixteen; the edges belong to the inside', async () => {
    const next = (bits: number): number => bits + 1;
    for (const [claimed, ground] of [
      [bitsOf(8), Ground.None],
      [bitsOf(9.25), Ground.None],
      [next(bitsOf(9.25)), Ground.NarrowGap],
      [bitsOf(6.75), Ground.None],
      [bitsOf(6.75) - 1, Ground.NarrowGap],
      [bitsOf(28), Ground.NarrowGap],
      [next(bitsOf(28)), Ground.WideGap],
      [bitsOf(-12), Ground.NarrowGap],
      [next(bitsOf(-12)), Ground.WideGap],
    ] as const) {
      expect(await groundOf(answering(claimed)), claimed.toString(16)).to.equal(ground);
    }
  });

  it('convicts for a claim that is not finite where the canonical number is', async () => {
    for (const claimed of [NAN, 0xffc00001, INFINITE, 0xff800000]) {
      expect(await groundOf(answering(claimed)), claimed.toString(16)).to.equal(Ground.WideGap);
    }
  });

  it('names one NaN and one zero, whichever was claimed: a commitment is to the numbers that are named', async () => {
    for (const [claimed, event, named] of [
      [0xffc12345, 'TrialConvicted', NAN],
      [0x80000000, 'TrialMarked', 0],
    ] as const) {
      const stage = await load();
      const trial = await hearCase(stage, answering(claimed));
      const { receipt } = await mined(stage, proveGap(stage, trial));
      expect(argsOf(stage, receipt, event)['claimed']).to.equal(BigInt(named));
    }
  });

  it('marks where the canonical number is not finite and the claim is another; the same number is never a gap', async () => {
    expect(await groundOf(answering(bitsOf(8), INFINITE))).to.equal(Ground.NotComparable);
    expect(await groundOf(answering(NAN, INFINITE))).to.equal(Ground.NotComparable);
    expect(await groundOf(answering(INFINITE, INFINITE))).to.equal(Ground.None);
    // Any NaN is NaN, and −0 is 0.
    expect(await groundOf(answering(0xffc12345, NAN))).to.equal(Ground.None);
    expect(await groundOf(answering(0x80000000, 0))).to.equal(Ground.None);
  });

  it('judges counts by whole numbers', async () => {
    const counted = (claimed: number, absTol = 2): TrialCase => {
      const [, index] = sampleCase().outputs;
      const first = { start: 192, length: 2, absTol, relTol: 0, kind: OutputKind.Integer };
      return answering(claimed, 100, { outputs: [first, index!] });
    };
    for (const [claimed, absTol, ground] of [
      [98, 2, Ground.None],
      [97, 2, Ground.NarrowGap],
      [132, 2, Ground.NarrowGap],
      [133, 2, Ground.WideGap],
      [0xffffffff, 2, Ground.WideGap],
      [100, 0, Ground.None],
      [101, 0, Ground.WideGap],
    ] as const) {
      expect(await groundOf(counted(claimed, absTol)), `${claimed}`).to.equal(ground);
    }
  });

  it('convicts and pays as any proof', async () => {
    const stage = await load();
    const trial = await hearCase(stage, answering(bitsOf(100)));
    const { receipt } = await moving(stage, trial, async () => proveGap(stage, trial), convictionOf(trial));
    const { ground, claimed, canonical } = argsOf(stage, receipt, 'TrialConvicted');
    expect([ground, claimed, canonical]).to.deep.equal([Ground.WideGap, BigInt(bitsOf(100)), BigInt(bitsOf(8))]);
  });

  it('a mark ends the trial void: the operator pays the opener’s costs, and a penalty that is burned', async () => {
    const stage = await load();
    const trial = await hearCase(stage, answering(bitsOf(10)));
    await moving(stage, trial, async () => proveGap(stage, trial), {});
    await expect(proveGap(stage, trial))
      .to.be.revertedWithCustomError(stage.trials, 'TrialCourtAlreadyMarked')
      .withArgs(trial.id, Ground.NarrowGap);
    await networkHelpers.time.setNextBlockTimestamp(trial.file.docket.hearingEnd);
    const { openerCosts } = trial.file.docket;
    const { voidPenalty, openerBond } = COURT_SETTINGS;
    const { receipt } = await moving(
      stage,
      trial,
      async () => stage.trials.connect(stage.stranger).resolve(trial.file, ZeroHash),
      {
        balances: {
          [stage.opener.address]: openerBond + openerCosts,
          [stage.requester.address]: trial.terms.fee,
          [BURN]: voidPenalty,
        },
        free: trial.terms.stakeAtRisk - openerCosts - voidPenalty,
        locked: -trial.terms.stakeAtRisk,
        jobBond: -openerBond,
      },
    );
    expect(await eventNames(stage, receipt)).to.deep.equal([
      'TrialVoided',
      'JobVoided',
      'StakeSlashed',
      'OperatorSlashed',
      'BondReleased',
    ]);
    expect(CONVICTION_SHARES.openerBps).to.be.greaterThan(0n);
  });

  it('a small arranged gap saves nobody: what convicts afterwards prevails', async () => {
    const stage = await load();
    const trial = await hearCase(stage, answering(bitsOf(10)));
    await proveGap(stage, trial);
    await stage.judge.setRuling(5, { wrong: true, outOfRange: false, claimed: 1, canonical: 2 });
    const openings = { input: NOTHING_OPENED, weights: NOTHING_OPENED, trace: NOTHING_OPENED };
    await moving(
      stage,
      trial,
      async () => stage.trials.proveElement(trial.file, trial.plan.open(0), 5, openings, NO_SALT),
      convictionOf(trial),
    );
  });

  it('the operator’s mark replaces the requester’s', async () => {
    const stage = await load();
    const trial = await hearCase(stage, answering(bitsOf(10)));
    await stage.judge.setRuling(5, { wrong: false, outOfRange: true, claimed: 0, canonical: 0 });
    const openings = { input: NOTHING_OPENED, weights: NOTHING_OPENED, trace: NOTHING_OPENED };
    const range = async () => stage.trials.proveElement(trial.file, trial.plan.open(0), 5, openings, NO_SALT);
    await range();
    await proveGap(stage, trial);
    expect((await stage.trials.trialOf(trial.id)).mark).to.equal(Ground.NarrowGap);
    await expect(range()).to.be.revertedWithCustomError(stage.trials, 'TrialCourtAlreadyMarked');
  });

  it('refuses places between and past the outputs, outputs of indices, and openings that are not of the vectors', async () => {
    const stage = await load();
    const trial = await hearCase(stage, answering(bitsOf(10)));
    const { trials, examiner } = stage;
    for (const element of [2, 63]) {
      await expect(proveGap(stage, trial, element))
        .to.be.revertedWithCustomError(trials, 'TrialCourtElementOutOfRange')
        .withArgs(element);
    }
    await expect(trials.proveGap(trial.file, trial.spec, 67, trial.output.open(0), trial.trace.open(0), NO_SALT))
      .to.be.revertedWithCustomError(trials, 'TrialCourtElementOutOfRange')
      .withArgs(67n);
    await expect(proveGap(stage, trial, 64, 128))
      .to.be.revertedWithCustomError(trials, 'TrialCourtWrongKind')
      .withArgs(64n);
    const { output, trace } = trial;
    for (const [shown, canonical] of [
      [trace.open(192), trace.open(192)],
      [output.open(0), output.open(0)],
    ] as const) {
      const sent = trials.proveGap(trial.file, trial.spec, 0, shown, canonical, NO_SALT);
      await expect(sent).to.be.revertedWithCustomError(examiner, 'VectorOpeningMalformed');
    }
    const spec = { ...trial.spec, outputs: [{ ...trial.spec.outputs[0]!, absTol: 0 }, trial.spec.outputs[1]!] };
    await expect(
      trials.proveGap(trial.file, spec, 0, output.open(0), trace.open(192), NO_SALT),
    ).to.be.revertedWithCustomError(trials, 'TrialCourtModelMismatch');
  });
});

describe('TrialCourt.proveIndexGap', () => {
  // Ranked are 5 numbers; the canonical order is 4, 0, 2.
  const ranked = (answered: readonly number[]): TrialCase =>
    sampleCase({ output: new TrialVector(aligned([bitsOf(8), bitsOf(-2)], answered)) });

  const prove = async ({ trials }: TrialStage, trial: Trial, element = 64, plan = trial.plan.open(1)) => {
    const operands = { input: NOTHING_OPENED, weights: NOTHING_OPENED, trace: trial.trace.open(128) };
    return trials.proveIndexGap(trial.file, trial.spec, plan, element, trial.output.open(element), operands, NO_SALT);
  };

  async function staged(answered: readonly number[], values: Readonly<Record<number, number>>) {
    const stage = await load();
    for (const [k, value] of Object.entries(values)) await stage.judge.setOperand(k, bitsOf(value));
    return { stage, trial: await hearCase(stage, ranked(answered)) };
  }

  it('compares what the indices point at', async () => {
    for (const [value, ground] of [
      [9.75, Ground.None],
      [9.5, Ground.NarrowGap],
      [6, Ground.NarrowGap],
      [5.9, Ground.WideGap],
      [Number.NaN, Ground.WideGap],
    ] as const) {
      const { stage, trial } = await staged([1, 0, 2], { 4: 10, 1: value });
      if (ground === Ground.None) {
        await expect(prove(stage, trial))
          .to.be.revertedWithCustomError(stage.trials, 'TrialCourtNotProven')
          .withArgs(64n, 1n, 4n);
        continue;
      }
      await (await prove(stage, trial)).wait();
      const { status, mark } = await stage.trials.trialOf(trial.id);
      expect(status === TrialStatus.Convicted ? Ground.WideGap : mark, `${value}`).to.equal(ground);
    }
  });

  it('convicts for an index that points at nothing, and finds the canonical index right', async () => {
    const { stage, trial } = await staged([5, 0xffffffff, 2], {});
    await expect(prove(stage, trial, 66))
      .to.be.revertedWithCustomError(stage.trials, 'TrialCourtNotProven')
      .withArgs(66n, 2n, 2n);
    for (const element of [64, 65]) {
      const { stage: again, trial: other } = await staged([5, 0xffffffff, 2], {});
      await moving(again, other, async () => prove(again, other, element), convictionOf(other));
    }
  });

  it('refuses other outputs, and instructions that rank nothing or write elsewhere', async () => {
    const { stage, trial } = await staged([5, 0, 2], {});
    await expect(prove(stage, trial, 0))
      .to.be.revertedWithCustomError(stage.trials, 'TrialCourtWrongKind')
      .withArgs(0n);
    for (const index of [0, 2]) {
      await expect(prove(stage, trial, 64, trial.plan.open(index)))
        .to.be.revertedWithCustomError(stage.trials, 'TrialCourtWrongKind')
        .withArgs(64n);
    }
  });

  it('refuses an instruction that ranks for another output, and one that writes this one and ranks nothing', async () => {
    const { plan, outputs } = sampleCase();
    const [first, second] = plan.instructions;
    const ranks = encodeInstruction({ op: 5, type: 1, start: 192, dimensions: [2], window: [5] });
    for (const [element, change] of [
      [64, { plan: new TrialPlan([first!, second!, ranks]) }],
      [0, { outputs: [{ ...outputs[1]!, start: 192, length: 2 }, outputs[1]!] }],
    ] as const) {
      const stage = await load();
      const trial = await hearCase(stage, { ...ranked([5, 0, 2]), ...change });
      await expect(prove(stage, trial, element, trial.plan.open(2)))
        .to.be.revertedWithCustomError(stage.trials, 'TrialCourtWrongKind')
        .withArgs(element);
    }
  });

  it('refuses indices that are not of the answer or of the trace', async () => {
    const { stage, trial } = await staged([5, 0, 2], {});
    const { trials, examiner } = stage;
    const [shown, canonical] = [trial.output.open(64), trial.trace.open(128)];
    const forged = `0x${'00'.repeat(256)}`;
    for (const [output, trace] of [
      [{ ...shown, chunks: forged }, canonical],
      [shown, { ...canonical, chunks: forged }],
    ] as const) {
      const operands = { input: NOTHING_OPENED, weights: NOTHING_OPENED, trace };
      const sent = trials.proveIndexGap(trial.file, trial.spec, trial.plan.open(1), 64, output, operands, NO_SALT);
      await expect(sent).to.be.revertedWithCustomError(examiner, 'VectorOpeningWrongTree');
    }
  });

  it('judges argmax and argmin, and ranked integers, exactly', async () => {
    const fold = (fn: number, operandType: number): TrialPlan =>
      new TrialPlan([
        encodeInstruction({ op: 3, start: 0, dimensions: [70] }),
        encodeInstruction({ op: 4, fn, type: 1, start: 128, dimensions: [3], window: [5, 1], operandType }),
        encodeInstruction({ op: 3, start: 192, dimensions: [2] }),
      ]);
    for (const [fn, type, values, status] of [
      [3, 0, [bitsOf(10), bitsOf(1)], TrialStatus.Convicted],
      [4, 1, [16_777_217, 16_777_216], TrialStatus.Convicted],
    ] as const) {
      const stage = await load();
      await stage.judge.setOperand(4, values[0]);
      await stage.judge.setOperand(1, values[1]);
      const plan = fold(fn, type);
      const [first, index] = sampleCase().outputs;
      const outputs = [first!, { ...index!, absTol: bitsOf(1 / 32) }];
      const trial = await hearCase(stage, { ...ranked([1, 0, 2]), plan, outputs });
      await prove(stage, trial);
      expect((await stage.trials.trialOf(trial.id)).status).to.equal(status);
    }
  });
});

describe('TrialCourt.proveDuplicate', () => {
  const answered = (...indices: readonly number[]): TrialCase =>
    sampleCase({ output: new TrialVector(aligned([bitsOf(8), bitsOf(-2)], indices)) });
  const prove = async ({ trials }: TrialStage, trial: Trial, element: number, other: number, instruction = 1) => {
    const plan = trial.plan.open(instruction);
    const output = trial.output.open(element, other);
    return trials.proveDuplicate(trial.file, trial.spec, plan, element, other, output, NO_SALT);
  };

  it('convicts for one index at two ranks', async () => {
    const stage = await load();
    const trial = await hearCase(stage, answered(4, 0, 4));
    await expect(prove(stage, trial, 64, 65))
      .to.be.revertedWithCustomError(stage.trials, 'TrialCourtNotProven')
      .withArgs(64n, 4n, 0n);
    await moving(stage, trial, async () => prove(stage, trial, 66, 64), convictionOf(trial));
  });

  it('refuses indices that are not of the answer', async () => {
    const stage = await load();
    const trial = await hearCase(stage, answered(4, 0, 2));
    const forged = { ...trial.output.open(64), chunks: answered(4, 4, 2).output.open(64).chunks };
    await expect(
      stage.trials.proveDuplicate(trial.file, trial.spec, trial.plan.open(1), 64, 65, forged, NO_SALT),
    ).to.be.revertedWithCustomError(stage.examiner, 'VectorOpeningWrongTree');
  });

  it('refuses one element twice, and elements of different windows', async () => {
    const stage = await load();
    const rows = encodeInstruction({ op: 5, type: 1, start: 128, a: 1, dimensions: [2, 2], window: [5] });
    const [first, , last] = sampleCase().plan.instructions;
    const [floats, index] = sampleCase().outputs;
    const trial = await hearCase(stage, {
      ...answered(4, 0, 4, 4),
      plan: new TrialPlan([first!, rows, last!]),
      trace: new TrialVector(
        aligned(
          Array.from({ length: 70 }, () => 0),
          [4, 0, 2, 1],
          [bitsOf(8), bitsOf(-2)],
        ),
      ),
      outputs: [floats!, { ...index!, length: 4 }],
    });
    for (const [element, other] of [
      [64, 64],
      [64, 66],
      [65, 66],
    ] as const) {
      await expect(prove(stage, trial, element, other))
        .to.be.revertedWithCustomError(stage.trials, 'TrialCourtWrongKind')
        .withArgs(other);
    }
    await expect(prove(stage, trial, 64, 0))
      .to.be.revertedWithCustomError(stage.trials, 'TrialCourtWrongKind')
      .withArgs(0n);
    await prove(stage, trial, 66, 67);
    expect((await stage.trials.trialOf(trial.id)).status).to.equal(TrialStatus.Convicted);
  });
});

const BURN = '0x000000000000000000000000000000000000dEaD';
