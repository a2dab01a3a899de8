import { expect } from 'chai';
import { keccak256 } from 'ethers';
import { network } from 'hardhat';
import type { Address } from '../../../workers/protocol/ids.ts';
import { CallbackPhase, Delivery, type Terms, termsToChain } from '../../../workers/protocol/job.ts';
import { type CallbackFate, attestChecked } from '../../support/checked-attestations.ts';
import { outputToSettle, settleChecked } from '../../support/checked-endings.ts';
import { requestChecked } from '../../support/checked-requests.ts';
import { type JobStage, setJobStage } from '../../support/job-stage.ts';
import { type AttestedJob, CALLBACK_GAS, nextAt, outputFor, termsWithCallback } from '../../support/jobs.ts';
import { ENTRY_GAS, ProbeBehaviour, callsOf } from '../../support/probe.ts';

const { ethers, networkHelpers } = await network.create();
const load = async (): Promise<JobStage> => networkHelpers.loadFixture(setJobStage);

/** Requests and attests. */
async function attested(stage: JobStage, phase: CallbackPhase, terms: Partial<Terms> = {}, callback?: CallbackFate) {
  const job = await requestChecked(stage, await termsWithCallback(stage, phase, terms));
  return attestChecked(stage, job, callback === undefined ? {} : { callback });
}

/** Takes a job to its end, with a callback on the way; returns the gas of the step that called. */
async function lived(stage: JobStage, phase: CallbackPhase, callback: CallbackFate, terms: Partial<Terms> = {}) {
  const job = await requestChecked(stage, await termsWithCallback(stage, phase, terms));
  const answered = await attestChecked(stage, job, { callback });
  const settled = await settleChecked(stage, answered, { callback });
  return { job: answered, settled };
}

