import type { Hex32 } from '../protocol/ids.ts';
import type { BlockHeader, RawLog } from './chain-values.ts';

/** A block that was handed on, with the logs that were found in it. */
export interface SeenBlock {
  readonly number: number;
  readonly hash: Hex32;
  readonly parentHash: Hex32;
  /** Unix seconds, chain time. */
  readonly timestamp: number;
  readonly logs: readonly RawLog[];
}

/**
 * The newest blocks that were handed on, oldest first: a chain linked by parent hashes, long enough to find the common
 * ancestor of any reorg up to the finality depth.
 */
export class BlockHistory {
  readonly #blocks: SeenBlock[];

  constructor(blocks: readonly SeenBlock[] = []) {
    this.#blocks = [...blocks];
  }

  get tip(): SeenBlock | undefined {
    return this.#blocks.at(-1);
  }

  get oldest(): SeenBlock | undefined {
    return this.#blocks[0];
  }

  at(number: number): SeenBlock | undefined {
    return this.#blocks.findLast((block) => block.number === number);
  }

  /** Blocks above `number`, newest first: the order in which their effects are undone. */
  above(number: number): readonly SeenBlock[] {
    return this.#blocks.filter((block) => block.number > number).reverse();
  }

  push(block: SeenBlock, keepFrom: number): void {
    this.#blocks.push(block);
    while (this.#blocks.length > 1 && (this.#blocks[0]?.number ?? 0) < keepFrom) this.#blocks.shift();
  }

  rewind(number: number): void {
    while ((this.tip?.number ?? -1) > number) this.#blocks.pop();
  }
}

export function seen({ number, hash, parentHash, timestamp }: BlockHeader, logs: readonly RawLog[]): SeenBlock {
  return { number, hash, parentHash, timestamp, logs };
}
