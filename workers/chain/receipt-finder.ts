import type { Hex32 } from '../protocol/ids.ts';
import type { ChainReader } from './chain-reader.ts';
import type { BlockHeader, Receipt } from './chain-values.ts';
import type { TransactionRecord } from './transaction-journal.ts';

export type BlockLookup = (number: number, signal: AbortSignal) => Promise<BlockHeader | undefined>;

export interface ReceiptSearch {
  readonly records: readonly TransactionRecord[];
  /** Blocks not looked at before, where the receipts most likely are: above `after`, up to `upTo`. */
  readonly after: number | undefined;
  readonly upTo: number;
  /** The branch that counts: a receipt of any other block is none. */
  readonly blocks: BlockLookup;
}

/** Finds which attempts were mined, by key of the record. */
export type ReceiptFinder = (search: ReceiptSearch, signal: AbortSignal) => Promise<ReadonlyMap<string, Receipt>>;

/** From this many transactions on, the receipts of a whole block cost less than those of each. */
const MANY = 8;
/** Further behind, single receipts cost less. */
const MAX_BLOCKS = 8;
/** Single receipts asked for at the same time. */
const AT_ONCE = 8;

/** Many receipts come by block where the nodes serve that (`eth_getBlockReceipts`); the others one by one. */
export function createReceiptFinder({ reader }: { readonly reader: ChainReader }): ReceiptFinder {
  let servedByBlock = true;

  async function byBlock(
    { records, after, upTo, blocks }: ReceiptSearch,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, Receipt>> {
    const found = new Map<string, Receipt>();
    if (!servedByBlock || after === undefined || records.length < MANY || upTo - after > MAX_BLOCKS) return found;
    const keys = new Map(records.flatMap(({ key, attempts }) => attempts.map(({ hash }) => [hash, key] as const)));
    const wanted = (hash: Hex32): boolean => keys.has(hash);
    for (let number = after + 1; number <= upTo; number += 1) {
      const block = await blocks(number, signal);
      if (!block) break;
      const receipts = await reader.receiptsOf(block, wanted, signal).catch(() => {
        signal.throwIfAborted();
        servedByBlock = false;
        return [];
      });
      for (const receipt of receipts) found.set(keys.get(receipt.transactionHash) ?? '', receipt);
    }
    return found;
  }

  async function one(
    { attempts }: TransactionRecord,
    blocks: BlockLookup,
    signal: AbortSignal,
  ): Promise<Receipt | undefined> {
    for (const { hash } of attempts.toReversed()) {
      const receipt = await reader.receipt(hash, signal);
      if (receipt && (await blocks(receipt.blockNumber, signal))?.hash === receipt.blockHash) return receipt;
    }
    return undefined;
  }

  return async (search, signal) => {
    const found = new Map(await byBlock(search, signal));
    const rest = search.records.filter(({ key }) => !found.has(key));
    for (let at = 0; at < rest.length; at += AT_ONCE) {
      const some = rest.slice(at, at + AT_ONCE);
      const receipts = await Promise.all(some.map((record) => one(record, search.blocks, signal)));
      for (const [index, { key }] of some.entries()) {
        const receipt = receipts[index];
        if (receipt) found.set(key, receipt);
      }
    }
    return found;
  };
}
