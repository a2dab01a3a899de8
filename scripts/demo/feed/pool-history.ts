import { floatOfBits } from '../../../workers/protocol/vector.ts';
import type { ChartBand } from './chart.ts';
import type { ChartRow } from './chart-rows.ts';

/** A round of a feed as a row. `answer` is scaled by `decimals`; for pictures, so a rounded number will do. */
export function priceRow({ at, answer }: { readonly at: number; readonly answer: bigint }, decimals: number): ChartRow {
  return { at, price: Number(answer) / 10 ** decimals };
}

/** A `FeeUpdated` event of a `VolatilityFeePool`, with the time of its block. */
export interface FeeUpdate {
  /** Unix seconds */
  readonly at: number;
  /** the answer, float32 bits */
  readonly volatility: number;
  /** 1/1,000,000 */
  readonly fee: number;
}

export interface PoolClock {
  /** 1/1,000,000 */
  readonly feeFallback: number;
  /** seconds */
  readonly maxAge: number;
  /** what the picture begins and ends with, Unix seconds */
  readonly start: number;
  readonly end: number;
}

/**
 * What the pool charged from start to end, as `currentFee` would have said: rows of each change, and when it was the fallback.
 *
 * @param updates in order of time, none after `end`
 */
export function feeHistory(
  updates: readonly FeeUpdate[],
  { feeFallback, maxAge, start, end }: PoolClock,
): { readonly rows: ChartRow[]; readonly fallback: ChartBand[] } {
  const rows: ChartRow[] = [{ at: start, fee: feeFallback }];
  const fallback: ChartBand[] = [];
  // The first second in which no answer counts.
  let staleFrom = start;
  for (const { at, volatility, fee } of updates) {
    if (staleFrom < at) {
      fallback.push({ from: staleFrom, to: at });
      if (staleFrom > start) rows.push({ at: staleFrom, fee: feeFallback });
    }
    rows.push({ at, volatility: floatOfBits(volatility), fee });
    staleFrom = at + maxAge + 1;
  }
  if (staleFrom < end) {
    fallback.push({ from: staleFrom, to: end });
    if (staleFrom > start) rows.push({ at: staleFrom, fee: feeFallback });
  }
  rows.push({ at: end });
  return { rows, fallback };
}
