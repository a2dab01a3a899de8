import { expect } from 'chai';
import type { JobStage } from './job-stage.ts';

/** Parts of one operator's stake, token units. */
export interface StakeParts {
  readonly free: bigint;
  readonly locked: bigint;
  readonly unbonding: bigint;
}

/** Every amount that the system keeps for anybody of the stage, and the tokens behind it. */
export interface Books {
  /** Entries of `Settlement`, by account. */
  readonly balances: Readonly<Record<string, bigint>>;
  readonly stakes: Readonly<Record<string, StakeParts>>;
  /** Sum of all entries and of all escrow, as `Settlement` has it. */
  readonly totalHeld: bigint;
  /** Tokens of the two vaults. */
  readonly settlementTokens: bigint;
  readonly stakingTokens: bigint;
}

/** What an action is expected to move; everything it does not name must stay as it is. */
export interface BookChange {
  readonly balances?: Readonly<Record<string, bigint>>;
  readonly stakes?: Readonly<Record<string, Partial<StakeParts>>>;
  /** Tokens that leave the staking vault for the settlement vault. */
  readonly slashed?: bigint;
}

export async function readBooks({ settlement, staking, token, accounts, operators }: JobStage): Promise<Books> {
  const balances = await Promise.all(accounts.map(async (account) => settlement.balanceOf(account)));
  const stakes = await Promise.all(
    operators.map(async ({ address }): Promise<StakeParts> => {
      const [{ free, locked }, { amount }] = await Promise.all([
        staking.stakeOf(address),
        staking.unbondingOf(address),
      ]);
      return { free, locked, unbonding: amount };
    }),
  );
  return {
    balances: Object.fromEntries(accounts.map((account, i) => [account, balances[i]!])),
    stakes: Object.fromEntries(operators.map(({ address }, i) => [address, stakes[i]!])),
    totalHeld: await settlement.totalHeld(),
    settlementTokens: await token.balanceOf(settlement),
    stakingTokens: await token.balanceOf(staking),
  };
}

/** The books after a change, every field of them. */
export function expectBooks(after: Books, before: Books, change: BookChange): void {
  const slashed = change.slashed ?? 0n;
  const balances = { ...before.balances };
  for (const [account, delta] of Object.entries(change.balances ?? {})) {
    expect(balances, `${account} is nobody of the stage`).to.have.property(account);
    balances[account] = balances[account]! + delta;
  }
  const stakes = { ...before.stakes };
  for (const [operator, delta] of Object.entries(change.stakes ?? {})) {
    const { free, locked, unbonding } = stakes[operator]!;
    stakes[operator] = {
      free: free + (delta.free ?? 0n),
      locked: locked + (delta.locked ?? 0n),
      unbonding: unbonding + (delta.unbonding ?? 0n),
    };
  }
  expect(after).to.deep.equal({
    balances,
    stakes,
    totalHeld: before.totalHeld + slashed,
    settlementTokens: before.settlementTokens + slashed,
    stakingTokens: before.stakingTokens - slashed,
  } satisfies Books);
}

/** Adds changes of balances up, account by account. */
export function sumOf(...changes: readonly Readonly<Record<string, bigint>>[]): Record<string, bigint> {
  const sum: Record<string, bigint> = {};
  for (const [account, amount] of changes.flatMap((change) => Object.entries(change))) {
    sum[account] = (sum[account] ?? 0n) + amount;
  }
  return sum;
}
