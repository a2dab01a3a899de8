import type { JobId } from '../protocol/ids.ts';
import { list, parseLog, parseQuantity, type RawLog, toQuantity } from './chain-values.ts';
import { type ChainEvent, createEventDecoder, type EventType } from './events.ts';
import type { Deployment } from './deployments.ts';
import { type Rpc, RpcRejection } from './rpc.ts';

/** Events about one job, for a role that did not see them when they happened. */
export interface JobEvents {
  /** All events of these kinds about `jobId`, oldest first. Throws RemitError RPC_UNREACHABLE, RPC_INCONSISTENT. */
  of(jobId: JobId, signal?: AbortSignal): Promise<readonly ChainEvent[]>;
}

const SMALLEST_RANGE = 500;
const KINDS: readonly EventType[] = ['JobRequested', 'JobAttested'];

/** Asks by the indexed job id, in halves where a node refuses the whole range. */
export function createJobEvents(
  { addresses, startBlock }: Pick<Deployment, 'addresses' | 'startBlock'>,
  { rpc }: { readonly rpc: Rpc },
): JobEvents {
  const decoder = createEventDecoder(addresses, KINDS);

  async function find(jobId: JobId, from: number, to: number, signal?: AbortSignal): Promise<readonly RawLog[]> {
    const filter = {
      address: addresses.JobRegistry,
      topics: [decoder.filter.topics, jobId],
      fromBlock: toQuantity(from),
      toBlock: toQuantity(to),
    };
    try {
      return list(await rpc.call('eth_getLogs', [filter], signal && { signal }), 'eth_getLogs').map(parseLog);
    } catch (error) {
      if (!(error instanceof RpcRejection) || to - from < SMALLEST_RANGE) throw error;
      const middle = (from + to) >> 1;
      return [...(await find(jobId, from, middle, signal)), ...(await find(jobId, middle + 1, to, signal))];
    }
  }

  return {
    async of(jobId, signal) {
      const head = parseQuantity(await rpc.call('eth_blockNumber', [], signal && { signal }), 'eth_blockNumber');
      const logs = await find(jobId, startBlock, head, signal);
      return logs
        .map((log) => decoder.decode(log))
        .filter((event) => event?.type !== undefined && 'jobId' in event && event.jobId === jobId) as ChainEvent[];
    },
  };
}
