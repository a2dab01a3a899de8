import { expect } from 'chai';
import { ZeroHash } from 'ethers';
import { network } from 'hardhat';
import type { Hex32 } from '../../../workers/protocol/ids.ts';
import { termsToChain } from '../../../workers/protocol/job.ts';
import { COURT_SETTINGS, defaultParameters } from '../../support/system.ts';
import { TOKEN } from '../../support/job-stage.ts';
import { baseFeeOf, eventNames, moving } from '../../support/trial-moves.ts';
import {
  NO_EXHIBITS,
  STAKE_AT_RISK,
  Space,
  type TrialStage,
  TrialStatus,
  argsOf,
  attestCase,
  hearCase,
  openCase,
  postCase,
  sampleCase,
  setTrialStage,
  treesOf,
} from '../../support/trial-stage.ts';
import { TrialVector } from '../../support/trial-trees.ts';

const { ethers, networkHelpers } = await network.create();
const load = async (): Promise<TrialStage> => networkHelpers.loadFixture(setTrialStage);
/** Without a plan a model is registered as not triable. */
const NO_PLAN = { planRoot: ZeroHash as Hex32, planLength: 0, traceLength: 0 };
const nextAt = async (at: bigint): Promise<void> => networkHelpers.time.setNextBlockTimestamp(at);

describe('TrialCourt.open', () => {
  it('takes the bond, holds the job, and writes down who opened it and every time', async () => {
    const stage = await load();
    const job = await attestCase(stage);
    const { trials, opener } = stage;
    const { openerBond } = COURT_SETTINGS;
    const { receipt, at } = await moving(
      stage,
      job,
      async () => trials.connect(opener).open(termsToChain(job.terms), job.record),
      { balances: { [opener.address]: -openerBond }, jobBond: openerBond },
    );
    expect(await eventNames(stage, receipt)).to.deep.equal(['Bonded', 'JobOnTrial', 'TrialOpened']);
    const { jobId, docket, operator } = argsOf(stage, receipt, 'TrialOpened');
    expect([jobId, operator]).to.deep.equal([job.id, stage.operator.address]);
    const { traceTime, revealTime, hearingTime, trialTimeMax } = defaultParameters;
    const named = (docket as { toObject(): Record<string, unknown> }).toObject();
    expect(named).to.deep.include({
      opener: opener.address,
      traceDue: at + traceTime,
      demandsEnd: at + hearingTime - 2n * revealTime,
      hearingEnd: at + hearingTime,
      trialEnd: at + trialTimeMax,
      revealTime,
      inputLength: 67n,
      outputLength: 67n,
    });
    // I9: costs are what gas cost, never more.
    const fee = await baseFeeOf(stage, receipt);
    const spent = (receipt.gasUsed * fee * COURT_SETTINGS.tokensPerEther) / 10n ** 18n;
    expect(named['openerCosts'])
      .to.be.greaterThan((spent * 3n) / 4n)
      .and.at.most(spent);
    expect((await trials.trialOf(job.id)).status).to.equal(TrialStatus.Opened);
  });

  it('counts at most a tenth of the stake at risk as costs (I9)', async () => {
    const stage = await load();
    for (const stakeAtRisk of [12_340n, 12_349n]) {
      const { file } = await openCase(stage, await attestCase(stage, sampleCase(), { stakeAtRisk }));
      expect(file.docket.openerCosts).to.equal(1_234n);
    }
  });

  it('counts four units of gas for each byte of calldata (I9)', async () => {
    const stage = await load();
    const job = await attestCase(stage);
    const { trials, opener } = stage;
    const { data } = await trials.open.populateTransaction(termsToChain(job.terms), job.record);
    const costsWith = async (more: number): Promise<bigint> => {
      const snapshot = await networkHelpers.takeSnapshot();
      await networkHelpers.setNextBlockBaseFeePerGas(10n ** 9n);
      const sent = await opener.sendTransaction({ to: await trials.getAddress(), data: data + '00'.repeat(more) });
      const docket = argsOf(stage, (await sent.wait())!, 'TrialOpened')['docket'] as { openerCosts: bigint };
      await snapshot.restore();
      return docket.openerCosts;
    };
    const [none, thousand] = [await costsWith(0), await costsWith(1_000)];
    expect(thousand - none).to.equal((4_000n * 10n ** 9n * COURT_SETTINGS.tokensPerEther) / 10n ** 18n);
  });

  it('in the last second of the challenge window, and not in the next (I13)', async () => {
    const stage = await load();
    const [first, second] = [await attestCase(stage), await attestCase(stage)];
    await nextAt(first.record.challengeEnd);
    await openCase(stage, first);
    await nextAt(second.record.challengeEnd + 1n);
    await expect(stage.trials.connect(stage.opener).open(termsToChain(second.terms), second.record))
      .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryWindowPassed')
      .withArgs(second.id, second.record.challengeEnd);
  });

  it('lasts as long as the challenge window, where that is longer than a hearing', async () => {
    const stage = await load();
    const job = await attestCase(stage, sampleCase(), { challengeWindow: 86_400 });
    const { file, openedAt } = await openCase(stage, job);
    expect(file.docket.hearingEnd).to.equal(job.record.challengeEnd);
    expect(file.docket.trialEnd).to.equal(openedAt + defaultParameters.trialTimeMax);
  });

  it('leaves four answers after the last second for the trace, whatever the parameters say', async () => {
    const stage = await load();
    await stage.jobs
      .connect(stage.admin)
      .setParameters({ ...stage.parameters, hearingTime: 0n, trialTimeMax: stage.parameters.traceTime });
    const { file } = await openCase(stage, await attestCase(stage, sampleCase(), { challengeWindow: 60 }));
    const { traceDue, hearingEnd, trialEnd, demandsEnd, revealTime } = file.docket;
    expect(hearingEnd).to.equal(traceDue + 4n * revealTime);
    expect(demandsEnd).to.equal(traceDue + 2n * revealTime);
    expect(trialEnd).to.equal(hearingEnd);
  });

  describe('refuses', () => {
    it('a second trial of the same job', async () => {
      const stage = await load();
      const job = await attestCase(stage);
      await openCase(stage, job);
      await expect(stage.trials.connect(stage.other).open(termsToChain(job.terms), job.record))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryWrongStatus')
        .withArgs(job.id, 3n);
    });

    it('a model without a plan', async () => {
      const stage = await load();
      const job = await attestCase(stage, sampleCase(), {}, NO_PLAN);
      await expect(stage.trials.connect(stage.opener).open(termsToChain(job.terms), job.record))
        .to.be.revertedWithCustomError(stage.trials, 'TrialCourtNotTriable')
        .withArgs(job.terms.modelId);
    });

    it('an opener who cannot pay the bond', async () => {
      const stage = await load();
      const job = await attestCase(stage);
      const { opener, settlement } = stage;
      await settlement.connect(opener).withdraw(opener, 1_000n * TOKEN - COURT_SETTINGS.openerBond + 1n);
      await expect(stage.trials.connect(opener).open(termsToChain(job.terms), job.record))
        .to.be.revertedWithCustomError(settlement, 'SettlementInsufficientBalance')
        .withArgs(opener.address, COURT_SETTINGS.openerBond - 1n, COURT_SETTINGS.openerBond);
    });

    it('a record that is not the recorded one', async () => {
      const stage = await load();
      const job = await attestCase(stage);
      const record = { ...job.record, challengeEnd: job.record.challengeEnd + 1n };
      await expect(
        stage.trials.connect(stage.opener).open(termsToChain(job.terms), record),
      ).to.be.revertedWithCustomError(stage.jobs, 'JobRegistryRecordMismatch');
    });
  });
});

