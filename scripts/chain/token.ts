import { Interface } from 'ethers';
import type { Receipt } from '../../workers/chain/chain-values.ts';
import type { Rpc } from '../../workers/chain/rpc.ts';
import { type Address, type Hex, parseAddress } from '../../workers/protocol/ids.ts';
import { RemitError } from '../../workers/runtime/errors.ts';
import { type Account, addressOf } from './account.ts';
import type { ChainSession } from './chain-session.ts';
import { parseAmount, showDecimal } from './human-units.ts';

/** The token of a deployment, with amounts as people write them. */
export interface Token {
  readonly address: Address;
  readonly decimals: number;
  readonly symbol: string;
  /** `12.5` as token units. @throws InvalidArgumentError for too many decimals */
  units(amount: string): bigint;
  /** Token units as `12.5 RDT`. */
  show(units: bigint): string;
  balanceOf(account: Address): Promise<bigint>;
}

const ERC20 = new Interface([
  'function decimals() view returns (uint8)',
  'function symbol() view returns (string)',
  'function balanceOf(address) view returns (uint256)',
  'function approve(address, uint256) returns (bool)',
  'function allowance(address, address) view returns (uint256)',
]);

export async function openToken({ contracts, rpc }: Pick<ChainSession, 'contracts' | 'rpc'>): Promise<Token> {
  const address = parseAddress(await contracts.Settlement.token());
  const decimals = Number(await ask(rpc, address, 'decimals', []));
  const symbol = String(await ask(rpc, address, 'symbol', []));
  return {
    address,
    decimals,
    symbol,
    units: (amount) => parseAmount(amount, decimals),
    show: (units) => `${showDecimal(units, decimals)} ${symbol}`,
    balanceOf: async (account) => (await ask(rpc, address, 'balanceOf', [account])) as bigint,
  };
}

export interface Deposit {
  readonly amount: bigint;
  readonly account: Address;
}

/**
 * Brings tokens of `from` into the balance of `account` in `Settlement`, with the approval it needs; nothing for an amount
 * of 0. Resolves to the transaction of the deposit. @throws RemitError `TOKENS_SHORT`, `CALL_REFUSED`, and what `sendCall` throws
 */
export async function depositTokens(
  { amount, account }: Deposit,
  { session, from, token }: { readonly session: ChainSession; readonly from: Account; readonly token: Token },
): Promise<Receipt | undefined> {
  if (amount === 0n) return undefined;
  const has = await token.balanceOf(from.address);
  if (has < amount) throw tokensShort(from.address, token.show(has), token.show(amount));
  const settlement = addressOf('Settlement', session);
  const allowed = (await ask(session.rpc, token.address, 'allowance', [from.address, settlement])) as bigint;
  if (allowed < amount) {
    const data = ERC20.encodeFunctionData('approve', [settlement, amount]) as Hex;
    await from.sendTo({ to: token.address, data }, 'approving the deposit');
  }
  return from.send('Settlement', 'deposit', [account, amount], `depositing ${token.show(amount)}`);
}

/**
 * Makes sure that `from` has `needed` in `Settlement`, by a deposit of what is missing. Resolves to what was deposited.
 * @throws RemitError like `depositTokens`
 */
export async function topUpBalance(
  needed: bigint,
  deps: { readonly session: ChainSession; readonly from: Account; readonly token: Token },
): Promise<bigint> {
  const { session, from } = deps;
  const balance = await session.contracts.Settlement.balanceOf(from.address);
  const missing = needed > balance ? needed - balance : 0n;
  await depositTokens({ amount: missing, account: from.address }, deps);
  return missing;
}

async function ask(rpc: Rpc, to: Address, method: string, values: readonly unknown[]): Promise<unknown> {
  const answer = await rpc.call('eth_call', [{ to, data: ERC20.encodeFunctionData(method, values) }, 'latest']);
  return ERC20.decodeFunctionResult(method, String(answer))[0];
}

function tokensShort(account: Address, has: string, needed: string): RemitError {
  return new RemitError({
    code: 'TOKENS_SHORT',
    message: `${account} has ${has}, and ${needed} are needed`,
    fix: 'send tokens to this account, or name a smaller amount',
    context: { account, has, needed },
  });
}
