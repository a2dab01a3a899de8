import { Interface, type InterfaceAbi } from 'ethers';
import type { Address } from '../workers/protocol/ids.ts';

/** What reading a chain needs of a provider. */
export interface ChainPort {
  request(call: { readonly method: string; readonly params: readonly unknown[] }): Promise<unknown>;
}

/** A contract to read: `read(target, 'jobRegistry')`. */
export interface ReadTarget {
  readonly address: string;
  readonly abi: unknown;
}

/** One view of one contract; the single value when there is one, else the list. */
export async function readContract(
  chain: ChainPort,
  target: ReadTarget,
  view: string,
  args: readonly unknown[] = [],
): Promise<unknown> {
  const abi = new Interface(target.abi as InterfaceAbi);
  const call = { to: target.address, data: abi.encodeFunctionData(view, args) };
  const values = abi.decodeFunctionResult(
    view,
    String(await chain.request({ method: 'eth_call', params: [call, 'latest'] })),
  );
  return values.length === 1 ? values[0] : values.toArray();
}

export async function hasCode(chain: ChainPort, address: string): Promise<boolean> {
  return (await chain.request({ method: 'eth_getCode', params: [address, 'latest'] })) !== '0x';
}

/** The nonce of the next transaction, those under way included. */
export async function nextNonce(chain: ChainPort, account: Address): Promise<number> {
  return Number(await chain.request({ method: 'eth_getTransactionCount', params: [account, 'pending'] }));
}
