import type { Market } from './market.ts';

/** Lets the chain's clock jump: the next block is at `second`, and so on from there. */
export async function jumpTo({ stack: { chain } }: Market, second: bigint): Promise<void> {
  await chain.mine(Number(second));
}

/**
 * From here on blocks come from who sends or mines, each a second after the one before: however long something takes on this
 * machine, no deadline of the chain passes.
 */
export async function standStill(market: Market): Promise<void> {
  await pauseMining(market);
  await market.stack.chain.call('anvil_setBlockTimestampInterval', [1]);
}

/** A block every second again, and the chain catches up with the time. */
export async function goOn(market: Market): Promise<void> {
  await market.stack.chain.call('anvil_removeBlockTimestampInterval', []);
  await resumeMining(market);
}

/** Stops the blocks that come by themselves. */
export async function pauseMining({ stack: { chain } }: Market): Promise<void> {
  await chain.call('evm_setIntervalMining', [0]);
}

/** A block every second again. */
export async function resumeMining({ stack: { chain } }: Market): Promise<void> {
  await chain.call('evm_setIntervalMining', [1]);
}
