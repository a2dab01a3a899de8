import type { HardhatEthersSigner } from '@nomicfoundation/hardhat-ethers/types';
import { expect } from 'chai';
import { type BaseContract, MaxUint256, type TransactionReceipt, type TransactionResponse } from 'ethers';
import type { NetworkConnection } from 'hardhat/types/network';
import type { Address } from '../../workers/protocol/ids.ts';
import { EPOCH_LENGTH, REVOCATION_DELAY, UNBONDING_DELAY } from './system.ts';

export const BURN_ADDRESS = '0x000000000000000000000000000000000000dEaD';
/** What everybody of the stage has to spend, token units. */
export const MINTED = 1_000_000n;

/** A token of any kind under the dev token's interface. */
type Kind = 'DevToken' | 'NoReturnToken' | 'HostileToken';

/**
 * A fixture: the two contracts that hold tokens, alone. Their fixed callers are accounts, so that every call of theirs can
 * be made in any state.
 */
export async function setVaults(connection: NetworkConnection) {
  return vaultsOf(connection, 'DevToken', 18);
}

export async function setSixDecimalVaults(connection: NetworkConnection) {
  return vaultsOf(connection, 'DevToken', 6);
}

export async function setNoReturnVaults(connection: NetworkConnection) {
  return vaultsOf(connection, 'NoReturnToken');
}

export async function setHostileVaults(connection: NetworkConnection) {
  return vaultsOf(connection, 'HostileToken');
}

async function vaultsOf({ ethers, networkHelpers }: NetworkConnection, kind: Kind, decimals?: number) {
  const [admin, jobRegistry, modelRegistry, slasher, trialCourt, alice, bob, carol, feedRegistry] =
    (await ethers.getSigners()) as unknown as Nine<HardhatEthersSigner>;
  const deployed = await (decimals === undefined
    ? ethers.deployContract(kind)
    : ethers.deployContract(kind, [decimals]));
  const token = await ethers.getContractAt('DevToken', deployed, admin);
  const settlement = await ethers.deployContract('Settlement', [
    token,
    jobRegistry,
    modelRegistry,
    slasher,
    trialCourt,
    feedRegistry,
  ]);
  const staking = await ethers.deployContract('OperatorStaking', [
    token,
    jobRegistry,
    slasher,
    settlement,
    feedRegistry,
    UNBONDING_DELAY,
    REVOCATION_DELAY,
    EPOCH_LENGTH,
  ]);
  const people = [alice, bob, carol];
  for (const account of people) {
    await token.mint(account, MINTED);
    await token.connect(account).approve(settlement, MaxUint256);
    await token.connect(account).approve(staking, MaxUint256);
  }
  const { chainId } = await ethers.provider.getNetwork();
  return {
    ethers,
    networkHelpers,
    token,
    settlement,
    staking,
    chainId,
    jobRegistry,
    modelRegistry,
    slasher,
    trialCourt,
    feedRegistry,
    alice,
    bob,
    carol,
    people,
    settlementAddress: (await settlement.getAddress()) as Address,
    stakingAddress: (await staking.getAddress()) as Address,
  };
}

/** Gives alice 1,000 of free stake; she attests for herself. */
export async function withStake(stage: VaultStage): Promise<VaultStage> {
  await stage.staking.connect(stage.alice).deposit(1_000n);
  await stage.staking.connect(stage.alice).appointAttester(stage.alice, '0x');
  return stage;
}

/** The same in three parts: 600 free, 300 locked, 100 unbonding. */
export async function withSpreadStake(stage: VaultStage): Promise<VaultStage> {
  await withStake(stage);
  await stage.staking.connect(stage.jobRegistry).lockByKey(stage.alice, 0n, 300n);
  await stage.staking.connect(stage.alice).unbond(100n);
  return stage;
}

/** Gives alice a balance of 1,000. */
export async function withBalance(stage: VaultStage): Promise<VaultStage> {
  await stage.settlement.connect(stage.alice).deposit(stage.alice, 1_000n);
  return stage;
}

