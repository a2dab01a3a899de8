import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dueAt,
  isBeyond,
  isMoved,
  leaderOf,
  medianOf,
  parseFeedTerms,
  quorumOf,
  turnAt,
  turnStart,
} from '../../../workers/protocol/feed.ts';
import { FEED_TERMS } from '../../support/sample-feed.ts';

const int128 = fc.bigInt({ min: -(2n ** 127n), max: 2n ** 127n - 1n });

describe('turns', () => {
  it('cut time into pieces of equal length, each led by the next seat', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 40 }),
        fc.integer({ min: 1, max: 2 ** 24 - 1 }),
        (time, turnSeconds) => {
          const turn = turnAt(time, { turnSeconds });
          expect(turnStart(turn, { turnSeconds })).toBeLessThanOrEqual(time);
          expect(turnStart(turn + 1, { turnSeconds })).toBeGreaterThan(time);
        },
      ),
    );
    expect([0, 1, 3, 4, 9].map((turn) => leaderOf(turn, { seats: 4 }))).toEqual([0, 1, 3, 0, 1]);
  });

  it('a round is due after three quarters of the heartbeat, rounded down', () => {
    expect(dueAt({ updatedAt: 100 }, { heartbeat: 120 })).toBe(190);
    expect(dueAt({ updatedAt: 100 }, { heartbeat: 121 })).toBe(190);
    expect(dueAt({ updatedAt: 100 }, { heartbeat: 122 })).toBe(191);
  });

  it('a quorum is one more than twice those that may fail', () => {
    expect([0, 1, 2, 10].map((faults) => quorumOf({ faults }))).toEqual([1, 3, 5, 21]);
  });
});

describe('the median', () => {
  it('is the lower of the two in the middle, and of nothing there is none', () => {
    expect(medianOf([3n])).toBe(3n);
    expect(medianOf([4n, 1n])).toBe(1n);
    expect(medianOf([4n, 1n, 2n])).toBe(2n);
    expect(medianOf([4n, 1n, 2n, 9n])).toBe(2n);
    expect(medianOf([-1n, -3n, -2n, -2n])).toBe(-2n);
    expect(() => medianOf([])).toThrow(RangeError);
  });

  it('leaves its values as they were', () => {
    const values = [3n, 1n, 2n];
    medianOf(values);
    expect(values).toEqual([3n, 1n, 2n]);
  });

  it('I28: with at most f liars among 2f + 1 or more, lies among the honest values', () => {
    const reports = fc.integer({ min: 0, max: 5 }).chain((faults) =>
      fc.record({
        honest: fc.array(int128, { minLength: faults + 1, maxLength: 2 * faults + 2 }),
        lies: fc.array(int128, { minLength: faults, maxLength: faults }),
      }),
    );
    fc.assert(
      fc.property(reports, ({ honest, lies }) => {
        const median = medianOf([...lies, ...honest]);
        expect(honest.some((value) => value <= median) && honest.some((value) => value >= median)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('distances', () => {
  it('are beyond from the first unit past the limit, and moved from the limit on', () => {
    expect([99n, 100n, 101n].map((by) => isBeyond(10_000n + by, 10_000n, 100))).toEqual([false, false, true]);
    expect([99n, 100n, 101n].map((by) => isMoved(10_000n - by, 10_000n, 100))).toEqual([false, true, true]);
    expect([99n, 100n, 101n].map((by) => isMoved(-10_000n - by, -10_000n, 100))).toEqual([false, true, true]);
  });

  it('from zero are beyond everything, and no distance is no move', () => {
    expect([isBeyond(1n, 0n, 65_535), isMoved(-1n, 0n, 65_535)]).toEqual([true, true]);
    expect([isBeyond(0n, 0n, 0), isMoved(0n, 0n, 1), isMoved(5n, 5n, 0)]).toEqual([false, false, false]);
  });

  it('what is beyond has moved', () => {
    fc.assert(
      fc.property(int128, int128, fc.integer({ min: 0, max: 65_535 }), (value, base, bps) => {
        expect(!isBeyond(value, base, bps) || isMoved(value, base, bps)).toBe(true);
        expect(value === base || isMoved(value, base, 0)).toBe(true);
      }),
    );
  });
});

describe('terms', () => {
  const decoded = Object.fromEntries(
    Object.entries(FEED_TERMS).map(([name, value]) => [name, typeof value === 'number' ? BigInt(value) : value]),
  );

  it('are read from what the chain says', () => {
    expect(parseFeedTerms(decoded)).toEqual(FEED_TERMS);
  });

  it.each([
    ['seats', 256n],
    ['faults', -1n],
    ['heartbeat', 2n ** 32n],
    ['turnSeconds', 2n ** 24n],
    ['clampBps', undefined],
    ['reportPayment', 2n ** 80n],
  ])('are refused by the name of the field: %s', (field, value) => {
    expect(() => parseFeedTerms({ ...decoded, [field]: value })).toThrow(field);
  });
});
