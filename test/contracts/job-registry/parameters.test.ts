import { expect } from 'chai';
import { encodeBytes32String } from 'ethers';
import { network } from 'hardhat';
import { type Address, ZERO_ADDRESS } from '../../../workers/protocol/ids.ts';
import { termsToChain } from '../../../workers/protocol/job.ts';
import { attestChecked } from '../../support/checked-attestations.ts';
import { expireChecked, settleChecked } from '../../support/checked-endings.ts';
import { requestChecked } from '../../support/checked-requests.ts';
import { eventsOf, registryWrites } from '../../support/checked-action.ts';
import { type JobStage, setJobStage } from '../../support/job-stage.ts';
import { asRequester, inputBytes, termsFor, vectorOf } from '../../support/jobs.ts';
import { deploySystem } from '../../support/system.ts';

const { ethers, networkHelpers } = await network.create();
const load = async (): Promise<JobStage> => networkHelpers.loadFixture(setJobStage);

const WEEK = 7n * 86_400n;
/** One bound each: the field that the error names, a setting at the bound, and one past it. Unbonding takes a week. */
const bounds = [
  ['unbondingDelay', { attestTimeMax: WEEK - 2n * 86_400n }, { attestTimeMax: WEEK - 2n * 86_400n + 1n }],
  ['unbondingDelay', { challengeWindowMax: WEEK - 90_000n }, { challengeWindowMax: WEEK - 90_000n + 1n }],
  ['unbondingDelay', { trialTimeMax: WEEK - 90_000n }, { trialTimeMax: WEEK - 90_000n + 1n }],
  ['unbondingDelay', {}, { attestTimeMax: 2n ** 32n - 1n, challengeWindowMax: 2n ** 32n - 1n }],
  ['attestTimeMax', { attestTimeMax: 1n }, { attestTimeMax: 0n }],
  ['challengeWindowMin', { challengeWindowMin: 60n }, { challengeWindowMin: 59n }],
  ['challengeWindowMax', { challengeWindowMin: 86_400n }, { challengeWindowMin: 86_401n }],
  ['callbackGasMax', { callbackGasMax: 5_000_000n }, { callbackGasMax: 5_000_001n }],
  ['ladderStep', { ladderStep: 1n }, { ladderStep: 0n }],
  ['ladderWidth', { ladderWidth: 1n }, { ladderWidth: 0n }],
  ['protocolFeeBps', { protocolFeeBps: 1_000n }, { protocolFeeBps: 1_001n }],
  ['stakeAtRiskMin', { stakeAtRiskMin: 2n ** 88n - 1n }, { stakeAtRiskMin: 0n }],
  ['treasury', {}, { treasury: ZERO_ADDRESS }],
  ['trialTimeMax', { trialTimeMax: 10_800n }, { trialTimeMax: 10_799n }],
  ['traceTime', { traceTime: 30n }, { traceTime: 29n }],
  ['revealTime', { revealTime: 5n }, { revealTime: 4n }],
] as const;

describe('JobRegistry.setParameters', () => {
  describe('refuses', () => {
    it('I21: anybody but the administrator', async () => {
      const { jobs, parameters, stranger, trialCourt } = await load();
      for (const nobody of [stranger, trialCourt]) {
        await expect(jobs.connect(nobody).setParameters(parameters))
          .to.be.revertedWithCustomError(jobs, 'AccessManagedUnauthorized')
          .withArgs(nobody.address);
      }
    });

    for (const [field, , beyond] of bounds) {
      it(`I21: ${JSON.stringify(beyond, shown)}: it breaks the bound of ${field}`, async () => {
        const { jobs, parameters } = await load();
        await expect(jobs.setParameters({ ...parameters, ...beyond }))
          .to.be.revertedWithCustomError(jobs, 'JobRegistryInvalidParameters')
          .withArgs(encodeBytes32String(field));
      });
    }
  });

  for (const [field, at] of bounds.filter(([, allowed]) => Object.keys(allowed).length > 0)) {
    it(`accepts ${JSON.stringify(at, shown)}, the last value within the bound of ${field}`, async () => {
      const { jobs, parameters } = await load();
      await jobs.setParameters({ ...parameters, ...at });
      expect(await jobs.parametersOf(2)).to.deep.equal(Object.values(inOrder({ ...parameters, ...at })));
    });
  }

  it('I33: announces every version with all of its fields; keeps the old ones', async () => {
    const stage = await load();
    const { jobs, parameters, stranger } = stage;
    const second = { ...parameters, ladderStep: 77n, traceTime: 30n, revealTime: 5n, treasury: stranger.address };
    const receipt = (await (await jobs.setParameters(second)).wait())!;
    expect(await eventsOf(stage, receipt)).to.deep.equal([['ParametersSet', 2n, Object.values(inOrder(second))]]);
    expect(await jobs.currentVersion()).to.equal(2n);
    await jobs.setParameters(parameters);
    expect(await jobs.currentVersion()).to.equal(3n);
    for (const [version, expected] of [
      [1, parameters],
      [2, second],
      [3, parameters],
    ] as const) {
      expect(await jobs.parametersOf(version)).to.deep.equal(Object.values(inOrder(expected)));
    }
  });

  it('I21: a running job keeps the version under which it was requested', async () => {
    const stage = await load();
    const old = await requestChecked(stage, await termsFor(stage));
    const dropped = await requestChecked(stage, await termsFor(stage));
    const treasury = stage.stranger.address as Address;
    await stage.jobs.setParameters({ ...stage.parameters, protocolFeeBps: 0n, treasury, challengeWindowMin: 7_200n });
    const fresh = await requestChecked(stage, await termsFor(stage, { challengeWindow: 7_200 }));
    expect([old, fresh].map(({ terms }) => terms.parametersVersion)).to.deep.equal([1, 2]);
    const answered = [await attestChecked(stage, old), await attestChecked(stage, fresh)];
    await expireChecked(stage, dropped);
    for (const job of answered) await settleChecked(stage, job);
  });

  it('I30: does not lift a pause', async () => {
    const { jobs, parameters } = await load();
    await jobs.pauseRequests();
    await jobs.setParameters(parameters);
    expect(await jobs.requestsPaused()).to.equal(true);
  });
});

