import { expect } from 'chai';
import { concat, toBeHex } from 'ethers';
import { network } from 'hardhat';
import {
  Ground,
  NO_SALT,
  type Trial,
  type TrialStage,
  aligned,
  hearCase,
  sampleCase,
  setTrialStage,
} from '../../support/trial-stage.ts';
import { type ChainOpening, TrialVector, bitsOf } from '../../support/trial-trees.ts';

const { networkHelpers } = await network.create();
const CHUNK = 256;
const range = (first: number, count: number): string => concat([toBeHex(first, 5), toBeHex(count, 3)]);

/** A hearing over an answer of two chunks and a trace of four, whose first numbers lie apart; a fixture. */
async function setHearing(
  connection: Parameters<typeof setTrialStage>[0],
): Promise<{ stage: TrialStage; trial: Trial }> {
  const stage = await setTrialStage(connection);
  const output = new TrialVector(aligned([bitsOf(10), bitsOf(-2)], [4, 0, 2]));
  return { stage, trial: await hearCase(stage, sampleCase({ output })) };
}
const load = async () => networkHelpers.loadFixture(setHearing);

async function proveGap(
  { stage, trial }: Awaited<ReturnType<typeof load>>,
  output?: ChainOpening,
  trace?: ChainOpening,
) {
  const openings = [output ?? trial.output.open(0), trace ?? trial.trace.open(192)] as const;
  return stage.trials.connect(stage.prover).proveGap(trial.file, trial.spec, 0, ...openings, NO_SALT);
}

describe('TrialCourt: openings of vectors', () => {
  it('may show more than is asked for: what lies next to each other needs no hash, one range or several', async () => {
    for (const [outputs, traces] of [
      [undefined, [0, 64, 128, 192]],
      [
        [0, 64],
        [128, 192],
      ],
      [
        [0, 64],
        [64, 192],
      ],
      [[0], [0, 128, 192]],
    ] as const) {
      const hearing = await load();
      const { stage, trial } = hearing;
      const opened = outputs === undefined ? undefined : trial.output.open(...outputs);
      await proveGap(hearing, opened, trial.trace.open(...traces));
      expect((await stage.trials.trialOf(trial.id)).mark).to.equal(Ground.NarrowGap);
    }
    const hearing = await load();
    const { stage, trial } = hearing;
    const whole = { ...trial.trace.open(0, 64, 128, 192), ranges: range(0, 4) };
    await proveGap(hearing, { ...trial.output.open(0, 64), ranges: range(0, 2) }, whole);
    expect((await stage.trials.trialOf(trial.id)).mark).to.equal(Ground.NarrowGap);
  });

  it('are refused when their ranges, chunks or hashes are not of one shape', async () => {
    const hearing = await load();
    const { stage, trial } = hearing;
    const [last, both] = [trial.trace.open(192), trial.trace.open(128, 192)];
    const shifted = concat([range(1, 1), range(3, 1)]);
    const shapes: readonly (readonly [string, ChainOpening])[] = [
      ['nothing', { ...last, ranges: '0x', chunks: '0x' }],
      ['half a chunk', { ...last, chunks: `0x${'00'.repeat(CHUNK / 2)}` }],
      ['a byte more', { ...last, chunks: concat([last.chunks, '0x00']) }],
      ['half a range', { ...last, ranges: concat([last.ranges, '0x00000000']) }],
      ['an empty range', { ...last, ranges: concat([range(0, 0), last.ranges]) }],
      ['a chunk more than the ranges name', { ...both, ranges: range(3, 1) }],
      ['a chunk less than the ranges name', { ...last, ranges: both.ranges }],
      ['ranges that go back', { ...both, ranges: concat([range(3, 1), range(2, 1)]) }],
      ['a range twice', { ...both, ranges: concat([range(3, 1), range(3, 1)]) }],
      ['a range past the tree', { ...last, ranges: range(4, 1) }],
      ['a range that ends past the tree', { ...both, ranges: range(3, 2) }],
      ['a hash too few', { ...last, siblings: last.siblings.slice(1) }],
      ['no hash for the last of two', { ...both, ranges: shifted }],
      ['a hash too many', { ...last, siblings: [...last.siblings, NO_SALT] }],
    ];
    for (const [what, opening] of shapes) {
      await expect(proveGap(hearing, undefined, opening), what).to.be.revertedWithCustomError(
        stage.examiner,
        'VectorOpeningMalformed',
      );
    }
  });

  it('are refused when they are of another tree, or do not show the number', async () => {
    const hearing = await load();
    const { stage, trial } = hearing;
    const shown = trial.trace.open(192);
    for (const opening of [
      { ...shown, ranges: range(2, 1) },
      { ...shown, siblings: [...shown.siblings].reverse() },
      { ...shown, chunks: trial.trace.chunk(2) },
    ]) {
      await expect(proveGap(hearing, undefined, opening)).to.be.revertedWithCustomError(
        stage.examiner,
        'VectorOpeningWrongTree',
      );
    }
    for (const elements of [[128], [0, 64, 128]] as const) {
      await expect(proveGap(hearing, undefined, trial.trace.open(...elements)))
        .to.be.revertedWithCustomError(stage.examiner, 'VectorOpeningNotOpened')
        .withArgs(192n);
    }
  });
});
