import { until } from '../../support/until.ts';
import type { Market } from './market.ts';

/** Waits until the newest block is not older than `second`, chain time. */
export async function untilChainTime(market: Market, second: number): Promise<void> {
  await until(async () => (await market.now()) >= second, { what: `chain time ${second}`, deadlineMs: 90_000, everyMs: 50 });
}

/** Stops the blocks that come by themselves. */
export async function pauseMining({ stack: { chain } }: Market): Promise<void> {
  await chain.call('evm_setIntervalMining', [0]);
}

/** A block every second again. */
export async function resumeMining({ stack: { chain } }: Market): Promise<void> {
  await chain.call('evm_setIntervalMining', [1]);
}
