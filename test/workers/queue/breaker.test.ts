import { describe, expect, it } from 'vitest';
import { Breaker } from '../../../workers/queue/breaker.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const full = new Error("OOM command not allowed when used memory > 'maxmemory'.");

describe('Breaker', () => {
  it('pauses at the first refusal of a full Redis, longer each time up to 10 s', () => {
    const breaker = new Breaker({ clock: new ManualClock() });
    expect(Array.from({ length: 6 }, () => breaker.onError(full))).toEqual([
      1_000, 2_000, 4_000, 8_000, 10_000, 10_000,
    ]);
  });

  it('starts again with a short pause after progress', () => {
    const breaker = new Breaker({ clock: new ManualClock() });
    breaker.onError(full);
    breaker.onError(full);
    breaker.onProgress();
    expect(breaker.onError(full)).toBe(1_000);
  });

  it('lets single errors pass but pauses when any error repeats 20 times within a second', async () => {
    const clock = new ManualClock();
    const breaker = new Breaker({ clock });
    const pauses = Array.from({ length: 20 }, () => breaker.onError(new Error('odd')));
    expect(pauses.filter((ms) => ms > 0)).toEqual([1_000]);
    expect(pauses[19]).toBe(1_000);
    for (let i = 0; i < 40; i++) {
      await clock.advance(1_000);
      expect(breaker.onError(new Error('odd'))).toBe(0);
    }
  });
});
