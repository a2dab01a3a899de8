import { expect } from 'chai';
import { ZeroHash } from 'ethers';
import { network } from 'hardhat';
import { COURT_SETTINGS, defaultParameters } from '../../support/system.ts';
import { convictionOf, eventNames, moving } from '../../support/trial-moves.ts';
import {
  Ground,
  NO_SALT,
  Space,
  type Trial,
  type TrialStage,
  TrialStatus,
  argsOf,
  attestCase,
  hearCase,
  openCase,
  setTrialStage,
} from '../../support/trial-stage.ts';
import { NOTHING_OPENED } from '../../support/trial-trees.ts';

const { networkHelpers } = await network.create();
const load = async (): Promise<TrialStage> => networkHelpers.loadFixture(setTrialStage);
const nextAt = async (at: bigint): Promise<void> => networkHelpers.time.setNextBlockTimestamp(at);
const { openerBond, demandBond } = COURT_SETTINGS;
const FEE_CAP = 20n * 10n ** 9n;

const resolve = async ({ trials, stranger }: TrialStage, { file }: Trial) =>
  trials.connect(stranger).resolve(file, ZeroHash);

async function askChunk({ trials, demander, key }: TrialStage, { id, file, trace }: Trial): Promise<void> {
  const value = FEE_CAP * (await trials.REVEAL_GAS());
  await trials.connect(demander).demand(file, Space.Trace, 0, 1, trace.node(0, 1), trace.siblings(0, 1), { value });
  await trials.connect(key).reveal(id, Space.Trace, 0, 1, trace.chunk(1));
}

