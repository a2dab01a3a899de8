import { expect } from 'chai';
import { AbiCoder } from 'ethers';
import { network } from 'hardhat';
import { type Hex, ZERO_HEX32 } from '../../../workers/protocol/ids.ts';
import { CallbackPhase, JobReason, JobStatus, termsToChain } from '../../../workers/protocol/job.ts';
import { attestChecked } from '../../support/checked-attestations.ts';
import { expireChecked, settleChecked } from '../../support/checked-endings.ts';
import { requestChecked } from '../../support/checked-requests.ts';
import { NO_AWARD, TrialOutcome } from '../../support/checked-trials.ts';
import type { Moment } from '../../support/checked-action.ts';
import { type JobStage, TOKEN, setJobStage } from '../../support/job-stage.ts';
import {
  type AttestedJob,
  idOf,
  inputBytes,
  sharesOf,
  signOutput,
  termsFor,
  termsWithCallback,
  vectorOf,
} from '../../support/jobs.ts';

const { ethers, networkHelpers } = await network.create();
const load = async (): Promise<JobStage> => networkHelpers.loadFixture(setJobStage);
const REENTERED = '0x3ee5aeb5'; // ReentrancyGuardReentrantCall()

/** What the probe saw when it called back into the system. */
function reentryIn({ probe }: JobStage, { receipt }: Moment): { readonly success: boolean; readonly returned: Hex } {
  const logs = receipt.logs.flatMap((log) => probe.interface.parseLog(log) ?? []);
  expect(logs.map(({ name }) => name)).to.deep.equal(['Reentered']);
  const [success, returned] = logs[0]!.args as unknown as readonly [boolean, Hex];
  return { success, returned };
}

/** An attested job of the probe, about to be settled with an `onFinal` callback. */
async function aboutToSettle(stage: JobStage): Promise<AttestedJob> {
  const terms = await termsWithCallback(stage, CallbackPhase.OnFinal, { callbackGas: 500_000 });
  return attestChecked(stage, await requestChecked(stage, terms));
}

