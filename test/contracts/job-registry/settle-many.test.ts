import { expect } from 'chai';
import { network } from 'hardhat';
import { CallbackPhase, Delivery, JobStatus, type Terms, termsToChain } from '../../../workers/protocol/job.ts';
import { attestChecked } from '../../support/checked-attestations.ts';
import { outputToSettle, settleChecked, settleManyChecked } from '../../support/checked-endings.ts';
import { requestChecked } from '../../support/checked-requests.ts';
import { openTrialChecked } from '../../support/checked-trials.ts';
import { type JobStage, type StagedOperator, setJobStage } from '../../support/job-stage.ts';
import { type AttestedJob, CALLBACK_GAS, nextAt, termsFor, termsWithCallback } from '../../support/jobs.ts';
import { ENTRY_GAS, ProbeBehaviour, callsOf } from '../../support/probe.ts';

const { networkHelpers } = await network.create();
const load = async (): Promise<JobStage> => networkHelpers.loadFixture(setJobStage);

async function attested(stage: JobStage, overrides: Partial<Terms> = {}): Promise<AttestedJob> {
  return attestChecked(stage, await requestChecked(stage, await termsFor(stage, overrides)));
}

async function withCallback(stage: JobStage, overrides: Partial<Terms> = {}): Promise<AttestedJob> {
  const terms = await termsWithCallback(stage, CallbackPhase.OnFinal, overrides);
  return attestChecked(stage, await requestChecked(stage, terms));
}

const callOf = ({ terms, record }: AttestedJob) => ({ terms: termsToChain(terms), record });

