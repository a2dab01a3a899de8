import { describe, expect, it } from 'vitest';
import type { BlockHeader } from '../../../workers/chain/chain-values.ts';
import { createRecentHead } from '../../../workers/chain/recent-head.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function world() {
  const clock = new ManualClock();
  let calls = 0;
  let failing = false;
  const head = () => {
    calls += 1;
    return failing ? Promise.reject(new Error('no node')) : Promise.resolve({ number: calls } as BlockHeader);
  };
  const recent = createRecentHead({ maxAgeMs: 500 }, { reader: { head }, clock });
  return { clock, recent, calls: () => calls, fail: (now: boolean) => (failing = now) };
}

describe('createRecentHead', () => {
  it('shares one call among all who ask within its age, then asks anew', async () => {
    const { clock, recent, calls } = world();
    const heads = await Promise.all([recent(), recent(), recent()]);
    expect(heads.map(({ number }) => number)).toEqual([1, 1, 1]);
    await clock.advance(501);
    expect((await recent()).number).toBe(2);
    expect(calls()).toBe(2);
  });

  it('does not remember a failure', async () => {
    const { recent, fail } = world();
    fail(true);
    await expect(recent()).rejects.toThrow('no node');
    fail(false);
    expect((await recent()).number).toBe(2);
  });

  it('asks nothing for somebody who has left', async () => {
    const { recent, calls } = world();
    await expect(recent(AbortSignal.abort(new Error('left')))).rejects.toThrow('left');
    expect(calls()).toBe(0);
  });
});