describe('JobRegistry: a callback that calls back', () => {
  const guarded = {
    attest: ({ terms, output }) => [termsToChain(terms), output, '0x'],
    attestWithSignature: ({ terms, output, record }, signature) => [
      ...[termsToChain(terms), record.operator, output, '0x', signature],
    ],
    settle: ({ terms, record, output }) => [termsToChain(terms), record, output.vector],
    settleMany: ({ terms, record, output }) => [[{ terms: termsToChain(terms), record }], [output.vector]],
    expire: ({ terms }) => [termsToChain(terms)],
    retryCallback: ({ terms, record, output }) => [termsToChain(terms), record, output.vector],
    convictEquivocation: ({ terms, record }) => [termsToChain(terms), record, record.operator, record.operator, true],
    openTrial: ({ terms, record }) => [termsToChain(terms), record],
    resolveTrial: ({ terms, record }) => [termsToChain(terms), record, TrialOutcome.Acquitted, NO_AWARD],
  } satisfies Record<string, (job: AttestedJob, signature: Hex) => readonly unknown[]>;

  for (const [name, args] of Object.entries(guarded)) {
    it(`I24: finds \`${name}\` closed, for this job and for any other`, async () => {
      const stage = await load();
      const other = await aboutToSettle(stage);
      const job = await aboutToSettle(stage);
      for (const target of [other, job]) {
        const snapshot = await networkHelpers.takeSnapshot();
        const signature = await signOutput(stage, stage.operator.key, target.id, target.record.operator, target.output);
        const data = stage.jobs.interface.encodeFunctionData(name as 'expire', args(target, signature) as never);
        await stage.probe.reenter(stage.jobs, data);
        const result = reentryIn(stage, await settleChecked(stage, job));
        expect(result).to.deep.equal({ success: false, returned: REENTERED });
        await snapshot.restore();
      }
    });
  }

  for (const name of ['setParameters', 'pauseRequests', 'unpauseRequests'] as const) {
    it(`I21: finds \`${name}\` closed like anybody`, async () => {
      const stage = await load();
      const job = await aboutToSettle(stage);
      const args = (name === 'setParameters' ? [stage.parameters] : []) as never;
      await stage.probe.reenter(stage.jobs, stage.jobs.interface.encodeFunctionData(name as 'expire', args));
      const { success, returned } = reentryIn(stage, await settleChecked(stage, job));
      expect(success).to.equal(false);
      expect(stage.jobs.interface.parseError(returned)?.name).to.equal('AccessManagedUnauthorized');
    });
  }

  it('may request another job with its own money', async () => {
    const stage = await load();
    const job = await aboutToSettle(stage);
    const terms = {
      ...(await termsFor(stage)),
      requester: stage.probeAddress,
      attestDeadline: job.record.challengeEnd + 9n,
    };
    const input = inputBytes(terms, vectorOf(10));
    const data = stage.jobs.interface.encodeFunctionData('request', [termsToChain(terms), input]);
    await stage.probe.reenter(stage.jobs, data);
    const { jobs, stranger, probe } = stage;
    const before = await stage.settlement.balanceOf(stage.probeAddress);
    await networkHelpers.time.setNextBlockTimestamp(job.record.challengeEnd + 1n);
    await expect(jobs.connect(stranger).settle(termsToChain(job.terms), job.record, job.output.vector))
      .to.emit(probe, 'Reentered')
      .withArgs(true, idOf(stage, terms));
    expect((await jobs.stateOf(idOf(stage, terms))).status).to.equal(JobStatus.Requested);
    expect(await stage.settlement.balanceOf(stage.probeAddress)).to.equal(before - terms.fee);
    const requestBlock = BigInt(await ethers.provider.getBlockNumber());
    await expireChecked(stage, {
      ...{ id: idOf(stage, terms), terms, model: stage.model },
      ...{ requestBlock, requestedAt: job.record.challengeEnd + 1n },
    });
  });

  it('may withdraw its own money, and no more than that', async () => {
    const stage = await load();
    const { settlement, stranger, probe } = stage;
    const job = await aboutToSettle(stage);
    const balance = await settlement.balanceOf(stage.probeAddress);
    for (const [amount, success] of [
      [balance, true],
      [balance + 1n, false],
    ] as const) {
      const snapshot = await networkHelpers.takeSnapshot();
      const data = settlement.interface.encodeFunctionData('withdraw', [stranger.address, amount]);
      await probe.reenter(settlement, data);
      await networkHelpers.time.setNextBlockTimestamp(job.record.challengeEnd + 1n);
      await expect(
        stage.jobs.connect(stage.admin).settle(termsToChain(job.terms), job.record, job.output.vector),
      ).to.changeTokenBalances(ethers, stage.token, [stranger, settlement], success ? [amount, -amount] : [0n, 0n]);
      await snapshot.restore();
    }
  });

  it('I24: sees the job as settled and delivered', async () => {
    const stage = await load();
    const job = await aboutToSettle(stage);
    await stage.probe.reenter(stage.jobs, stage.jobs.interface.encodeFunctionData('stateOf', [job.id]));
    const { success, returned } = reentryIn(stage, await settleChecked(stage, job));
    expect(success).to.equal(true);
    const state = stage.jobs.interface.decodeFunctionResult('stateOf', returned)[0] as readonly unknown[];
    expect(state.slice(0, 3)).to.deep.equal([BigInt(JobStatus.Settled), BigInt(JobReason.ChallengeWindowPassed), true]);
  });

  it('I24: sees the operator paid and its lock released', async () => {
    const stage = await load();
    const { settlement, staking, operator } = stage;
    const job = await aboutToSettle(stage);
    const { operator: amount } = sharesOf(job.terms.fee, stage.model.publisherFeeBps, 100n);
    const looks = [
      [settlement, settlement.interface.encodeFunctionData('balanceOf', [operator.address]), ['uint256'], [amount]],
      [
        staking,
        staking.interface.encodeFunctionData('stakeOf', [operator.address]),
        ['uint128', 'uint128'],
        [800n * TOKEN, 0n],
      ],
    ] as const;
    for (const [target, data, types, expected] of looks) {
      const snapshot = await networkHelpers.takeSnapshot();
      await stage.probe.reenter(target, data);
      const { returned } = reentryIn(stage, await settleChecked(stage, job));
      expect([...AbiCoder.defaultAbiCoder().decode([...types], returned)]).to.deep.equal(expected);
      await snapshot.restore();
    }
  });

  it('I24: sees the job as attested and delivered from `onAttested`, and its fee still in escrow', async () => {
    const stage = await load();
    const terms = await termsWithCallback(stage, CallbackPhase.OnAttested);
    const job = await requestChecked(stage, terms);
    await stage.probe.reenter(stage.jobs, stage.jobs.interface.encodeFunctionData('stateOf', [job.id]));
    const attested = await attestChecked(stage, job);
    const logs = await stage.probe.queryFilter(stage.probe.filters.Reentered());
    const state = stage.jobs.interface.decodeFunctionResult('stateOf', logs[0]!.args.returned)[0] as readonly unknown[];
    expect(state.slice(0, 5)).to.deep.equal([BigInt(JobStatus.Attested), BigInt(JobReason.None), true, 0n, 0n]);
    expect(state[5]).not.to.equal(ZERO_HEX32);
    await settleChecked(stage, attested);
  });
});
