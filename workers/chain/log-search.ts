import type { Address } from '../protocol/ids.ts';
import { list, parseLog, type RawLog, toQuantity } from './chain-values.ts';
import { type Rpc, RpcRejection } from './rpc.ts';

export interface LogQuestion {
  readonly address: Address;
  /** As `eth_getLogs` takes them: one topic, or several of which any fits, or null for any. */
  readonly topics: readonly (string | readonly string[] | null)[];
  readonly from: number;
  readonly to: number;
}

/** Ranges below this many blocks are not split any further: the node's refusal then has another reason. */
const SMALLEST_RANGE = 500;

/** Logs of a range of blocks, oldest first; in halves where a node refuses the whole. Throws what `rpc` throws. */
export async function searchLogs(
  question: LogQuestion,
  { rpc }: { readonly rpc: Rpc },
  signal?: AbortSignal,
): Promise<readonly RawLog[]> {
  const { address, topics, from, to } = question;
  const filter = { address, topics, fromBlock: toQuantity(from), toBlock: toQuantity(to) };
  try {
    return list(await rpc.call('eth_getLogs', [filter], signal && { signal }), 'eth_getLogs').map(parseLog);
  } catch (error) {
    if (!(error instanceof RpcRejection) || to - from < SMALLEST_RANGE) throw error;
    const middle = (from + to) >> 1;
    const early = await searchLogs({ ...question, to: middle }, { rpc }, signal);
    return [...early, ...(await searchLogs({ ...question, from: middle + 1 }, { rpc }, signal))];
  }
}