describe('TrialCourt.postTrace', () => {
  it('by a key of the operator, or by the operator; moves no money', async () => {
    const stage = await load();
    for (const by of [stage.key, stage.operator]) {
      const trial = await openCase(stage, await attestCase(stage));
      const { receipt } = await moving(
        stage,
        trial,
        async () => stage.trials.connect(by).postTrace(trial.file, trial.spec, treesOf(trial)),
        {},
      );
      const exhibits = argsOf(stage, receipt, 'TracePosted')['exhibits'] as { toObject(): Record<string, unknown> };
      expect(exhibits.toObject()).to.deep.equal({
        planRoot: trial.plan.root,
        planLength: 3n,
        inputTree: trial.input.root,
        weightsTree: trial.weights.root,
        weightsLength: 100n,
        traceTree: trial.trace.root,
        traceLength: 194n,
        outputTree: trial.output.root,
      });
      expect((await stage.trials.trialOf(trial.id)).status).to.equal(TrialStatus.Hearing);
    }
  });

  it('in its last second, and not in the next', async () => {
    const stage = await load();
    const [first, second] = [await attestCase(stage), await attestCase(stage)];
    const [early, late] = [await openCase(stage, first), await openCase(stage, second)];
    await nextAt(early.file.docket.traceDue);
    await postCase(stage, early);
    const due = late.file.docket.traceDue;
    await nextAt(due + 1n);
    await expect(stage.trials.connect(stage.key).postTrace(late.file, late.spec, treesOf(late)))
      .to.be.revertedWithCustomError(stage.trials, 'TrialCourtTraceOverdue')
      .withArgs(late.id, due);
  });

  describe('refuses', () => {
    it('everybody else, the opener and the publisher too', async () => {
      const stage = await load();
      const trial = await openCase(stage, await attestCase(stage));
      for (const by of [stage.opener, stage.publisher, stage.stranger]) {
        await expect(stage.trials.connect(by).postTrace(trial.file, trial.spec, treesOf(trial)))
          .to.be.revertedWithCustomError(stage.trials, 'TrialCourtNotClaimant')
          .withArgs(by.address, stage.operator.address);
      }
    });

    it('a second trace', async () => {
      const stage = await load();
      const trial = await hearCase(stage);
      await expect(stage.trials.connect(stage.key).postTrace(trial.file, trial.spec, treesOf(trial)))
        .to.be.revertedWithCustomError(stage.trials, 'TrialCourtWrongStatus')
        .withArgs(trial.id, TrialStatus.Hearing);
    });

    it('a trial that nobody opened', async () => {
      const stage = await load();
      const trial = await openCase(stage, await attestCase(stage));
      const other = await attestCase(stage);
      const file = { ...trial.file, terms: termsToChain(other.terms), record: other.record };
      await expect(stage.trials.connect(stage.key).postTrace(file, other.spec, treesOf(other)))
        .to.be.revertedWithCustomError(stage.trials, 'TrialCourtWrongStatus')
        .withArgs(other.id, TrialStatus.None);
    });

    it('a case file with anything changed', async () => {
      const stage = await load();
      const trial = await openCase(stage, await attestCase(stage));
      const { file } = trial;
      const changed = [
        { ...file, record: { ...file.record, operator: stage.stranger.address } },
        { ...file, docket: { ...file.docket, opener: stage.stranger.address } },
        { ...file, docket: { ...file.docket, traceDue: file.docket.traceDue + 1n } },
        { ...file, exhibits: { ...NO_EXHIBITS, planLength: 1n } },
      ];
      for (const one of changed) {
        await expect(stage.trials.connect(stage.key).postTrace(one, trial.spec, treesOf(trial)))
          .to.be.revertedWithCustomError(stage.trials, 'TrialCourtCaseFileMismatch')
          .withArgs(trial.id);
      }
    });

    it('a spec that is not the model’s', async () => {
      const stage = await load();
      const trial = await openCase(stage, await attestCase(stage));
      const spec = { ...trial.spec, traceLength: trial.spec.traceLength + 1 };
      await expect(stage.trials.connect(stage.key).postTrace(trial.file, spec, treesOf(trial)))
        .to.be.revertedWithCustomError(stage.trials, 'TrialCourtModelMismatch')
        .withArgs(trial.terms.modelId, await stage.models.modelIdOf(spec));
    });

    it('trees that do not belong to the known roots', async () => {
      const stage = await load();
      const trial = await openCase(stage, await attestCase(stage));
      const trees = treesOf(trial);
      const wrong = [
        [Space.Input, { ...trees, input: trees.output }],
        [Space.Weight, { ...trees, weights: trees.output }],
        [Space.Weight, { ...trees, weightsLength: 101 }],
        [Space.Output, { ...trees, output: trees.input }],
      ] as const;
      for (const [space, posted] of wrong) {
        await expect(stage.trials.connect(stage.key).postTrace(trial.file, trial.spec, posted))
          .to.be.revertedWithCustomError(stage.trials, 'TrialCourtTreeMismatch')
          .withArgs(space, (root: string) => root !== ZeroHash);
      }
    });

    it('an input or an answer of another length than the model’s: nobody could judge it, so its claimant is convicted', async () => {
      const stage = await load();
      const { input, output } = sampleCase();
      const cases = [
        [Space.Input, sampleCase({ input: new TrialVector(input.elements, input.length - 1) })],
        [Space.Output, sampleCase({ output: new TrialVector([...output.elements, 0]) })],
      ] as const;
      for (const [space, tried] of cases) {
        const trial = await openCase(stage, await attestCase(stage, tried));
        await expect(stage.trials.connect(stage.key).postTrace(trial.file, trial.spec, treesOf(trial)))
          .to.be.revertedWithCustomError(stage.trials, 'TrialCourtTreeMismatch')
          .withArgs(space, (root: string) => root !== ZeroHash);
        await nextAt(trial.file.docket.traceDue + 1n);
        await stage.trials.connect(stage.opener).resolve(trial.file, ZeroHash);
        expect((await stage.trials.trialOf(trial.id)).status).to.equal(TrialStatus.Convicted);
      }
    });
  });
});

