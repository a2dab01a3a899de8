import { describe, expect, it } from 'vitest';
import { RemitError } from '../../../workers/runtime/errors.ts';
import { backoffMs, retry, type RetryPolicy } from '../../../workers/runtime/retry.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const policy: RetryPolicy = { attempts: 4, baseMs: 100, maxMs: 300, jitter: 0.5 };

function failing(times: number, error: Error = new Error('socket hang up')) {
  const runs: number[] = [];
  const work = (attempt: number): Promise<string> => {
    runs.push(attempt);
    return attempt <= times ? Promise.reject(error) : Promise.resolve('done');
  };
  return { runs, work };
}

describe('retry', () => {
  it('waits longer each time up to the limit and returns the first success', async () => {
    const clock = new ManualClock();
    const waits: number[] = [];
    const { runs, work } = failing(3);
    const result = retry(work, policy, { clock, random: () => 0, onRetry: ({ waitMs }) => waits.push(waitMs) });
    await clock.advance(600);
    await expect(result).resolves.toBe('done');
    expect({ runs, waits }).toEqual({ runs: [1, 2, 3, 4], waits: [100, 200, 300] });
  });

  it('rejects with the last error when the attempts are used up', async () => {
    const clock = new ManualClock();
    const { runs, work } = failing(9);
    const result = expect(retry(work, policy, { clock, random: () => 0 })).rejects.toThrow('socket hang up');
    await clock.advance(10_000);
    await result;
    expect(runs).toHaveLength(4);
  });

  it('does not repeat what says that it is not retryable', async () => {
    const { runs, work } = failing(9, new RemitError({ code: 'X', message: 'no' }));
    await expect(retry(work, policy, { clock: new ManualClock() })).rejects.toMatchObject({ code: 'X' });
    expect(runs).toEqual([1]);
  });

  it('stops waiting when the signal aborts', async () => {
    const clock = new ManualClock();
    const aborter = new AbortController();
    const { runs, work } = failing(9);
    const result = expect(retry(work, policy, { clock, signal: aborter.signal })).rejects.toThrow('enough');
    await clock.advance(0);
    aborter.abort(new Error('enough'));
    await result;
    expect(runs).toEqual([1]);
    expect(clock.sleepers).toBe(0);
  });

  it('draws the wait from [full × (1 − jitter), full]', () => {
    expect(backoffMs(2, policy, 0)).toBe(200);
    expect(backoffMs(2, policy, 1)).toBe(100);
    expect(backoffMs(40, policy, 0)).toBe(300);
  });
});
