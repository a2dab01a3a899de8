import { Wallet } from 'ethers';
import type { Anvil, AnvilAccount } from './anvil.ts';
import { until } from './until.ts';

/** A contract that logs its calldata under one topic: `LOG1(0x2a, calldata)`. */
export const EMITTER = '0x00000000000000000000000000000000000e3172';
export const EMITTER_TOPIC = `0x${'2a'.padStart(64, '0')}`;
const RUNTIME = '0x365f5f37602a365fa100';

/** Puts the emitter on a fresh chain. The block mined here keeps it through later reorgs. */
export async function placeEmitter(anvil: Anvil): Promise<void> {
  await anvil.rpc('anvil_setCode', [EMITTER, RUNTIME]);
  await anvil.mine();
}

export const payload = (value: number): string => `0x${value.toString(16).padStart(64, '0')}`;

/** Sends a transaction that logs `value`; it waits for a block. */
export function submitEmit(anvil: Anvil, value: number, from = 0): Promise<string> {
  return anvil.rpc<string>('eth_sendTransaction', [
    { from: anvil.accounts[from]?.address, to: EMITTER, data: payload(value), gas: '0x186a0' },
  ]);
}

/** Logs `value` once, on a chain with automine: it is mined when this returns. */
export async function emit(anvil: Anvil, value: number, from = 0): Promise<string> {
  const hash = await submitEmit(anvil, value, from);
  await until(async () => (await anvil.rpc('eth_getTransactionReceipt', [hash])) !== null, {
    what: `${hash} mined`,
    everyMs: 2,
  });
  return hash;
}

/** A raw transaction that logs `value`, for `anvil.reorg`. */
export function rawEmit(account: AnvilAccount, nonce: number, value: number, chainId = 31337): Promise<string> {
  return new Wallet(account.privateKey).signTransaction({
    type: 2,
    chainId,
    nonce,
    to: EMITTER,
    data: payload(value),
    gasLimit: 100_000n,
    maxFeePerGas: 100_000_000_000n,
    maxPriorityFeePerGas: 1_000_000_000n,
  });
}

/** The values on the canonical chain, in order, straight from the node. */
export async function canonicalValues(anvil: Anvil): Promise<number[]> {
  const logs = await anvil.rpc<{ data: string }[]>('eth_getLogs', [
    { fromBlock: '0x0', toBlock: 'latest', address: EMITTER },
  ]);
  return logs.map(({ data }) => Number(data));
}