describe('the trial court', () => {
  it('knows its neighbours and its settings', async () => {
    const { trials, models, jobs, staking, settlement, judge, examiner } = await load();
    const named = [models, jobs, staking, settlement, judge, examiner].map(async (one) => one.getAddress());
    expect([
      await trials.modelRegistry(),
      await trials.jobRegistry(),
      await trials.operatorStaking(),
      await trials.settlement(),
      await trials.tensorJudge(),
      await trials.examiner(),
    ]).to.deep.equal(await Promise.all(named));
    expect([...(await trials.settings())]).to.deep.equal(Object.values(COURT_SETTINGS));
    expect(await jobs.trialCourt()).to.equal(await trials.getAddress());
    expect(await models.trialCourt()).to.equal(await trials.getAddress());
    expect(STAKE_AT_RISK).to.equal(100n * TOKEN);
  });

  it('refuses settings without bonds, and answers that cost nothing', async () => {
    const { trials, models, jobs, staking, settlement, judge, examiner } = await load();
    for (const field of ['openerBond', 'demandBond', 'revealFeeFloor'] as const) {
      const settings = { ...COURT_SETTINGS, [field]: 0n };
      await expect(ethers.deployContract('TrialCourt', [models, jobs, staking, settlement, judge, examiner, settings]))
        .to.be.revertedWithCustomError(trials, 'TrialCourtInvalidSettings')
        .withArgs(ethers.encodeBytes32String(field));
    }
  });
});
