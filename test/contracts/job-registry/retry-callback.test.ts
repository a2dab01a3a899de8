import { expect } from 'chai';
import { keccak256 } from 'ethers';
import { network } from 'hardhat';
import type { Hex, Hex32 } from '../../../workers/protocol/ids.ts';
import { CallbackPhase, Delivery, type Terms, termsToChain } from '../../../workers/protocol/job.ts';
import { attestChecked } from '../../support/checked-attestations.ts';
import { expireChecked, retryChecked, settleChecked } from '../../support/checked-endings.ts';
import { requestChecked } from '../../support/checked-requests.ts';
import { openTrialChecked, resolveTrialChecked } from '../../support/checked-trials.ts';
import { LOCK_AND_FREE, prove, recorded, signed } from '../../support/equivocations.ts';
import { type JobStage, setJobStage } from '../../support/job-stage.ts';
import { type AttestedJob, CALLBACK_GAS, outputFor, termsFor, termsWithCallback } from '../../support/jobs.ts';
import { ENTRY_GAS, ProbeBehaviour, callsOf } from '../../support/probe.ts';

const { networkHelpers } = await network.create();
const load = async (): Promise<JobStage> => networkHelpers.loadFixture(setJobStage);

/** A job whose callback, due in this phase, has failed; the probe is well again. */
async function failed(phase: 'OnAttested' | 'OnFinal', overrides: Partial<Terms> = {}) {
  const stage = await load();
  await stage.probe.setBehaviour(ProbeBehaviour.Revert);
  const terms = await termsWithCallback(stage, CallbackPhase[phase], overrides);
  const job = await attestChecked(stage, await requestChecked(stage, terms), { callback: 'failed' });
  if (phase === 'OnFinal') await settleChecked(stage, job, { callback: 'failed' });
  await stage.probe.setBehaviour(ProbeBehaviour.Record);
  return { stage, job };
}

async function attempt(stage: JobStage, job: AttestedJob, change: { output?: Hex; gasLimit?: bigint } = {}) {
  const overrides = change.gasLimit === undefined ? {} : { gasLimit: change.gasLimit };
  const { jobs, stranger } = stage;
  const output = change.output ?? job.output.vector;
  return jobs.connect(stranger).retryCallback(termsToChain(job.terms), job.record, output, overrides);
}

async function notDue(stage: JobStage, job: AttestedJob): Promise<void> {
  await expect(attempt(stage, job))
    .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryCallbackNotDue')
    .withArgs(job.id);
}

