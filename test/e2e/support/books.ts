import { expect } from 'vitest';
import type { Address, Hex32 } from '../../../workers/protocol/ids.ts';
import { JobStatus } from '../../../workers/protocol/job.ts';
import { modelIdOf } from '../../../workers/protocol/model.ts';
import { tokenInterface } from '../../../scripts/stack/funding.ts';
import { type Job, type Market, PUBLISHER_BPS } from './market.ts';

/** All money that the contracts hold, by owner, token units. */
export interface Books {
  /** In `Settlement`. */
  readonly balances: Readonly<Record<Address, bigint>>;
  readonly bonds: bigint;
  readonly totalHeld: bigint;
  readonly tokensOfSettlement: bigint;
  /** In `OperatorStaking`. */
  readonly stakes: Readonly<
    Record<Address, { readonly free: bigint; readonly locked: bigint; readonly unbonding: bigint }>
  >;
  readonly tokensOfStaking: bigint;
}

const BURN = '0x000000000000000000000000000000000000dEaD' as Address;

export async function readBooks({ stack, models, contracts: created }: Market): Promise<Books> {
  const { accounts, contracts, deployed, chain } = stack;
  const { Settlement, OperatorStaking } = contracts;
  const { operators, ...people } = accounts;
  const owners = operators.map(({ owner }) => owner.address);
  const treasury = await treasuryOf(stack.contracts);
  const parties = [
    ...new Set([...Object.values(people).map(({ address }) => address), ...owners, ...created, treasury, BURN]),
  ];
  const tokensOf = async (account: Address): Promise<bigint> => {
    const data = tokenInterface.encodeFunctionData('balanceOf', [account]);
    return BigInt(String(await chain.call('eth_call', [{ to: deployed.token, data }, 'latest'])));
  };
  const bonds = await Promise.all(models.map((spec) => Settlement.bondOf(modelIdOf(spec) as Hex32)));
  return {
    balances: await mapped(parties, (account) => Settlement.balanceOf(account)),
    bonds: bonds.reduce((sum, bond) => sum + bond, 0n),
    totalHeld: await Settlement.totalHeld(),
    tokensOfSettlement: await tokensOf(deployed.addresses.Settlement),
    stakes: await mapped(owners, async (owner) => {
      const { free, locked } = await OperatorStaking.stakeOf(owner);
      return { free, locked, unbonding: (await OperatorStaking.unbondingOf(owner)).amount };
    }),
    tokensOfStaking: await tokensOf(deployed.addresses.OperatorStaking),
  };
}

async function mapped<T>(keys: readonly Address[], read: (key: Address) => Promise<T>): Promise<Record<Address, T>> {
  return Object.fromEntries(await Promise.all(keys.map(async (key) => [key, await read(key)] as const)));
}

async function treasuryOf({ JobRegistry }: Market['stack']['contracts']): Promise<Address> {
  return (await JobRegistry.parametersOf(await JobRegistry.currentVersion())).treasury as Address;
}

/** Money that moved, by owner, token units; what is not named must not have moved. */
export interface Moves {
  readonly balances?: Readonly<Record<Address, bigint>>;
  /** Of free stake. */
  readonly free?: Readonly<Record<Address, bigint>>;
  readonly locked?: Readonly<Record<Address, bigint>>;
  readonly unbonding?: Readonly<Record<Address, bigint>>;
  /** Fees of jobs that are under way now and were not before. */
  readonly escrow?: bigint;
}

