import type { Hex32 } from '../protocol/ids.ts';
import type { ChainReader } from './chain-reader.ts';
import type { BlockHeader } from './chain-values.ts';
import type { BlockLookup } from './receipt-finder.ts';
import { inconsistent } from './rpc.ts';

/** Further back than this a number is believed: what is so deep does not change. */
const LINKED = 128;

/**
 * Blocks by number on the branch that ends in one block. They are followed from child to parent by their hashes, so nodes
 * that are on another branch cannot slip in a block of theirs: asked by number, one of them can make a transaction look
 * mined that the chain has dropped.
 */
export function createAncestry({
  reader,
}: {
  readonly reader: Pick<ChainReader, 'block'>;
}): (head: BlockHeader) => BlockLookup {
  /** Seen before, in another look at the chain. */
  const headers = new Map<Hex32, BlockHeader>();

  function keep(header: BlockHeader): BlockHeader {
    headers.delete(header.hash);
    headers.set(header.hash, header);
    for (const oldest of headers.keys()) {
      if (headers.size <= 2 * LINKED) break;
      headers.delete(oldest);
    }
    return header;
  }

  async function parentOf({ number, parentHash }: BlockHeader, signal: AbortSignal): Promise<BlockHeader> {
    const parent = headers.get(parentHash) ?? (await reader.block(parentHash, signal));
    if (parent?.number === number - 1) return keep(parent);
    throw inconsistent(`the node does not know block ${parentHash}, the parent of block ${number}`);
  }

  return (head) => {
    keep(head);
    const known = new Map<number, Promise<BlockHeader>>([[head.number, Promise.resolve(head)]]);
    return async (number, signal) => {
      if (number > head.number) return undefined;
      if (head.number - number > LINKED) return reader.block(number, signal);
      let [at, found] = [head.number, known.get(head.number)];
      while (at > number) {
        at -= 1;
        const child = found;
        found = known.get(at) ?? child?.then((header) => parentOf(header, signal));
        if (found) known.set(at, found);
      }
      return found;
    };
  };
}
