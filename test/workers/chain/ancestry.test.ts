import { describe, expect, it } from 'vitest';
import { createAncestry } from '../../../workers/chain/ancestry.ts';
import type { BlockHeader } from '../../../workers/chain/chain-values.ts';
import type { Hex32 } from '../../../workers/protocol/ids.ts';

const { signal } = new AbortController();
const hashOf = (branch: string, number: number): Hex32 =>
  `0x${branch}${number.toString(16).padStart(63, '0')}` as Hex32;

/** A branch `b` that leaves `a` at block `fork`. */
function headerOf(branch: string, number: number, fork = Infinity): BlockHeader {
  const at = (n: number): Hex32 => hashOf(n > fork ? branch : 'a', n);
  return {
    number,
    hash: at(number),
    parentHash: at(number - 1),
    timestamp: number,
    logsBloom: `0x${'00'.repeat(256)}`,
    baseFeePerGas: 1n,
  };
}

/** A node that knows these headers, and answers by number from another branch. */
function reading(headers: readonly BlockHeader[]) {
  const asked: (number | Hex32)[] = [];
  return {
    asked,
    block: async (id: number | Hex32): Promise<BlockHeader | undefined> => {
      asked.push(id);
      return typeof id === 'number' ? headerOf('c', id, 0) : headers.find(({ hash }) => hash === id);
    },
  };
}

const upTo = (head: number, branch = 'a', fork = Infinity): BlockHeader[] =>
  Array.from({ length: head + 1 }, (_, number) => headerOf(branch, number, fork));

describe('blocks of one branch', () => {
  it('are found by following parents, whatever nodes say of the same number', async () => {
    const reader = reading(upTo(9));
    const blocks = createAncestry({ reader })(headerOf('a', 9));
    expect((await blocks(6, signal))?.hash).toBe(hashOf('a', 6));
    expect((await blocks(9, signal))?.hash).toBe(hashOf('a', 9));
    expect(await blocks(10, signal)).toBeUndefined();
    expect(reader.asked).toEqual([hashOf('a', 8), hashOf('a', 7), hashOf('a', 6)]);
  });

  it('are asked for once, however many look at the same time, and not at all when the last look saw them', async () => {
    const reader = reading(upTo(9));
    const ancestry = createAncestry({ reader });
    const blocks = ancestry(headerOf('a', 8));
    await Promise.all([blocks(5, signal), blocks(5, signal), blocks(6, signal)]);
    expect(reader.asked).toHaveLength(3);
    expect((await ancestry(headerOf('a', 9))(5, signal))?.hash).toBe(hashOf('a', 5));
    expect(reader.asked).toHaveLength(3);
  });

  it('are those of the new branch after a reorg', async () => {
    const reader = reading([...upTo(9), ...upTo(9, 'b', 6)]);
    const ancestry = createAncestry({ reader });
    await ancestry(headerOf('a', 9))(5, signal);
    const blocks = ancestry(headerOf('b', 9, 6));
    expect((await blocks(7, signal))?.hash).toBe(hashOf('b', 7));
    expect((await blocks(6, signal))?.hash).toBe(hashOf('a', 6));
  });

  it('are not guessed: a node that does not know a parent ends the look', async () => {
    const blocks = createAncestry({ reader: reading([]) })(headerOf('a', 9));
    await expect(blocks(8, signal)).rejects.toMatchObject({ code: 'RPC_INCONSISTENT', retryable: true });
  });

  it('are believed by their number where nothing changes any more', async () => {
    const reader = reading([]);
    const blocks = createAncestry({ reader })(headerOf('a', 900));
    expect((await blocks(700, signal))?.hash).toBe(hashOf('c', 700));
    expect(reader.asked).toEqual([700]);
  });
});
