import { bloomOf, mayContain } from './bloom.ts';
import type { ChainReader, LogFilter } from './chain-reader.ts';
import type { BlockHeader, RawLog } from './chain-values.ts';
import { inconsistent, RpcRejection } from './rpc.ts';

export interface LogFetcherOptions {
  readonly filter: LogFilter;
  /**
   * `filtered`: ask for our logs, and for all logs of the block only when the block's bloom filter says that ours may be
   * missing. `whole-block`: always ask for all, which also finds one lost log among many. `receipts`: take the logs out of
   * the block's receipts, which must hash to the root in its header; this also finds what was altered. `trust`: no check,
   * for chains whose blocks carry no bloom filter. Defaults to `filtered`.
   */
  readonly verify?: 'filtered' | 'whole-block' | 'receipts' | 'trust';
}

/** Logs that can be believed: a node that leaves some out, or makes some up, is contradicted by the block's header. */
export interface LogFetcher {
  /** @throws RemitError RPC_INCONSISTENT when the logs do not fit the header. */
  ofBlock(block: BlockHeader, signal?: AbortSignal): Promise<readonly RawLog[]>;
  /** Logs of `block` that `ofRange` has found: as they are, or better ones. @throws RemitError RPC_INCONSISTENT */
  confirm(block: BlockHeader, found: readonly RawLog[], signal?: AbortSignal): Promise<readonly RawLog[]>;
  /**
   * Logs of old blocks, both ends included, asked for twice in different cuts; ranges that a node finds too large are
   * split. @throws RemitError RPC_INCONSISTENT when the two answers differ.
   */
  ofRange(from: number, to: number, signal?: AbortSignal): Promise<readonly RawLog[]>;
}

export function createLogFetcher(
  { filter, verify = 'filtered' }: LogFetcherOptions,
  { reader }: { reader: ChainReader },
): LogFetcher {
  const addresses = new Set(filter.addresses.map((address) => address.toLowerCase()));
  const topics = new Set(filter.topics.map((topic) => topic.toLowerCase()));
  const isOurs = (log: RawLog): boolean => {
    const [topic] = log.topics;
    return (
      addresses.has(log.address.toLowerCase()) && (topics.size === 0 || (topic !== undefined && topics.has(topic)))
    );
  };
  const mayHoldOurs = ({ logsBloom }: BlockHeader): boolean =>
    filter.addresses.some((address) => mayContain(logsBloom, address)) &&
    (topics.size === 0 || filter.topics.some((topic) => mayContain(logsBloom, topic)));

  async function wholeBlock(block: BlockHeader, signal?: AbortSignal): Promise<readonly RawLog[]> {
    const all = await reader.logsOf(block, undefined, signal);
    const complete = all.every((log, index) => log.logIndex === index) && bloomOf(all) === block.logsBloom;
    if (!complete)
      throw inconsistent(`the logs of block ${block.number} do not fit its header`, {
        block: block.number,
        hash: block.hash,
        logs: all.length,
      });
    return all.filter(isOurs);
  }

  async function split(from: number, to: number, signal?: AbortSignal): Promise<readonly RawLog[]> {
    try {
      return await reader.logsBetween(from, to, filter, signal);
    } catch (error) {
      if (from === to || !isTooLarge(error)) throw error;
      const middle = (from + to) >> 1;
      return [...(await split(from, middle, signal)), ...(await split(middle + 1, to, signal))];
    }
  }

  async function proven(block: BlockHeader, signal?: AbortSignal): Promise<readonly RawLog[]> {
    if (!mayHoldOurs(block)) return [];
    return (await reader.provenLogsOf(block, signal)).filter(isOurs);
  }

  return {
    async confirm(block, found, signal) {
      if (verify === 'receipts') return proven(block, signal);
      if (found.some((log) => log.blockHash !== block.hash))
        throw inconsistent(`the logs of block ${block.number} belong to another block of that height`);
      return found;
    },
    async ofBlock(block, signal) {
      if (verify === 'receipts') return proven(block, signal);
      if (verify === 'whole-block') return wholeBlock(block, signal);
      const logs = await reader.logsOf(block, filter, signal);
      if (!logs.every(isOurs)) throw inconsistent(`asked for our logs of block ${block.number}, got others`);
      if (verify === 'trust') return logs;
      if (logs.length === 0) return mayHoldOurs(block) ? wholeBlock(block, signal) : [];
      for (const entry of logs.flatMap((log) => [log.address, ...log.topics])) {
        if (!mayContain(block.logsBloom, entry))
          throw inconsistent(`block ${block.number} cannot hold a log with ${entry}`, { block: block.number });
      }
      return logs;
    },
    async ofRange(from, to, signal) {
      const once = await split(from, to, signal);
      if (!once.every(isOurs)) throw inconsistent(`asked for our logs of blocks ${from} to ${to}, got others`);
      if (from === to) return once;
      const cut = from + Math.floor((to - from) / 3);
      const twice = [...(await split(from, cut, signal)), ...(await split(cut + 1, to, signal))];
      if (fingerprint(once) !== fingerprint(twice)) {
        throw inconsistent(`two answers about the logs of blocks ${from} to ${to} differ`, {
          from,
          to,
          once: once.length,
          twice: twice.length,
        });
      }
      return once;
    },
  };
}

const TOO_LARGE = /range|too (many|large|wide|big)|limit|more than|exceed|response size|timed? ?out|10000/i;

function isTooLarge(error: unknown): boolean {
  return error instanceof RpcRejection && !/OutOfRange/i.test(error.reason) && TOO_LARGE.test(error.reason);
}

function fingerprint(logs: readonly RawLog[]): string {
  return logs.map((log) => `${log.blockHash}${log.logIndex}${log.data}`).join();
}
