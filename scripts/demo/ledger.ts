import type { Address, Hex32 } from '../../workers/protocol/ids.ts';
import { tokenInterface } from '../stack/funding.ts';
import type { Stack } from '../stack/stack.ts';
import type { Expectations } from './expectations.ts';

/** Who has what, in token units. Everything here lies in `Settlement` or `OperatorStaking`. */
export interface Ledger {
  /** Balances in `Settlement`, by party. */
  readonly balances: Readonly<Record<string, bigint>>;
  /** The publisher's bond for the model, and what a feed is paid from. */
  readonly bond: bigint;
  /** What `Settlement` says that it holds, and what the token says. */
  readonly totalHeld: bigint;
  readonly tokensOfSettlement: bigint;
  /** Sum over all operators. */
  readonly stakeFree: bigint;
  readonly stakeLocked: bigint;
  readonly tokensOfStaking: bigint;
}

export interface LedgerQuestion {
  /** Name and account of everybody who may have a balance; an account that is named twice is shown once. */
  readonly parties: Readonly<Record<string, Address>>;
  /** What bonds are kept under: the model's id, the feed's. */
  readonly bonds: readonly Hex32[];
}

export async function readLedger(
  { parties, bonds }: LedgerQuestion,
  { contracts, accounts, deployed, chain }: Pick<Stack, 'contracts' | 'accounts' | 'deployed' | 'chain'>,
): Promise<Ledger> {
  const { Settlement, OperatorStaking } = contracts;
  const entries = await Promise.all(
    Object.entries(parties).map(async ([name, account]) => [name, await Settlement.balanceOf(account)] as const),
  );
  const stakes = await Promise.all(accounts.operators.map(({ owner }) => OperatorStaking.stakeOf(owner.address)));
  const tokensOf = async (account: Address): Promise<bigint> => {
    const data = tokenInterface.encodeFunctionData('balanceOf', [account]);
    return BigInt(String(await chain.call('eth_call', [{ to: deployed.token, data }, 'latest'])));
  };
  return {
    balances: Object.fromEntries(entries),
    bond: (await Promise.all(bonds.map((key) => Settlement.bondOf(key)))).reduce((sum, bond) => sum + bond, 0n),
    totalHeld: await Settlement.totalHeld(),
    tokensOfSettlement: await tokensOf(deployed.addresses.Settlement),
    stakeFree: stakes.reduce((sum, { free }) => sum + free, 0n),
    stakeLocked: stakes.reduce((sum, { locked }) => sum + locked, 0n),
    tokensOfStaking: await tokensOf(deployed.addresses.OperatorStaking),
  };
}

/** Sum of everything that has an owner in `Settlement`. What is missing from `totalHeld` is escrow of running jobs. */
export function owned({ balances, bond }: Ledger): bigint {
  return Object.values(balances).reduce((sum, balance) => sum + balance, bond);
}

/**
 * No token has appeared, vanished or been left in escrow, and all stake is back where it was, but for the bonds of a feed.
 */
export function expectLedger(before: Ledger, after: Ledger, feedBonds: bigint, expectations: Expectations): void {
  expectations.equal('all balances and bonds add up to what Settlement holds', owned(after), after.totalHeld);
  expectations.equal('Settlement holds as many tokens as it says', after.tokensOfSettlement, after.totalHeld);
  expectations.equal('no token left or entered Settlement while the jobs ran', after.totalHeld, before.totalHeld);
  expectations.equal('all stake is unlocked, but for the bonds of the feed', after.stakeLocked, feedBonds);
  expectations.equal(
    'the stake is what it was',
    after.stakeFree + after.stakeLocked,
    before.stakeFree + before.stakeLocked,
  );
  expectations.equal(
    'OperatorStaking holds as many tokens as the stake',
    after.tokensOfStaking,
    after.stakeFree + after.stakeLocked,
  );
}
