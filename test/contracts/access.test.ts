import type { HardhatEthersSigner } from '@nomicfoundation/hardhat-ethers/types';
import { expect } from 'chai';
import { type BaseContract, type FunctionFragment, type ParamType, ZeroAddress } from 'ethers';
import { network } from 'hardhat';
import type { NetworkConnection } from 'hardhat/types/network';
import { defaultParameters, deploySystem } from '../support/system.ts';

const { networkHelpers } = await network.create();
const { time } = networkHelpers;
const GUARDIAN = 1n;
const GOVERNOR = 2n;
const TIMELOCK = 3n * 86_400n;

/** The system with a guardian who may pause at once and a governor who must wait. */
async function setRoles({ ethers }: NetworkConnection) {
  const [admin, guardian, governor, stranger, treasury] = await ethers.getSigners();
  const system = await deploySystem(ethers, admin!);
  const { authority, jobs, models } = system;
  const selector = (name: 'pauseRequests' | 'unpauseRequests' | 'setParameters') =>
    jobs.interface.getFunction(name).selector;
  await authority.setTargetFunctionRole(jobs, [selector('pauseRequests')], GUARDIAN);
  await authority.setTargetFunctionRole(jobs, [selector('unpauseRequests'), selector('setParameters')], GOVERNOR);
  await authority.setTargetFunctionRole(models, [models.interface.getFunction('setPublisherBond').selector], GOVERNOR);
  await authority.grantRole(GUARDIAN, guardian!, 0n);
  await authority.grantRole(GOVERNOR, governor!, TIMELOCK);
  return {
    ...system,
    admin: admin!,
    guardian: guardian!,
    governor: governor!,
    stranger: stranger!,
    treasury: treasury!,
  };
}
const load = async () => networkHelpers.loadFixture(setRoles);

/** Zero of every type. */
function zero(type: ParamType): unknown {
  if (type.baseType === 'array') return [];
  if (type.baseType === 'tuple') return type.components!.map(zero);
  if (type.type === 'address') return ZeroAddress;
  if (type.type === 'bool') return false;
  if (type.type === 'bytes' || type.type === 'string') return '0x';
  return type.type.startsWith('bytes') ? `0x${'00'.repeat(Number(type.type.slice(5)))}` : 0n;
}

/** The functions of a contract that change something. */
function functionsOf({ interface: abi }: BaseContract): FunctionFragment[] {
  const functions: FunctionFragment[] = [];
  abi.forEachFunction((one) => {
    if (!one.constant) functions.push(one);
  });
  return functions;
}

/** What a call reverts with; nothing when it does not. */
async function refusalOf(caller: HardhatEthersSigner, to: BaseContract, data: string): Promise<string> {
  try {
    await caller.call({ to, data });
    return '';
  } catch (error) {
    return /0x[0-9a-f]{8}/.exec(JSON.stringify((error as { data?: unknown }).data ?? ''))?.[0] ?? '';
  }
}