describe('TrialCourt.resolve', () => {
  it('I10: acquits once the hearing is over: the operator is paid as if settled, and gets every bond', async () => {
    const stage = await load();
    const trial = await hearCase(stage);
    await askChunk(stage, trial);
    const { hearingEnd } = trial.file.docket;
    await nextAt(hearingEnd - 1n);
    await expect(resolve(stage, trial))
      .to.be.revertedWithCustomError(stage.trials, 'TrialCourtHearingNotOver')
      .withArgs(trial.id, hearingEnd);
    await nextAt(hearingEnd);
    const { fee, stakeAtRisk } = trial.terms;
    const [publisher, treasury] = [fee / 10n, fee / 100n];
    const bonds = openerBond + demandBond;
    const { receipt } = await moving(stage, trial, async () => resolve(stage, trial), {
      balances: {
        [stage.operator.address]: fee - publisher - treasury + bonds,
        [stage.publisher.address]: publisher,
        [stage.treasury.address]: treasury,
      },
      free: stakeAtRisk,
      locked: -stakeAtRisk,
      jobBond: -bonds,
    });
    expect(await eventNames(stage, receipt)).to.deep.equal([
      'TrialAcquitted',
      'JobAcquitted',
      'JobSettled',
      'BondReleased',
    ]);
    expect(argsOf(stage, receipt, 'TrialAcquitted')['bonds']).to.equal(bonds);
    await expect(stage.trials.reclaim(trial.id, stage.demander))
      .to.be.revertedWithCustomError(stage.trials, 'TrialCourtWrongStatus')
      .withArgs(trial.id, TrialStatus.Acquitted);
  });

  it('convicts a second after the time for the trace; nobody is the prover', async () => {
    const stage = await load();
    const trial = await openCase(stage, await attestCase(stage));
    const { traceDue } = trial.file.docket;
    await nextAt(traceDue);
    await expect(resolve(stage, trial))
      .to.be.revertedWithCustomError(stage.trials, 'TrialCourtHearingNotOver')
      .withArgs(trial.id, traceDue + 1n);
    await nextAt(traceDue + 1n);
    const { receipt } = await moving(stage, trial, async () => resolve(stage, trial), convictionOf(trial));
    expect(argsOf(stage, receipt, 'TrialConvicted')['ground']).to.equal(Ground.TraceWithheld);
  });

  it('I16: a reveal with little time left moves the end, by as much as an answer takes', async () => {
    const stage = await load();
    const trial = await hearCase(stage);
    const { demandsEnd } = trial.file.docket;
    const { revealTime } = defaultParameters;
    const { trials, demander, key } = stage;
    const { trace, file, id } = trial;
    const value = FEE_CAP * (await trials.REVEAL_GAS());
    await nextAt(demandsEnd);
    await trials.connect(demander).demand(file, Space.Trace, 2, 0, trace.root, [], { value });
    await nextAt(demandsEnd + revealTime);
    await trials.connect(key).reveal(id, Space.Trace, 2, 0, trace.content(2, 0));
    await nextAt(demandsEnd + 2n * revealTime);
    await trials.connect(demander).demand(file, Space.Trace, 0, 1, trace.node(0, 1), trace.siblings(0, 1), { value });
    const last = demandsEnd + 3n * revealTime;
    await nextAt(last);
    await trials.connect(key).reveal(id, Space.Trace, 0, 1, trace.chunk(1));
    expect((await trials.trialOf(id)).hearingEnd).to.equal(last + revealTime);
    await nextAt(last + revealTime - 1n);
    await expect(resolve(stage, trial))
      .to.be.revertedWithCustomError(trials, 'TrialCourtHearingNotOver')
      .withArgs(id, last + revealTime);
    await nextAt(last + revealTime);
    await resolve(stage, trial);
    expect((await trials.trialOf(id)).status).to.equal(TrialStatus.Acquitted);
  });

  for (const [costs, terms] of [
    ['what gas cost', {}],
    ['the least there is', { stakeAtRisk: 10n }],
  ] as const) {
    it(`void by an index out of range: the requester pays the opener ${costs}, the operator nothing`, async () => {
      const stage = await load();
      const trial = await hearCase(stage, undefined, terms);
      await stage.judge.setRuling(3, { wrong: false, outOfRange: true, claimed: 0, canonical: 0 });
      const openings = { input: NOTHING_OPENED, weights: NOTHING_OPENED, trace: NOTHING_OPENED };
      await stage.trials.proveElement(trial.file, trial.plan.open(0), 3, openings, NO_SALT);
      await nextAt(trial.file.docket.hearingEnd);
      const { openerCosts } = trial.file.docket;
      const { fee, stakeAtRisk } = trial.terms;
      const { receipt } = await moving(stage, trial, async () => resolve(stage, trial), {
        balances: {
          [stage.opener.address]: openerBond + openerCosts,
          [stage.requester.address]: fee - openerCosts,
        },
        free: stakeAtRisk,
        locked: -stakeAtRisk,
        jobBond: -openerBond,
      });
      expect(argsOf(stage, receipt, 'TrialVoided')['ground']).to.equal(Ground.IndexOutOfRange);
      expect(openerCosts === 1n).to.equal(stakeAtRisk === 10n);
    });
  }

  it('gives demanders their bonds back when a trial ends convicted or void', async () => {
    for (const ending of ['convicted', 'void'] as const) {
      const stage = await load();
      const trial = await hearCase(stage);
      await askChunk(stage, trial);
      const ruling = { wrong: ending === 'convicted', outOfRange: true, claimed: 1, canonical: 2 };
      await stage.judge.setRuling(3, ruling);
      const openings = { input: NOTHING_OPENED, weights: NOTHING_OPENED, trace: NOTHING_OPENED };
      await stage.trials.proveElement(trial.file, trial.plan.open(0), 3, openings, NO_SALT);
      if (ending === 'void') {
        await nextAt(trial.file.docket.hearingEnd);
        await resolve(stage, trial);
      }
      await moving(stage, trial, async () => stage.trials.reclaim(trial.id, stage.demander), {
        balances: { [stage.demander.address]: demandBond },
        jobBond: -demandBond,
      });
    }
  });

  it('a verdict is final: nothing moves a trial that has ended', async () => {
    const stage = await load();
    const trial = await hearCase(stage);
    await nextAt(trial.file.docket.hearingEnd);
    await resolve(stage, trial);
    await stage.judge.setRuling(3, { wrong: true, outOfRange: false, claimed: 1, canonical: 2 });
    const { trials } = stage;
    const { file, plan, trace } = trial;
    const openings = { input: NOTHING_OPENED, weights: NOTHING_OPENED, trace: NOTHING_OPENED };
    const value = FEE_CAP * (await trials.REVEAL_GAS());
    for (const sent of [
      async () => resolve(stage, trial),
      async () => trials.proveElement(file, plan.open(0), 3, openings, NO_SALT),
      async () => trials.demand(file, Space.Trace, 2, 0, trace.root, [], { value }),
      async () => trials.reveal(trial.id, Space.Trace, 2, 0, trace.content(2, 0)),
      async () => trials.postpone(trial.id, NO_SALT),
    ]) {
      await expect(sent())
        .to.be.revertedWithCustomError(trials, 'TrialCourtWrongStatus')
        .withArgs(trial.id, TrialStatus.Acquitted);
    }
  });

  it('stake on trial cannot leave', async () => {
    const stage = await load();
    await hearCase(stage);
    const { staking, operator } = stage;
    const { free } = await staking.stakeOf(operator);
    await expect(staking.connect(operator).unbond(free + 1n))
      .to.be.revertedWithCustomError(staking, 'OperatorStakingInsufficientFree')
      .withArgs(operator.address, free, free + 1n);
  });
});
