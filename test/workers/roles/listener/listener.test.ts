import { describe, expect, it } from 'vitest';
import type { ChainSignal, EventSource } from '../../../../workers/chain/event-source.ts';
import type { ChainEvent } from '../../../../workers/chain/events.ts';
import { silentLogger } from '../../../../workers/runtime/logger.ts';
import { createListener } from '../../../../workers/roles/listener/listener.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { failure } from '../../../support/role-jobs.ts';
import { blockOf } from './bench.ts';

function bench(
  follow: (message: ChainSignal<ChainEvent>) => Promise<void>,
  reconcile = async (): Promise<void> => undefined,
) {
  const clock = new ManualClock();
  const acknowledged: number[] = [];
  const source: EventSource<ChainEvent> = {
    async *signals(signal) {
      for (let number = 1; !signal.aborted; number++) {
        yield blockOf(number);
        acknowledged.push(number);
        await clock.sleep(1_000, signal).catch(() => undefined);
      }
    },
  };
  const listener = createListener({ reconcileMs: 10_000 }, { source, follow, reconcile, clock, logger: silentLogger });
  const { signal } = new AbortController();
  const state = async () => (await listener.check.check(signal)).state;
  return { listener, clock, acknowledged, state, start: () => listener.start(signal) };
}

describe('the listener', () => {
  it('acknowledges a signal only when everything that it causes is done, and says so in its health', async () => {
    let failures = 3;
    const followed: number[] = [];
    const one = bench(async (message) => {
      if (failures-- > 0) throw failure('REDIS_UNREACHABLE', true);
      if (message.type === 'events') followed.push(message.block.number);
    });
    expect(await one.state()).toBe('degraded');
    await one.start();
    await one.clock.advance(0);
    expect(await one.state()).toBe('failing');
    expect(one.acknowledged).toEqual([]);
    await one.clock.advance(999);
    expect(followed).toEqual([1]);
    expect(one.acknowledged).toEqual([1]);
    expect(await one.state()).toBe('ok');
    await one.listener.stop();
  });

  it('reconciles at the start and then in its interval, also after a failure', async () => {
    const runs: number[] = [];
    const one = bench(
      async () => undefined,
      async () => {
        runs.push(one.clock.now());
        if (runs.length === 1) throw failure('REDIS_UNREACHABLE', true);
      },
    );
    await one.start();
    await one.clock.advance(0);
    expect(runs).toHaveLength(1);
    await one.clock.advance(200);
    expect(runs).toHaveLength(2);
    await one.clock.advance(10_000);
    expect(runs).toHaveLength(3);
    await one.listener.stop();
  });

  it('ends when nothing can be mended by waiting', async () => {
    const one = bench(async () => {
      throw failure('REORG_TOO_DEEP');
    });
    const done = expect(one.listener.done).rejects.toMatchObject({ code: 'REORG_TOO_DEEP' });
    await one.start();
    await done;
    await one.listener.stop();
  });

  it('stops in the middle of an outage', async () => {
    const one = bench(async () => {
      throw failure('REDIS_UNREACHABLE', true);
    });
    await one.start();
    await one.clock.advance(5_000);
    await one.listener.stop();
    expect(one.acknowledged).toEqual([]);
  });
});
