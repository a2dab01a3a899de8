import type { JobId } from '../protocol/ids.ts';
import { parseQuantity } from './chain-values.ts';
import { type ChainEvent, createEventDecoder, type EventType } from './events.ts';
import type { Deployment } from './deployments.ts';
import { searchLogs } from './log-search.ts';
import type { Rpc } from './rpc.ts';

/** Events about one job, for a role that did not see them when they happened. */
export interface JobEvents {
  /** All events of these kinds about `jobId`, oldest first. Throws RemitError RPC_UNREACHABLE, RPC_INCONSISTENT. */
  of(jobId: JobId, signal?: AbortSignal): Promise<readonly ChainEvent[]>;
}

const KINDS: readonly EventType[] = ['JobRequested', 'JobAttested'];

/** Asks by the indexed job id, in halves where a node refuses the whole range. */
export function createJobEvents(
  { addresses, startBlock }: Pick<Deployment, 'addresses' | 'startBlock'>,
  { rpc }: { readonly rpc: Rpc },
): JobEvents {
  const decoder = createEventDecoder(addresses, KINDS);

  return {
    async of(jobId, signal) {
      const head = parseQuantity(await rpc.call('eth_blockNumber', [], signal && { signal }), 'eth_blockNumber');
      const question = { address: addresses.JobRegistry, topics: [decoder.filter.topics, jobId] };
      const logs = await searchLogs({ ...question, from: startBlock, to: head }, { rpc }, signal);
      return logs
        .map((log) => decoder.decode(log))
        .filter((event) => event?.type !== undefined && 'jobId' in event && event.jobId === jobId) as ChainEvent[];
    },
  };
}