describe('JobRegistry.retryCallback', () => {
  describe('refuses', () => {
    it('a job that nobody requested', async () => {
      const { stage, job } = await failed('OnFinal');
      const terms = { ...job.terms, salt: 0n };
      await expect(attempt(stage, { ...job, terms })).to.be.revertedWithCustomError(
        stage.jobs,
        'JobRegistryCallbackNotDue',
      );
    });

    it('a callback that was delivered', async () => {
      const stage = await load();
      for (const phase of [CallbackPhase.OnAttested, CallbackPhase.OnFinal]) {
        const job = await attestChecked(stage, await requestChecked(stage, await termsWithCallback(stage, phase)));
        await settleChecked(stage, job);
        await notDue(stage, job);
      }
    });

    it('a job without a callback', async () => {
      const stage = await load();
      const job = await attestChecked(stage, await requestChecked(stage, await termsFor(stage)));
      await notDue(stage, job);
      await settleChecked(stage, job);
      await notDue(stage, job);
    });

    it('`onFinal` before the job is settled', async () => {
      const stage = await load();
      const terms = await termsWithCallback(stage, CallbackPhase.OnFinal);
      await notDue(stage, await attestChecked(stage, await requestChecked(stage, terms)));
    });

    it('a job that waits for its answer, and one that expired', async () => {
      const stage = await load();
      const job = await requestChecked(stage, await termsWithCallback(stage, CallbackPhase.OnAttested));
      const output = outputFor(stage, job.terms);
      const record = { outputRoot: output.root, outputContent: output.content, operator: stage.operator.address };
      const imagined = { ...job, output, record: { ...record, challengeEnd: 0n } };
      await notDue(stage, imagined);
      await expireChecked(stage, job);
      await notDue(stage, imagined);
    });

    it('a job on trial, and one that was lost or void in court', async () => {
      for (const outcome of ['Convicted', 'Void'] as const) {
        const { stage, job } = await failed('OnAttested');
        await openTrialChecked(stage, job);
        await notDue(stage, job);
        await resolveTrialChecked(stage, job, outcome);
        await notDue(stage, job);
      }
    });

    it('a job that ended by an equivocation', async () => {
      const { stage, job } = await failed('OnAttested');
      await prove(stage, job, { first: recorded(job), second: await signed(stage, job, 0.25), takes: LOCK_AND_FREE });
      await notDue(stage, job);
    });

    it('another record than the recorded one', async () => {
      const { stage, job } = await failed('OnFinal');
      for (const change of [
        { outputRoot: `0x${'66'.repeat(32)}` as Hex32 },
        { operator: stage.rival.address },
        { challengeEnd: job.record.challengeEnd + 1n },
      ]) {
        await expect(attempt(stage, { ...job, record: { ...job.record, ...change } }))
          .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryRecordMismatch')
          .withArgs(job.id);
      }
    });

    for (const [what, delivery, output] of [
      ['another inline output', 'Inline', '0x3f000001'],
      ['no inline output', 'Inline', '0x'],
      ['an inline output that is no vector', 'Inline', '0x3f0000'],
      ['an output where only its root is delivered', 'None', '0x3f000000'],
      ['an output where it is published', 'Blob', '0x3f000000'],
    ] as const) {
      it(what, async () => {
        const { stage, job } = await failed('OnAttested', { delivery: Delivery[delivery] });
        await expect(attempt(stage, job, { output }))
          .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryOutputMismatch')
          .withArgs(job.output.root, job.output.content);
      });
    }

    it('less gas than the callback was promised', async () => {
      const { stage, job } = await failed('OnFinal');
      await expect(attempt(stage, job, { gasLimit: 320_000n })).to.be.revertedWithCustomError(
        stage.jobs,
        'JobRegistryInsufficientGas',
      );
    });

    it('a callback that fails again; it stays due', async () => {
      const { stage, job } = await failed('OnFinal');
      await stage.probe.setBehaviour(ProbeBehaviour.BurnGas);
      await expect(attempt(stage, job))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryCallbackFailed')
        .withArgs(job.id);
      await stage.probe.setBehaviour(ProbeBehaviour.Record);
      await retryChecked(stage, job);
    });

    it('a second success', async () => {
      const { stage, job } = await failed('OnFinal');
      await retryChecked(stage, job);
      await notDue(stage, job);
    });
  });

  for (const delivery of ['None', 'Inline', 'Blob'] as const) {
    for (const phase of ['OnAttested', 'OnFinal'] as const) {
      it(`delivers a failed ${phase} with an output delivered as \`${delivery}\``, async () => {
        const { stage, job } = await failed(phase, { delivery: Delivery[delivery] });
        await retryChecked(stage, job);
        const selector = stage.probe.interface.getFunction(phase === 'OnFinal' ? 'onFinal' : 'onAttested').selector;
        expect((await callsOf(stage.probe)).map(({ seen }) => seen)).to.deep.equal([
          [selector, job.id, job.output.root, job.output.content, keccak256(job.output.vector)],
        ]);
      });
    }
  }

  it('delivers a failed `onAttested` after the job was settled as well', async () => {
    const { stage, job } = await failed('OnAttested');
    await settleChecked(stage, job);
    await retryChecked(stage, job);
  });

  it('delivers `onFinal` of a job that was acquitted: the court calls nobody', async () => {
    const stage = await load();
    const terms = await termsWithCallback(stage, CallbackPhase.OnFinal);
    const job = await attestChecked(stage, await requestChecked(stage, terms));
    await openTrialChecked(stage, job);
    await resolveTrialChecked(stage, job, 'Acquitted');
    expect(await callsOf(stage.probe)).to.deep.equal([]);
    await retryChecked(stage, job);
  });

  it('gives the callback all of its gas, or reverts', async () => {
    const { stage, job } = await failed('OnFinal');
    for (let gasLimit = 320_000n; gasLimit < 420_000n; gasLimit += 2_000n) {
      const snapshot = await networkHelpers.takeSnapshot();
      const sent = await attempt(stage, job, { gasLimit }).catch(() => undefined);
      const [call] = await callsOf(stage.probe);
      expect(call !== undefined).to.equal(sent !== undefined);
      if (call) expect(call.gasOnEntry).to.be.within(BigInt(CALLBACK_GAS) - ENTRY_GAS, CALLBACK_GAS);
      await snapshot.restore();
    }
  });
});