for (const phase of ['OnAttested', 'OnFinal'] as const) {
  const selectorOf = (stage: JobStage): string =>
    stage.probe.interface.getFunction(phase === 'OnAttested' ? 'onAttested' : 'onFinal').selector;

  describe(`JobRegistry: the ${phase} callback`, () => {
    for (const delivery of ['None', 'Inline', 'Blob'] as const) {
      it(`brings the output delivered as \`${delivery}\`, once`, async () => {
        const stage = await load();
        const { job } = await lived(stage, CallbackPhase[phase], 'delivered', { delivery: Delivery[delivery] });
        const { root, content, vector } = job.output;
        expect((await callsOf(stage.probe)).map(({ seen }) => seen)).to.deep.equal([
          [selectorOf(stage), job.id, root, content, keccak256(vector)],
        ]);
      });
    }

    it('goes to the target that the terms name', async () => {
      const stage = await load();
      const target = await ethers.deployContract('CallbackProbe');
      const callbackTarget = (await target.getAddress()) as Address;
      const { job } = await lived(stage, CallbackPhase[phase], 'delivered', { callbackTarget });
      expect((await callsOf(target)).map(({ seen }) => seen[1])).to.deep.equal([job.id]);
      expect(await callsOf(stage.probe)).to.deep.equal([]);
    });

    for (const [what, behaviour, fate] of [
      ['reverts', 'Revert', 'failed'],
      ['burns all of its gas', 'BurnGas', 'failed'],
      ['reverts with 400 kB of data', 'RevertBomb', 'failed'],
      ['returns 400 kB of data', 'ReturnBomb', 'delivered'],
    ] as const) {
      it(`I23: a target that ${what} hinders nobody: the callback counts as ${fate}, the money moves`, async () => {
        const stage = await load();
        await stage.probe.setBehaviour(ProbeBehaviour[behaviour]);
        await lived(stage, CallbackPhase[phase], fate, { callbackGas: 500_000 });
        expect(await callsOf(stage.probe)).to.deep.equal([]);
      });
    }

    it('I22: costs a target that burns everything exactly the gas in the terms', async () => {
      const stage = await load();
      await stage.probe.setBehaviour(ProbeBehaviour.BurnGas);
      const used: bigint[] = [];
      // The same bytes of calldata but for the cap: the difference is the callback's alone.
      const terms = await termsWithCallback(stage, CallbackPhase[phase]);
      for (const callbackGas of [0x02_00_00, 0x05_00_00]) {
        const restore = await networkHelpers.takeSnapshot();
        const job = await attested(stage, CallbackPhase[phase], { ...terms, callbackGas }, 'failed');
        const { receipt } = await settleChecked(stage, job, { callback: 'failed', at: terms.attestDeadline + 4_000n });
        const logs = await stage.jobs.queryFilter(stage.jobs.filters.CallbackFailed(job.id));
        const calling = await ethers.provider.getTransactionReceipt(logs[0]!.transactionHash);
        expect(calling!.hash === receipt.hash).to.equal(phase === 'OnFinal');
        used.push(calling!.gasUsed);
        await restore.restore();
      }
      expect(used[1]! - used[0]!).to.equal(0x03_00_00n);
    });

    it('has exactly the gas in the terms, however much the transaction has', async () => {
      const stage = await load();
      for (const gasLimit of [1_000_000n, 10_000_000n]) {
        const job = await requestChecked(stage, await termsWithCallback(stage, CallbackPhase[phase]));
        await settleChecked(stage, await attestChecked(stage, job, { gasLimit }), { gasLimit });
      }
      const [first, second] = await callsOf(stage.probe);
      expect(first!.gasOnEntry).to.equal(second!.gasOnEntry);
      expect(first!.gasOnEntry).to.be.within(BigInt(CALLBACK_GAS) - ENTRY_GAS, BigInt(CALLBACK_GAS));
    });

    it('refuses a transaction that would starve it (one part in 64 stays with the caller)', async () => {
      const stage = await load();
      const terms = await termsWithCallback(stage, CallbackPhase[phase]);
      const act = await actor(stage, terms);
      await expect(act(330_000n)).to.be.revertedWithCustomError(stage.jobs, 'JobRegistryInsufficientGas');
    });

    it('I23: whatever gas a transaction has, it reverts or the callback has all of its own', async () => {
      const stage = await load();
      const terms = await termsWithCallback(stage, CallbackPhase[phase]);
      const act = await actor(stage, terms);
      const outcomes = { reverted: 0, delivered: 0 };
      for (let gasLimit = 320_000n; gasLimit <= 620_000n; gasLimit += 3_000n) {
        const snapshot = await networkHelpers.takeSnapshot();
        const sent = await act(gasLimit).catch(() => undefined);
        outcomes[sent === undefined ? 'reverted' : 'delivered'] += 1;
        if (sent !== undefined) {
          const [call] = await callsOf(stage.probe);
          expect(call?.gasOnEntry, `with ${gasLimit} gas`).to.be.within(BigInt(CALLBACK_GAS) - ENTRY_GAS, CALLBACK_GAS);
        }
        await snapshot.restore();
      }
      expect(Math.min(...Object.values(outcomes))).to.be.greaterThan(10);
    });

    /** Leaves the step that calls back to be done, with as much gas as a test likes. */
    async function actor(stage: JobStage, terms: Terms) {
      const job = await requestChecked(stage, terms);
      const { jobs, operator, stranger } = stage;
      const output = outputFor(stage, terms);
      if (phase === 'OnAttested') {
        return (gasLimit: bigint) => jobs.connect(operator.key).attest(termsToChain(terms), output, '0x', { gasLimit });
      }
      const answered: AttestedJob = await attestChecked(stage, job);
      return async (gasLimit: bigint) => {
        await nextAt(stage, answered.record.challengeEnd + 1n);
        return jobs
          .connect(stranger)
          .settle(termsToChain(terms), answered.record, outputToSettle(answered), { gasLimit });
      };
    }
  });
}
