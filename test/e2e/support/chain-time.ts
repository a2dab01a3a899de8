import type { Market } from './market.ts';

/** Lets the chain's clock jump: the next block is at `second`, and so on from there. */
export async function jumpTo({ stack: { chain } }: Market, second: bigint): Promise<void> {
  await chain.mine(Number(second));
}

/** Stops the blocks that come by themselves. */
export async function pauseMining({ stack: { chain } }: Market): Promise<void> {
  await chain.call('evm_setIntervalMining', [0]);
}

/** A block every second again. */
export async function resumeMining({ stack: { chain } }: Market): Promise<void> {
  await chain.call('evm_setIntervalMining', [1]);
}
