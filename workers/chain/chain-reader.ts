import { type Hex32, ZERO_HEX32 } from '../protocol/ids.ts';
import { checkSeal, logsIn } from './block-seal.ts';
import {
  type BlockHeader,
  list,
  parseHeader,
  parseLog,
  parseQuantity,
  parseReceipt,
  type RawLog,
  type Receipt,
  toQuantity,
} from './chain-values.ts';
import { inconsistent, type Rpc } from './rpc.ts';

export interface LogFilter {
  readonly addresses: readonly string[];
  /** First topics; any of them. Empty: every event of the addresses. */
  readonly topics: readonly string[];
}

/** Typed reads over JSON-RPC. Everything a node says is checked for shape before it is believed. */
export interface ChainReader {
  /** The newest block. */
  head(signal?: AbortSignal): Promise<BlockHeader>;
  /** `undefined` when this node does not have it (yet, or any more). */
  block(id: number | Hex32, signal?: AbortSignal): Promise<BlockHeader | undefined>;
  /** Logs of exactly this block, in order, without duplicates. Without a filter: all of them. */
  logsOf(block: BlockHeader, filter: LogFilter | undefined, signal?: AbortSignal): Promise<readonly RawLog[]>;
  /** Logs of blocks `from` to `to`, both included, in order, without duplicates. */
  logsBetween(from: number, to: number, filter: LogFilter, signal?: AbortSignal): Promise<readonly RawLog[]>;
  /**
   * All logs of exactly this block, in order, out of receipts that hash to the root in its header.
   * @throws RemitError RPC_INCONSISTENT when no node has such receipts
   */
  provenLogsOf(block: BlockHeader, signal?: AbortSignal): Promise<readonly RawLog[]>;
  receipt(transaction: Hex32, signal?: AbortSignal): Promise<Receipt | undefined>;
  /** Receipts of the wanted transactions of exactly this block. Not every node serves them by block. */
  receiptsOf(
    block: BlockHeader,
    wanted: (transaction: Hex32) => boolean,
    signal?: AbortSignal,
  ): Promise<readonly Receipt[]>;
  /** Transactions of `account` mined up to and including `block`. */
  nonceAt(account: string, block: number, signal?: AbortSignal): Promise<number>;
}

export interface ChainReaderOptions {
  /** Believe only headers that hash to their block's hash. Chains that hash something else exist. Defaults to false. */
  readonly sealed?: boolean;
}

export function createChainReader({ rpc }: { rpc: Rpc }, { sealed = false }: ChainReaderOptions = {}): ChainReader {
  type Accept = (result: unknown) => void;
  const call = (method: string, params: readonly unknown[], signal?: AbortSignal, accept?: Accept): Promise<unknown> =>
    rpc.call(method, params, { ...(signal && { signal }), ...(accept && { accept }) });
  const seal: Accept | undefined = sealed
    ? (block) => {
        if (block !== null) checkSeal(block);
      }
    : undefined;

  return {
    async head(signal) {
      return parseHeader(await call('eth_getBlockByNumber', ['latest', false], signal, seal));
    },
    async block(id, signal) {
      const byNumber = typeof id === 'number';
      const found = await call(
        byNumber ? 'eth_getBlockByNumber' : 'eth_getBlockByHash',
        [byNumber ? toQuantity(id) : id, false],
        signal,
        seal,
      );
      if (found === null) return undefined;
      const header = parseHeader(found);
      if (byNumber ? header.number !== id : header.hash !== id) {
        throw inconsistent(`asked for block ${id}, got ${header.number} ${header.hash}`);
      }
      return header;
    },
    async logsOf(block, filter, signal) {
      const logs = await call('eth_getLogs', [{ blockHash: block.hash, ...(filter && criteria(filter)) }], signal);
      return ordered(list(logs, 'eth_getLogs').map(parseLog), (log) => log.blockHash === block.hash);
    },
    async logsBetween(from, to, filter, signal) {
      const logs = await call(
        'eth_getLogs',
        [{ fromBlock: toQuantity(from), toBlock: toQuantity(to), ...criteria(filter) }],
        signal,
      );
      return ordered(
        list(logs, 'eth_getLogs').map(parseLog),
        (log) => log.blockNumber >= from && log.blockNumber <= to,
      );
    },
    async provenLogsOf(block, signal) {
      let logs: readonly RawLog[] = [];
      await call('eth_getBlockReceipts', [toQuantity(block.number)], signal, (receipts) => {
        logs = logsIn(receipts, block);
      });
      return logs;
    },
    async receipt(transaction, signal) {
      const found = await call('eth_getTransactionReceipt', [transaction], signal);
      return found === null ? undefined : parseReceipt(found);
    },
    async receiptsOf(block, wanted, signal) {
      const found = list(
        await call('eth_getBlockReceipts', [toQuantity(block.number)], signal),
        'eth_getBlockReceipts',
      );
      const ours = (receipt: unknown): boolean =>
        wanted((receipt as { readonly transactionHash?: Hex32 } | null)?.transactionHash ?? ZERO_HEX32);
      // A node that is on another branch has nothing to say about this block.
      return found
        .filter(ours)
        .map(parseReceipt)
        .filter(({ blockHash }) => blockHash === block.hash);
    },
    async nonceAt(account, block, signal) {
      return parseQuantity(
        await call('eth_getTransactionCount', [account, toQuantity(block)], signal),
        'eth_getTransactionCount',
      );
    },
  };
}

function criteria({ addresses, topics }: LogFilter): object {
  return { address: addresses, ...(topics.length > 0 && { topics: [topics] }) };
}

function ordered(logs: readonly RawLog[], belongs: (log: RawLog) => boolean): readonly RawLog[] {
  if (!logs.every(belongs)) throw inconsistent('eth_getLogs answered with logs of other blocks');
  const unique = new Map(logs.map((log) => [`${log.blockHash}-${log.logIndex}`, log]));
  return [...unique.values()].sort((a, b) => a.blockNumber - b.blockNumber || a.logIndex - b.logIndex);
}
