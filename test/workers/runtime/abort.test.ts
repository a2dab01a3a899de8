import { describe, expect, it } from 'vitest';
import { withTimeout } from '../../../workers/runtime/abort.ts';
import { systemClock } from '../../../workers/runtime/clock.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const never = (): Promise<never> => new Promise(() => undefined);

describe('withTimeout', () => {
  it('returns the result and leaves no timer behind', async () => {
    const clock = new ManualClock();
    await expect(withTimeout(50, () => Promise.resolve(7), { clock })).resolves.toBe(7);
    await clock.advance(0);
    expect(clock.sleepers).toBe(0);
  });

  it('rejects at once on expiry, even when the work does not listen, and aborts its signal', async () => {
    const clock = new ManualClock();
    let seen: AbortSignal | undefined;
    const result = withTimeout(50, (signal) => ((seen = signal), never()), { clock, what: 'eth_call' });
    const expectation = expect(result).rejects.toMatchObject({
      code: 'TIMEOUT',
      retryable: true,
      message: 'eth_call took longer than 50 ms',
    });
    await clock.advance(49);
    expect(seen?.aborted).toBe(false);
    await clock.advance(1);
    await expectation;
    expect(seen?.aborted).toBe(true);
  });

  it('rejects with the reason of the caller that gives up', async () => {
    const aborter = new AbortController();
    const result = withTimeout(50, never, { clock: new ManualClock(), signal: aborter.signal });
    aborter.abort(new Error('shutting down'));
    await expect(result).rejects.toThrow('shutting down');
    await expect(withTimeout(50, never, { clock: new ManualClock(), signal: aborter.signal })).rejects.toThrow(
      'shutting down',
    );
  });

  it('passes on a failure thrown before the first await', async () => {
    const work = (): Promise<never> => {
      throw new Error('at once');
    };
    await expect(withTimeout(50, work, { clock: systemClock })).rejects.toThrow('at once');
  });
});

it('the system clock rejects an aborted sleep with the reason of the signal', async () => {
  await expect(systemClock.sleep(60_000, AbortSignal.abort(new Error('why')))).rejects.toThrow('why');
});
