import { expect, it } from 'vitest';
import { feeHistory, priceRow } from '../../../../scripts/demo/feed/pool-history.ts';
import { bitsOfFloat } from '../../../../workers/protocol/vector.ts';

const CLOCK = { feeFallback: 3_000, maxAge: 100, start: 1_000, end: 2_000 };
const update = (at: number, fee: number) => ({ at, fee, volatility: bitsOfFloat(0.5) });

it('a round becomes a price', () => {
  expect(priceRow({ at: 7, answer: 123_456_789n }, 8)).toEqual({ at: 7, price: 1.23456789 });
});

it('a pool without answers charges the fallback all the time', () => {
  expect(feeHistory([], CLOCK)).toEqual({
    rows: [{ at: 1_000, fee: 3_000 }, { at: 2_000 }],
    fallback: [{ from: 1_000, to: 2_000 }],
  });
});

it('answers count until they are older than the age, which is the last second', () => {
  const { rows, fallback } = feeHistory([update(1_200, 4_000), update(1_300, 5_000), update(1_950, 6_000)], CLOCK);
  expect(rows).toEqual([
    { at: 1_000, fee: 3_000 },
    { at: 1_200, fee: 4_000, volatility: 0.5 },
    { at: 1_300, fee: 5_000, volatility: 0.5 },
    { at: 1_401, fee: 3_000 },
    { at: 1_950, fee: 6_000, volatility: 0.5 },
    { at: 2_000 },
  ]);
  expect(fallback).toEqual([
    { from: 1_000, to: 1_200 },
    { from: 1_401, to: 1_950 },
  ]);
});

it('an answer that is too old in the end leaves the fallback', () => {
  const { rows, fallback } = feeHistory([update(1_000, 4_000)], CLOCK);
  expect(rows.slice(1)).toEqual([{ at: 1_000, fee: 4_000, volatility: 0.5 }, { at: 1_101, fee: 3_000 }, { at: 2_000 }]);
  expect(fallback).toEqual([{ from: 1_101, to: 2_000 }]);
});