describe('JobRegistry.parametersOf', () => {
  it('answers zeros for versions that never were', async () => {
    const { jobs } = await load();
    for (const version of [0, 2, 2 ** 32 - 1]) {
      expect([...(await jobs.parametersOf(version))].map(BigInt)).to.deep.equal(Array(13).fill(0n));
    }
  });
});

describe('JobRegistry.pauseRequests and unpauseRequests', () => {
  it('refuse anybody but the administrator', async () => {
    const { jobs, stranger } = await load();
    for (const method of ['pauseRequests', 'unpauseRequests'] as const) {
      await expect(jobs.connect(stranger)[method]())
        .to.be.revertedWithCustomError(jobs, 'AccessManagedUnauthorized')
        .withArgs(stranger.address);
    }
  });

  it('stop new requests and let them go on, in one word of storage', async () => {
    const stage = await load();
    const { jobs, admin } = stage;
    const paused = (await (await jobs.pauseRequests()).wait())!;
    expect(await eventsOf(stage, paused)).to.deep.equal([['RequestsPaused', admin.address]]);
    expect(await registryWrites(stage, paused.hash)).to.have.length(1);
    expect(await jobs.requestsPaused()).to.equal(true);

    const terms = await termsFor(stage);
    const send = async () =>
      asRequester(stage, terms.requester, 'request', [termsToChain(terms), inputBytes(terms, vectorOf(10))]);
    await expect(send()).to.be.revertedWithCustomError(jobs, 'JobRegistryRequestsPaused');

    const unpaused = (await (await jobs.unpauseRequests()).wait())!;
    expect(await eventsOf(stage, unpaused)).to.deep.equal([['RequestsUnpaused', admin.address]]);
    expect(await jobs.requestsPaused()).to.equal(false);
    expect(await jobs.parametersOf(1)).to.deep.equal(Object.values(inOrder(stage.parameters)));
    await requestChecked(stage, terms);
  });
});

describe('JobRegistry, when it is deployed', () => {
  it('names its neighbours for ever', async () => {
    const { jobs, models, staking, settlement, slasher, court, trialCourt, authority } = await load();
    expect([
      await jobs.modelRegistry(),
      await jobs.operatorStaking(),
      await jobs.settlement(),
      await jobs.slasher(),
      await jobs.equivocationCourt(),
      await jobs.trialCourt(),
      await jobs.authority(),
    ]).to.deep.equal([
      ...[models.target, staking.target, settlement.target, slasher.target, court.target],
      ...[trialCourt.address, authority.target],
    ]);
    expect([await jobs.INLINE_MAX(), await jobs.POLICY_GAS()]).to.deep.equal([4_096n, 500_000n]);
  });

  it('I6: refuses parameters under which a job could outlive the unbonding delay', async () => {
    const { admin, jobs } = await load();
    const parameters = { challengeWindowMax: WEEK };
    await expect(deploySystem(ethers, admin, { parameters }))
      .to.be.revertedWithCustomError(jobs, 'JobRegistryInvalidParameters')
      .withArgs(encodeBytes32String('unbondingDelay'));
  });

  it('announces the first version', async () => {
    const { jobs, parameters } = await load();
    const [event] = await jobs.queryFilter(jobs.filters.ParametersSet());
    expect([event!.args.version, event!.args.parameters]).to.deep.equal([1n, Object.values(inOrder(parameters))]);
    expect(await jobs.currentVersion()).to.equal(1n);
  });
});

/** Parameters in the order of the struct. */
function inOrder(parameters: JobStage['parameters']) {
  const { protocolFeeBps, stakeAtRiskMin, treasury, traceTime, revealTime, hearingTime, trialTimeMax, ...limits } =
    parameters;
  return { ...limits, protocolFeeBps, stakeAtRiskMin, treasury, traceTime, revealTime, hearingTime, trialTimeMax };
}

function shown(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}
