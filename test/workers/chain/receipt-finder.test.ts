import { describe, expect, it } from 'vitest';
import { createChainReader } from '../../../workers/chain/chain-reader.ts';
import type { BlockHeader } from '../../../workers/chain/chain-values.ts';
import { createReceiptFinder } from '../../../workers/chain/receipt-finder.ts';
import type { TransactionRecord } from '../../../workers/chain/transaction-journal.ts';
import type { Hex32 } from '../../../workers/protocol/ids.ts';

const hash = (n: number): Hex32 => `0x${n.toString(16).padStart(64, '0')}` as Hex32;
const signal = new AbortController().signal;

const record = (n: number): TransactionRecord => ({
  key: `k${n}`,
  nonce: n,
  status: 'pending',
  intent: { to: '0x1', data: '0x', value: 0n, gasLimit: 1n, urgent: false },
  attempts: [{ hash: hash(n), raw: '0x', cancels: false, signedAt: 0, maxFeePerGas: 1n, maxPriorityFeePerGas: 1n }],
});

const receipt = (n: number, block: number, branch = block) => ({
  transactionHash: hash(n),
  blockHash: hash(1_000 + branch),
  blockNumber: `0x${block.toString(16)}`,
  status: '0x1',
  gasUsed: '0x1',
  effectiveGasPrice: '0x1',
  logs: [],
});

/** Transactions 1 to 20 are in block 6, the others in block 7; `strange` ones on another branch. */
function bench({ byBlock = true, strange = 0 } = {}) {
  const asked: string[] = [];
  const rpc = {
    call: async (method: string, [what]: readonly unknown[]): Promise<unknown> => {
      asked.push(method);
      if (method === 'eth_getTransactionReceipt') {
        const n = Number(what);
        return n === strange ? receipt(n, 6, 999) : receipt(n, n <= 20 ? 6 : 7);
      }
      if (!byBlock) throw new Error('the method does not exist');
      const block = Number(what);
      const inBlock = Array.from({ length: 20 }, (_, i) => i + (block === 6 ? 1 : 21));
      return [...inBlock.map((n) => receipt(n, block, n === strange ? 999 : block)), { transactionHash: hash(500) }];
    },
  };
  const find = createReceiptFinder({ reader: createChainReader({ rpc }) });
  const blocks = async (number: number): Promise<BlockHeader> =>
    ({ number, hash: hash(1_000 + number) }) as Partial<BlockHeader> as BlockHeader;
  const search = (count: number, after: number | undefined = 5) =>
    find({ records: Array.from({ length: count }, (_, i) => record(i + 1)), after, upTo: 7, blocks }, signal);
  return { search, asked };
}

describe('looking for receipts', () => {
  it('asks once per block for many', async () => {
    const { search, asked } = bench();
    const found = await search(30);
    expect(found.size).toBe(30);
    expect(found.get('k25')).toMatchObject({ blockNumber: 7, transactionHash: hash(25) });
    expect(asked).toEqual(['eth_getBlockReceipts', 'eth_getBlockReceipts']);
  });

  it('asks for each when there are few, or when it is not known where they are', async () => {
    const few = bench();
    expect((await few.search(3)).size).toBe(3);
    expect(few.asked).toEqual(Array(3).fill('eth_getTransactionReceipt'));
    const lost = bench();
    expect((await lost.search(30, -1_000)).size).toBe(30);
    expect(lost.asked).toEqual(Array(30).fill('eth_getTransactionReceipt'));
  });

  it('asks for each when nodes do not serve blocks of receipts, and does not ask for those again', async () => {
    const { search, asked } = bench({ byBlock: false });
    expect((await search(30)).size).toBe(30);
    expect((await search(30)).size).toBe(30);
    expect(asked.filter((method) => method === 'eth_getBlockReceipts').length).toBeLessThanOrEqual(2);
    expect(asked.filter((method) => method === 'eth_getTransactionReceipt')).toHaveLength(60);
  });

  it('takes no receipt of another branch', async () => {
    const { search } = bench({ strange: 4 });
    const found = await search(30);
    expect(found.size).toBe(29);
    expect(found.has('k4')).toBe(false);
  });
});
