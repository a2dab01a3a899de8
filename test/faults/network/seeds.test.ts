import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBooks } from '../../e2e/support/books.ts';
import type { Market } from '../../e2e/support/market.ts';
import { endStack, startMarket } from '../../e2e/support/network.ts';
import { effort } from '../../support/effort.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { type RpcProxy, startRpcProxy } from '../../support/rpc-proxy.ts';
import { seedOf } from '../../support/seeds.ts';
import { expectEndedOnce, expectFoldIsStorage, expectHistories, expectPaid } from './seed-audit.ts';
import { type PlayedJob, type SeedNetwork, startSeedNetwork } from './seed-network.ts';
import { interleaved, scriptOf, type SeedStep, told } from './seed-script.ts';

const NETWORKS = effort({ test: 1, nightly: 10 });
/** Scripts that one network plays: after some thousand blocks a reorg of anvil may lose its whole state. */
const SEEDS = 20;
/** Scripts at the same time. With more, a message could be there at three deaths of its consumer, and be taken for their cause. */
const AT_ONCE = 2;
const FIRST = seedOf();
const networks = Array.from({ length: NETWORKS }, (_, network) =>
  Array.from({ length: SEEDS / AT_ONCE }, (_, batch) =>
    Array.from({ length: AT_ONCE }, (_, at) => FIRST + SEEDS * network + AT_ONCE * batch + at),
  ),
);
const scheduleOf = (seeds: readonly number[]): readonly SeedStep[] => interleaved(...seeds.map(scriptOf));

describe('the schedule of a seed', () => {
  it('is the same every time, and another one for another seed', () => {
    const batches = networks.flat();
    const all = batches.map((seeds) => told(scheduleOf(seeds)));
    expect(batches.map((seeds) => told(scheduleOf(seeds)))).toEqual(all);
    expect(new Set(all).size).toBe(all.length);
    expect(told(scriptOf(7)).split('\n')).toEqual([
      '  seed 7, after 2 ticks: ask: answerable, callback when attested',
      '  seed 7, after 1 ticks: kill -9 victim submitter',
      '  seed 7, after 3 ticks: reorg depth 1',
    ]);
  });

  it('has two to four jobs and two or three faults, and every kind of both occurs', () => {
    const scripts = Array.from({ length: 200 }, (_, seed) => scriptOf(seed));
    const jobs = scripts.map((steps) => steps.flatMap((step) => (step.kind === 'ask' ? step.jobs : [])));
    const faults = scripts.map((steps) => steps.flatMap((step) => (step.kind === 'fault' ? [step.fault] : [])));
    expect(new Set(jobs.map(({ length }) => length))).toEqual(new Set([2, 3, 4]));
    expect(new Set(faults.map(({ length }) => length))).toEqual(new Set([2, 3]));
    expect(new Set(jobs.flat()).size).toBe(4);
    expect(new Set(faults.flat().map(({ kind }) => kind)).size).toBe(8);
    expect(new Set(faults.flat().flatMap((fault) => (fault.kind === 'reorg' ? [fault.depth] : []))).size).toBe(12);
  });
});

describe.each(networks.map((batches) => ({ batches, first: batches[0]![0]! })))(
  'a whole network, while everything goes wrong that $first and the next seeds say',
  ({ batches }) => {
    let redis: TestRedis;
    let market: Market;
    let proxy: RpcProxy;
    let network: SeedNetwork | undefined;
    const played: PlayedJob[] = [];

    beforeAll(async () => {
      redis = await startRedis({ durable: true });
      market = await startMarket({ redisUrl: redis.url });
      proxy = await startRpcProxy(market.stack.chain.url);
      network = await startSeedNetwork({ market, redis, proxy });
    });
    afterAll(async () => {
      await network?.stop();
      await endStack(market, proxy, redis);
    });

    it.each(batches)(
      'every job of the seeds %i and %i ends once, and the money is where it belongs',
      async (...seeds) => {
        if (!network) throw new Error('there is no network');
        const schedule = scheduleOf(seeds);
        await network.bury();
        const before = await readBooks(market);
        try {
          const jobs = await network.play(schedule);
          expect(jobs.length).toBeGreaterThanOrEqual(2 * AT_ONCE);
          await expectEndedOnce(market, jobs);
          await expectPaid(market, before, jobs);
          played.push(...jobs);
        } catch (error) {
          const replay = `REMIT_SEED=${seeds[0]} plays this again:\n${told(schedule)}`;
          throw new Error(`${error instanceof Error ? error.message : String(error)}\n${replay}`, { cause: error });
        }
      },
    );

    it('and in the end nothing has changed any more, and the logs since the first block add up to what is stored', async () => {
      expect(new Set(played.map(({ seed }) => seed)).size).toBe(SEEDS);
      await expectHistories(market, played);
      expect(await expectFoldIsStorage(market)).toBe(played.length);
    });
  },
);
