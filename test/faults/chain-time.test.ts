import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createChainReader } from '../../workers/chain/chain-reader.ts';
import { createRecentHead } from '../../workers/chain/recent-head.ts';
import { createRpcPool } from '../../workers/chain/rpc-pool.ts';
import { type Clock, systemClock } from '../../workers/runtime/clock.ts';
import { silentLogger } from '../../workers/runtime/logger.ts';
import { type JobChain, startJobChain } from '../support/job-chain.ts';
import { type ListenerStage, openListener, type StageOptions } from '../support/listener-stage.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { until } from '../support/until.ts';

const TEN_MINUTES = 600_000;

let chain: JobChain;
const stages: ListenerStage[] = [];

beforeEach(async () => {
  chain = await startJobChain();
});
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(stages.splice(0).map((stage) => stage.stop()));
  await chain.anvil.stop();
});

async function listen(options: Partial<StageOptions> = {}): Promise<ListenerStage> {
  const stage = await openListener(chain, { urls: [chain.anvil.url], ...options });
  stages.push(stage);
  await stage.start();
  return stage;
}

function wrongBy(ms: number): Clock {
  return { now: () => systemClock.now() + ms, sleep: (...args) => systemClock.sleep(...args) };
}

describe('F41 · a clock that is wrong or jumps', () => {
  it('ten minutes ahead or behind: the same messages with the same waits', async () => {
    const [right, ahead, behind] = await Promise.all(
      [0, TEN_MINUTES, -TEN_MINUTES].map((ms) => listen({ clock: wrongBy(ms) })),
    );
    await chain.inOneBlock(['requested', 1], ['requested', 2], ['attested', 2], ['requested', 3], ['settled', 3]);
    const told = (stage: ListenerStage) => [...stage.queues.messages].map(([id, { delayMs }]) => [id, delayMs]).sort();
    for (const stage of [right!, ahead!, behind!]) await stage.agrees();
    expect(told(ahead!)).toEqual(told(right!));
    expect(told(behind!)).toEqual(told(right!));
  });

  it.each([TEN_MINUTES, -TEN_MINUTES])(
    'set by %i ms while the process runs: local time goes on as it did',
    async (jump) => {
      const before = systemClock.now();
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + jump });
      const after = systemClock.now();
      expect(after).toBeGreaterThanOrEqual(before);
      expect(after - before).toBeLessThan(TEN_MINUTES / 2);

      // What is remembered for half a second is not remembered for ten minutes.
      const pool = createRpcPool(
        { urls: [chain.anvil.url], chainId: 31_337 },
        { clock: systemClock, logger: silentLogger },
      );
      const head = createRecentHead({ maxAgeMs: 20 }, { reader: createChainReader({ rpc: pool }), clock: systemClock });
      const { number } = await head();
      vi.setSystemTime(Date.now() - jump);
      await chain.anvil.mine();
      await until(async () => (await head()).number === number + 1, { what: 'the next block seen' });
      await pool.stop();
    },
  );
});

describe('F42 · a chain that stops and jumps', () => {
  it('ten minutes without a block are nothing; the block after them is followed, however late it says it is', async () => {
    const clock = new ManualClock();
    const stage = await listen({ clock, pollMs: 500, pool: { probeMs: 10_000, timeoutMs: 3_600_000 } });
    const step = async (probe: () => boolean): Promise<void> => {
      await until(async () => {
        await clock.advance(500);
        return probe();
      });
    };
    await chain.say('requested', 1);
    await step(() => stage.made.length === 1);
    const { length } = stage.signals;
    await clock.advance(TEN_MINUTES);
    expect(stage.signals.slice(length).filter(({ type }) => type !== 'finalized')).toEqual([]);
    expect(stage.made).toHaveLength(1);
    await chain.anvil.rpc('evm_increaseTime', [TEN_MINUTES / 1_000]);
    await chain.say('requested', 2);
    await step(() => stage.made.length === 2);
    await stage.agrees();
  });
});
