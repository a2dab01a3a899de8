import { type Address, type Hex32, parseHex32 } from '../../../workers/protocol/ids.ts';
import { until } from '../../support/until.ts';
import type { Market } from './market.ts';

interface Pool {
  readonly pending: Readonly<Record<string, Readonly<Record<string, { readonly hash: string }>>>>;
}

/** Waits until the node holds transactions of `from` that are not mined, and returns their hashes by nonce. */
export async function untilPending({ stack: { chain } }: Market, from: Address): Promise<readonly Hex32[]> {
  return until(
    async () => {
      const { pending } = (await chain.call('txpool_content', [])) as Pool;
      const mine = Object.entries(pending).find(([address]) => address.toLowerCase() === from.toLowerCase())?.[1];
      return mine && Object.values(mine).map(({ hash }) => parseHex32(hash));
    },
    { what: `a transaction of ${from}`, deadlineMs: 30_000 },
  );
}

/** How many transactions of `from` are mined. */
export async function sentBy({ stack: { chain } }: Market, from: Address): Promise<number> {
  return Number(await chain.call('eth_getTransactionCount', [from, 'latest']));
}

/** The signed bytes of a mined transaction, to send it again after a reorg has dropped it. */
export async function rawTransaction({ stack: { chain } }: Market, hash: Hex32): Promise<string> {
  return String(await chain.call('debug_getRawTransaction', [hash]));
}