/** To the wei: every ledger adds up to the tokens behind it, and exactly `moves` happened since `before`. */
export async function expectMoved(market: Market, before: Books, moves: Moves): Promise<Books> {
  const after = await readBooks(market);
  const { balances = {}, free = {}, locked = {}, unbonding = {}, escrow = 0n } = moves;
  const moved = Object.fromEntries(
    Object.entries(after.balances)
      .map(([account, now]) => [account, now - (before.balances[account as Address] ?? 0n)] as const)
      .filter(([, by]) => by !== 0n),
  );
  expect(moved).toEqual(Object.fromEntries(Object.entries(balances).filter(([, by]) => by !== 0n)));
  for (const [operator, stake] of Object.entries(after.stakes) as [Address, Books['stakes'][Address]][]) {
    const old = before.stakes[operator] ?? { free: 0n, locked: 0n, unbonding: 0n };
    expect(stake).toEqual({
      free: old.free + (free[operator] ?? 0n),
      locked: old.locked + (locked[operator] ?? 0n),
      unbonding: old.unbonding + (unbonding[operator] ?? 0n),
    });
  }
  const inEscrow = ({ totalHeld, balances: owned, bonds }: Books): bigint =>
    totalHeld - bonds - Object.values(owned).reduce((sum, balance) => sum + balance, 0n);
  expect(inEscrow(after)).toBe(inEscrow(before) + escrow);
  expect(after.tokensOfSettlement).toBe(after.totalHeld);
  const staked = Object.values(after.stakes).reduce((sum, one) => sum + one.free + one.locked + one.unbonding, 0n);
  expect(after.tokensOfStaking).toBe(staked);
  return after;
}

/** Sums up moves of balances. */
export function together(...moves: readonly Readonly<Record<Address, bigint>>[]): Record<Address, bigint> {
  const sum: Record<Address, bigint> = {};
  for (const move of moves)
    for (const [account, by] of Object.entries(move) as [Address, bigint][]) sum[account] = (sum[account] ?? 0n) + by;
  return sum;
}

/** What a settled job moves: the fee, shared as the protocol says. */
export async function feeOf(
  { stack, models }: Market,
  { terms }: Job,
  operator: Address,
): Promise<Record<Address, bigint>> {
  const { JobRegistry } = stack.contracts;
  const { protocolFeeBps, treasury } = await JobRegistry.parametersOf(await JobRegistry.currentVersion());
  const model = models.find((spec) => modelIdOf(spec) === terms.modelId);
  const publisherAmount = (terms.fee * BigInt(model?.publisherFeeBps ?? PUBLISHER_BPS)) / 10_000n;
  const treasuryAmount = (terms.fee * protocolFeeBps) / 10_000n;
  return together(
    { [terms.requester]: -terms.fee },
    { [operator]: terms.fee - publisherAmount - treasuryAmount },
    { [stack.accounts.publisher.address]: publisherAmount },
    { [treasury]: treasuryAmount },
  );
}

/**
 * Waits until all jobs are settled, then asserts from the chain alone that each was attested once and settled once, that
 * nothing else happened to it, and that the money since `before` is exactly theirs.
 *
 * @returns the operators that answered, in the order of `jobs`
 */
export async function expectSettledOnce(
  market: Market,
  before: Books,
  ...jobs: readonly Job[]
): Promise<readonly Address[]> {
  await Promise.all(jobs.map((job) => market.reached('JobSettled', job)));
  const operators: Address[] = [];
  const moves: Record<Address, bigint>[] = [];
  for (const job of jobs) {
    const events = await market.history(job.jobId);
    const told = events.filter(({ type }) => !type.startsWith('Callback'));
    expect(told.map(({ type }) => type)).toEqual(['JobRequested', 'JobAttested', 'JobSettled']);
    const settled = told[2];
    if (settled?.type !== 'JobSettled') throw new Error('unreachable');
    const fee = await feeOf(market, job, settled.operator);
    expect(settled.operatorAmount + settled.publisherAmount + settled.treasuryAmount).toBe(job.terms.fee);
    operators.push(settled.operator);
    moves.push(fee);
    expect((await market.stack.contracts.JobRegistry.stateOf(job.jobId)).status).toBe(BigInt(JobStatus.Settled));
  }
  await expectMoved(market, before, { balances: together(...moves) });
  return operators;
}