describe('governance', () => {
  it('reaches future settings and the pause of requests, and nothing else (I21, I31)', async () => {
    const { settlement, staking, slasher, models, jobs, court, stranger } = await load();
    const refusal = models.interface.getError('AccessManagedUnauthorized')!.selector;
    const restricted: string[] = [];
    const contracts: Readonly<Record<string, BaseContract>> = { settlement, staking, slasher, models, jobs, court };
    for (const [name, contract] of Object.entries(contracts)) {
      for (const fragment of functionsOf(contract)) {
        const data = contract.interface.encodeFunctionData(fragment, fragment.inputs.map(zero));
        if ((await refusalOf(stranger, contract, data)).startsWith(refusal))
          restricted.push(`${name}.${fragment.name}`);
      }
    }
    expect(restricted.sort()).to.deep.equal([
      'jobs.pauseRequests',
      'jobs.setAuthority',
      'jobs.setParameters',
      'jobs.unpauseRequests',
      'models.setAuthority',
      'models.setPublisherBond',
    ]);
  });

  it('cannot make anybody a caller of what is fixed (I21, I31)', async () => {
    const { authority, settlement, staking, slasher, jobs, admin, stranger } = await load();
    const targets: readonly (readonly [contract: BaseContract, methods: readonly string[], error: string])[] = [
      [settlement, ['escrow', 'refund', 'pay', 'bond', 'releaseBond', 'creditSlash'], 'SettlementUnauthorized'],
      [staking, ['lockByKey', 'unlock', 'slash'], 'OperatorStakingUnauthorized'],
      [slasher, ['slashMissedOffer', 'slashEquivocation', 'slashConviction'], 'SlasherUnauthorized'],
      [jobs, ['openTrial', 'resolveTrial', 'convictEquivocation'], 'JobRegistryUnauthorized'],
    ];
    const open = await authority.PUBLIC_ROLE();
    for (const [contract, methods, error] of targets) {
      for (const method of methods) {
        const fragment = contract.interface.getFunction(method)!;
        await authority.connect(admin).setTargetFunctionRole(contract, [fragment.selector], open);
        const data = contract.interface.encodeFunctionData(fragment, fragment.inputs.map(zero));
        for (const caller of [admin, stranger]) {
          await expect(caller.sendTransaction({ to: contract, data }))
            .to.be.revertedWithCustomError(contract, error)
            .withArgs(caller.address);
        }
      }
    }
  });

  it('lets the guardian pause at once and do no more', async () => {
    const { jobs, models, guardian, treasury } = await load();
    await jobs.connect(guardian).pauseRequests();
    expect(await jobs.requestsPaused()).to.equal(true);
    for (const call of [
      jobs.connect(guardian).unpauseRequests(),
      jobs.connect(guardian).setParameters({ ...defaultParameters, treasury: treasury.address }),
      models.connect(guardian).setPublisherBond(1n),
    ]) {
      await expect(call).to.be.revertedWithCustomError(jobs, 'AccessManagedUnauthorized').withArgs(guardian);
    }
  });

  it('makes the governor wait: not before the delay, then once, in the open (I31)', async () => {
    const { authority, jobs, governor, treasury } = await load();
    const parameters = { ...defaultParameters, protocolFeeBps: 7n, treasury: treasury.address };
    const data = jobs.interface.encodeFunctionData('setParameters', [parameters]);
    const set = () => jobs.connect(governor).setParameters(parameters);
    const operation = await authority.hashOperation(governor, jobs, data);
    await expect(set()).to.be.revertedWithCustomError(authority, 'AccessManagerNotScheduled').withArgs(operation);
    const when = BigInt(await time.latest()) + 1n + TIMELOCK;
    await time.setNextBlockTimestamp(when - TIMELOCK);
    await authority.connect(governor).schedule(jobs, data, 0n);
    await time.setNextBlockTimestamp(when - 1n);
    await expect(set()).to.be.revertedWithCustomError(authority, 'AccessManagerNotReady').withArgs(operation);
    await time.setNextBlockTimestamp(when);
    await set();
    expect((await jobs.parametersOf(await jobs.currentVersion())).protocolFeeBps).to.equal(7n);
    await expect(set()).to.be.revertedWithCustomError(authority, 'AccessManagerNotScheduled');
  });

  it('gives nobody else a role', async () => {
    const { jobs, models, stranger, admin, treasury } = await load();
    for (const caller of [stranger, admin]) {
      for (const call of [
        jobs.connect(caller).pauseRequests(),
        jobs.connect(caller).unpauseRequests(),
        jobs.connect(caller).setParameters({ ...defaultParameters, treasury: treasury.address }),
        models.connect(caller).setPublisherBond(1n),
      ]) {
        await expect(call).to.be.revertedWithCustomError(jobs, 'AccessManagedUnauthorized').withArgs(caller);
      }
    }
  });
});