type Nine<T> = readonly [T, T, T, T, T, T, T, T, T];
export type VaultStage = Awaited<ReturnType<typeof setVaults>>;

/** Everything the two vaults keep, and every token; token units. */
export interface Vaults {
  readonly balances: Readonly<Record<string, bigint>>;
  readonly totalHeld: bigint;
  readonly free: Readonly<Record<string, bigint>>;
  readonly locked: Readonly<Record<string, bigint>>;
  readonly unbonding: Readonly<Record<string, bigint>>;
  readonly releaseAt: Readonly<Record<string, bigint>>;
  readonly tokens: Readonly<Record<string, bigint>>;
}

/** Changes by account; what is not named must stay as it is. */
export type VaultChange = { readonly [K in keyof Vaults]?: Vaults[K] extends bigint ? bigint : Record<string, bigint> };

export async function readVaults(stage: VaultStage): Promise<Vaults> {
  const { settlement, staking, token, people } = stage;
  const accounts = people.map(({ address }) => address);
  const byAccount = async (of: readonly string[], read: (account: string) => Promise<bigint>) =>
    Object.fromEntries(await Promise.all(of.map(async (account) => [account, await read(account)] as const)));
  return {
    balances: await byAccount([...accounts, BURN_ADDRESS], async (account) => settlement.balanceOf(account)),
    totalHeld: await settlement.totalHeld(),
    free: await byAccount(accounts, async (account) => (await staking.stakeOf(account)).free),
    locked: await byAccount(accounts, async (account) => (await staking.stakeOf(account)).locked),
    unbonding: await byAccount(accounts, async (account) => (await staking.unbondingOf(account)).amount),
    releaseAt: await byAccount(accounts, async (account) => (await staking.unbondingOf(account)).releaseAt),
    tokens: await byAccount(
      [...accounts, stage.settlementAddress, stage.stakingAddress, BURN_ADDRESS],
      async (account) => token.balanceOf(account),
    ),
  };
}

/** An event's name and arguments. */
export type Announced = readonly [name: string, ...args: unknown[]];

/** Acts, and compares every entry of both vaults, every token and every event with what was expected. */
export async function movesExactly(
  stage: VaultStage,
  act: () => Promise<TransactionResponse>,
  change: VaultChange,
  events: readonly Announced[],
): Promise<TransactionReceipt> {
  const before = await readVaults(stage);
  const receipt = await (await act()).wait();
  if (receipt === null) throw new Error('not mined');
  expect(await readVaults(stage)).to.deep.equal(sum(before, change));
  expect(announced(receipt, [stage.settlement, stage.staking])).to.deep.equal(events);
  return receipt;
}

/** Events of a receipt that these contracts emitted, in order. */
export function announced(receipt: TransactionReceipt, sources: readonly BaseContract[]): Announced[] {
  return receipt.logs.flatMap((log): Announced[] => {
    const source = sources.find(({ target }) => target === log.address);
    const parsed = source?.interface.parseLog(log);
    return parsed ? [[parsed.name, ...(parsed.args as unknown as unknown[])]] : [];
  });
}

function sum(before: Vaults, change: VaultChange): Vaults {
  const add = (one: Readonly<Record<string, bigint>>, other: Readonly<Record<string, bigint>> = {}) => {
    expect(one).to.include.all.keys({ ...one, ...other });
    return Object.fromEntries(Object.entries(one).map(([key, value]) => [key, value + (other[key] ?? 0n)]));
  };
  return {
    balances: add(before.balances, change.balances),
    totalHeld: before.totalHeld + (change.totalHeld ?? 0n),
    free: add(before.free, change.free),
    locked: add(before.locked, change.locked),
    unbonding: add(before.unbonding, change.unbonding),
    releaseAt: add(before.releaseAt, change.releaseAt),
    tokens: add(before.tokens, change.tokens),
  };
}
