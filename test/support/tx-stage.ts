import type { SendRequest } from '../../workers/chain/tx-manager.ts';
import type { Hex } from '../../workers/protocol/ids.ts';
import { type Anvil, type AnvilOptions, startAnvil } from './anvil.ts';
import { EMITTER, payload, placeEmitter } from './emitter.ts';
import { type RpcProxy, startRpcProxy } from './rpc-proxy.ts';
import { createTxBench, type TxBench, type TxLife } from './tx-bench.ts';
import { until } from './until.ts';

/** A private chain with the emitter on it, a proxy in front that can fail, and managers that send to either. */
export interface TxStage {
  readonly anvil: Anvil;
  readonly proxy: RpcProxy;
  readonly bench: TxBench;
  stop(): Promise<void>;
}

export async function openTxStage(options: AnvilOptions): Promise<TxStage> {
  const anvil = await startAnvil(options);
  const proxy = await startRpcProxy(anvil.url);
  const bench = createTxBench(anvil);
  await placeEmitter(anvil);
  return {
    anvil,
    proxy,
    bench,
    async stop() {
      await bench.stop();
      await proxy.stop();
      await anvil.stop();
    },
  };
}

/** A call that makes the emitter say `value`; its key is `emit-<value>`. */
export const emission = (value: number, more: Partial<SendRequest> = {}): SendRequest => ({
  to: EMITTER,
  data: payload(value) as Hex,
  key: `emit-${value}`,
  ...more,
});

export const gwei = (n: number): bigint => BigInt(n) * 1_000_000_000n;

/** Transactions of `address` that are mined. */
export const nonceOf = async (anvil: Anvil, address: string): Promise<number> =>
  Number(await anvil.rpc('eth_getTransactionCount', [address, 'latest']));

/** What the chain holds of `address` and has not mined. */
export async function pooled(
  anvil: Anvil,
  address: string,
): Promise<{ nonce: number; hash: string; maxFeePerGas: bigint }[]> {
  const { pending, queued } =
    await anvil.rpc<
      Record<
        'pending' | 'queued',
        Record<string, Record<string, { nonce: string; hash: string; maxFeePerGas: string }>>
      >
    >('txpool_content');
  return [pending, queued]
    .flatMap((part) => Object.entries(part).filter(([from]) => from.toLowerCase() === address.toLowerCase()))
    .flatMap(([, byNonce]) => Object.values(byNonce))
    .map(({ nonce, hash, maxFeePerGas }) => ({ nonce: Number(nonce), hash, maxFeePerGas: BigInt(maxFeePerGas) }));
}

export async function inPool(anvil: Anvil, life: TxLife, count: number): Promise<void> {
  const what = `${count} transactions in the pool`;
  await until(async () => (await pooled(anvil, life.address)).length === count, { what });
}