describe('JobRegistry.settleMany', () => {
  describe('refuses', () => {
    for (const outputs of [1, 3]) {
      it(`${outputs} outputs for two calls`, async () => {
        const stage = await load();
        const calls = [callOf(await attested(stage)), callOf(await attested(stage))];
        await expect(stage.jobs.settleMany(calls, Array<string>(outputs).fill('0x')))
          .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryOutputCount')
          .withArgs(outputs, 2n);
      });
    }

    it('outputs without calls', async () => {
      const stage = await load();
      await expect(stage.jobs.settleMany([], ['0x']))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryOutputCount')
        .withArgs(1n, 0n);
    });
  });

  it('settles nothing when it is given nothing', async () => {
    const stage = await load();
    await settleManyChecked(stage, [], { at: BigInt(await networkHelpers.time.latest()) + 9n });
  });

  it('settles a batch of one operator and one model, and pays once', async () => {
    const stage = await load();
    const jobs = [
      await attested(stage),
      await attested(stage, { fee: 7n }),
      await attested(stage, { stakeAtRisk: 1n }),
    ];
    await settleManyChecked(
      stage,
      jobs.map((job) => ({ job })),
    );
  });

  it('says how many it settled', async () => {
    const stage = await load();
    const [first, second] = [await attested(stage), await attested(stage)];
    await nextAt(stage, second.record.challengeEnd + 1n);
    await networkHelpers.mine();
    const { stranger } = stage;
    const settled = await stage.jobs
      .connect(stranger)
      .settleMany.staticCall([callOf(first), callOf(first), callOf(second)], []);
    expect(settled).to.equal(2n);
  });

  it('I12: mixes operators, models, publishers and versions, and pays each of them its own', async () => {
    const stage = await load();
    const { operator, rival, otherModel } = stage;
    const mixed = async (by: StagedOperator, modelId = stage.model.id): Promise<AttestedJob> =>
      attested(stage, { operator: by.address, modelId, fee: 1_000_003n });
    const jobs = [
      await mixed(operator),
      await mixed(rival),
      await mixed(rival, otherModel.id),
      await mixed(operator, otherModel.id),
      await mixed(operator),
    ];
    await stage.jobs.setParameters({ ...stage.parameters, protocolFeeBps: 777n, treasury: stage.stranger.address });
    jobs.push(await mixed(operator), await mixed(rival, otherModel.id), await mixed(operator));
    await settleManyChecked(
      stage,
      jobs.map((job) => ({ job })),
    );
  });

  it('leaves out what cannot be settled, says why, and settles the rest', async () => {
    const stage = await load();
    const good = await attested(stage);
    const settled = await attested(stage, { challengeWindow: 60 });
    await settleChecked(stage, settled);
    const tried = await attested(stage);
    await openTrialChecked(stage, tried);
    const waiting = await requestChecked(stage, await termsFor(stage));
    const forged = await attested(stage);
    const long = await attested(stage, { challengeWindow: 86_400 });
    const called = await withCallback(stage);
    const last = await attested(stage, { operator: stage.rival.address });
    await settleManyChecked(
      stage,
      [
        { job: good },
        { job: good, skipped: 'JobRegistryWrongStatus' },
        { job: settled, skipped: 'JobRegistryWrongStatus' },
        { job: tried, skipped: 'JobRegistryWrongStatus' },
        { job: { ...waiting, record: good.record, output: good.output }, skipped: 'JobRegistryWrongStatus' },
        { job: { ...forged, record: good.record }, skipped: 'JobRegistryRecordMismatch' },
        { job: long, skipped: 'JobRegistryWindowNotPassed' },
        { job: called, output: '0x', skipped: 'JobRegistryOutputMismatch' },
        { job: last },
      ],
      { at: last.record.challengeEnd + 1n },
    );
  });

  it('leaves out a job that nobody requested', async () => {
    const stage = await load();
    const job = await attested(stage);
    const unknown = { ...job, terms: { ...job.terms, salt: 0n } };
    const id = await stage.jobs.jobIdOf(termsToChain(unknown.terms));
    await settleManyChecked(stage, [
      { job: { ...unknown, id: id as AttestedJob['id'] }, skipped: 'JobRegistryUnknownJob' },
      { job },
    ]);
  });

  it('I13: leaves out a job in the last second of its window and settles one in the first after it', async () => {
    const stage = await load();
    const first = await attested(stage);
    const second = await attestChecked(stage, await requestChecked(stage, await termsFor(stage)), {
      at: first.record.challengeEnd - 3_600n + 1n + 60n,
    });
    await settleManyChecked(stage, [{ job: first }, { job: second, skipped: 'JobRegistryWindowNotPassed' }], {
      at: second.record.challengeEnd,
    });
  });

  describe('with `onFinal` callbacks in the batch', () => {
    it('calls each with its own output, and pays before it calls', async () => {
      const stage = await load();
      const jobs = [
        await attested(stage),
        await withCallback(stage),
        await attested(stage),
        await withCallback(stage, { operator: stage.rival.address }),
      ];
      // An estimate would be content with less gas, and with the callbacks left out.
      const batch = jobs.map((job) => ({ job }));
      await settleManyChecked(stage, batch, { gasLimit: 3_000_000n });
      const called = (await callsOf(stage.probe)).map(({ seen }) => seen[1]);
      expect(called).to.deep.equal([jobs[1]!.id, jobs[3]!.id]);
    });

    it('calls one whose output nobody wants inline, with no outputs at all', async () => {
      const stage = await load();
      const job = await withCallback(stage, { delivery: Delivery.None });
      expect(outputToSettle(job)).to.equal('0x');
      await settleManyChecked(stage, [{ job }], { gasLimit: 3_000_000n });
      expect((await callsOf(stage.probe)).map(({ seen }) => seen[1])).to.deep.equal([job.id]);
    });

    it('I23: a callback that burns its gas fails alone', async () => {
      const stage = await load();
      await stage.probe.setBehaviour(ProbeBehaviour.BurnGas);
      const jobs = [await withCallback(stage), await attested(stage), await withCallback(stage)];
      await settleManyChecked(
        stage,
        jobs.map((job) => ({ job, callback: 'failed' as const })),
        { gasLimit: 5_000_000n },
      );
    });

    it('leaves out a job whose callback would not get its gas, and settles the rest', async () => {
      const stage = await load();
      const jobs = [await attested(stage), await withCallback(stage), await attested(stage)];
      await settleManyChecked(
        stage,
        [{ job: jobs[0]! }, { job: jobs[1]!, skipped: 'JobRegistryInsufficientGas' }, { job: jobs[2]! }],
        { gasLimit: 450_000n },
      );
    });

    it('I23: whatever gas the batch has, a callback that is called has all of its own', async () => {
      const stage = await load();
      const batch = [
        await withCallback(stage),
        await attested(stage, { operator: stage.rival.address, modelId: stage.otherModel.id }),
        await withCallback(stage),
      ];
      const [calls, outputs] = [batch.map(callOf), batch.map(outputToSettle)];
      const settled = new Set<number>();
      for (let gasLimit = 300_000n; gasLimit <= 1_300_000n; gasLimit += 10_000n) {
        const snapshot = await networkHelpers.takeSnapshot();
        await nextAt(stage, batch[2]!.record.challengeEnd + 1n);
        const sent = await stage.jobs
          .connect(stage.stranger)
          .settleMany(calls, outputs, { gasLimit })
          .catch(() => undefined);
        if (sent !== undefined) {
          const called = await callsOf(stage.probe);
          for (const { gasOnEntry } of called) {
            expect(gasOnEntry, `with ${gasLimit} gas`).to.be.within(BigInt(CALLBACK_GAS) - ENTRY_GAS, CALLBACK_GAS);
          }
          const states = await Promise.all(batch.map(async ({ id }) => stage.jobs.stateOf(id)));
          const done = states.map(({ status, delivered }) => [status === BigInt(JobStatus.Settled), delivered]);
          // Settled means delivered; what had too little gas is as it was.
          expect([done[0]!, done[2]!].every(([isSettled, delivered]) => isSettled === delivered)).to.equal(true);
          settled.add(done.filter(([isSettled]) => isSettled).length);
        }
        await snapshot.restore();
      }
      expect([...settled].sort()).to.include.members([1, 2, 3]);
    });
  });
});
