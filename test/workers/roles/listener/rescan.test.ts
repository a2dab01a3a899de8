import { describe, expect, it } from 'vitest';
import type { BlockHeader, RawLog } from '../../../../workers/chain/chain-values.ts';
import type { ChainSignal, EventSource } from '../../../../workers/chain/event-source.ts';
import type { ChainEvent } from '../../../../workers/chain/events.ts';
import type { Hex32 } from '../../../../workers/protocol/ids.ts';
import { createListener } from '../../../../workers/roles/listener/listener.ts';
import { createListenerMetrics } from '../../../../workers/roles/listener/metrics.ts';
import { createRescan, type RescanPlace } from '../../../../workers/roles/listener/rescan.ts';
import { silentLogger } from '../../../../workers/runtime/logger.ts';
import { noMetrics } from '../../../../workers/runtime/metrics.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { failure } from '../../../support/role-jobs.ts';
import { hash, NOW, REGISTRY } from '../../../support/sample-job.ts';
import { attested, blockOf, CONTEXT, createBench, reorgOf, requested, settled } from './bench.ts';

const { signal } = new AbortController();
const orders = { find: () => undefined };

/** A rescan of the blocks in which nodes say that `events` happened, in front of a real book. */
function rescanOf(listener: ReturnType<typeof createBench>, events: readonly ChainEvent[]) {
  const said = new Map<string, ChainEvent>();
  const logs = events.map(({ log }): RawLog => ({ ...log, address: REGISTRY, topics: [], data: '0x' }));
  for (const [at, event] of events.entries()) said.set(keyOf(logs[at]!), event);
  const header = (number: number): BlockHeader => ({
    ...{ number, hash: hash(number), parentHash: hash(number - 1), timestamp: NOW, baseFeePerGas: 1n },
    logsBloom: '0x',
  });
  const rescan = createRescan(
    { blocks: 100, startBlock: 1 },
    {
      fetcher: {
        ofRange: async (from, to) => logs.filter(({ blockNumber: at }) => at >= from && at <= to),
        confirm: async (_, found) => found,
      },
      // By hash a node tells every block that it has ever seen, dropped ones too.
      reader: { block: async (id) => header(Number(BigInt(id))) },
      decode: (log) => said.get(keyOf(log)),
      ...{ book: listener.book, orders, context: async () => CONTEXT, logger: silentLogger },
      metrics: createListenerMetrics(noMetrics),
    },
  );
  return (place: RescanPlace) => rescan(place, listener.follow, signal);
}

const keyOf = ({ blockHash, logIndex }: { readonly blockHash: Hex32; readonly logIndex: number }): string =>
  `${blockHash}-${logIndex}`;

describe('reading blocks again', () => {
  it('finds a job that nobody told about, once its block is final', async () => {
    const listener = createBench();
    const rescan = rescanOf(listener, [requested(1, 7)]);
    await rescan({ final: 6, tip: 9 });
    expect(listener.queues.waiting).toEqual([]);
    await rescan({ final: 7, tip: 10 });
    expect(listener.queues.waiting).toEqual(['1-infer']);
  });

  it('does not follow a branch that was dropped and that a node still shows', async () => {
    const listener = createBench();
    await listener.follow(blockOf(8, requested(1, 8), requested(2, 8)));
    await listener.follow(reorgOf(7, blockOf(8, requested(1, 8), requested(2, 8))));
    // The same blocks, as a node that has not noticed tells them.
    await rescanOf(listener, [requested(1, 8), requested(2, 8)])({ final: 7, tip: 9 });
    expect(listener.book.open()).toEqual([]);
    expect(listener.queues.waiting).toEqual([]);
  });

  it('sees beyond what is final that a job has ended', async () => {
    const listener = createBench();
    const told = [requested(1, 5), attested(1, 6), settled(1, 9)];
    await rescanOf(listener, told)({ final: 7, tip: 9 });
    expect(listener.book.open()).toEqual([]);
    expect(listener.queues.waiting).toEqual([]);
  });
});

describe('the listener', () => {
  it('reads again up to what is final, and goes back with its place when the chain does', async () => {
    const clock = new ManualClock();
    const places: RescanPlace[] = [];
    const said: ChainSignal<ChainEvent>[] = [
      blockOf(9),
      { type: 'finalized', blockNumber: 5 },
      reorgOf(7),
      { type: 'finalized', blockNumber: 6 },
    ];
    const source: EventSource<ChainEvent> = {
      async *signals(stop) {
        for (const one of said) {
          yield one;
          await clock.sleep(1_000, stop).catch(() => undefined);
        }
      },
    };
    let failures = 1;
    const followed: number[] = [];
    const listener = createListener(
      { reconcileMs: 60_000, rescanMs: 1_000 },
      {
        source,
        follow: async (message) => {
          if (message.type === 'events' && message.block.number === 4 && failures-- > 0)
            throw failure('REDIS_UNREACHABLE', true);
          if (message.type === 'events') followed.push(message.block.number);
        },
        reconcile: async () => undefined,
        rescan: async (place, follow, stop) => {
          places.push(place);
          await follow(blockOf(4), stop);
        },
        ...{ clock, logger: silentLogger },
      },
    );
    await listener.start(signal);
    for (let second = 0; second < 6; second++) await clock.advance(1_000);
    expect(places).toEqual([
      { final: 5, tip: 9 },
      { final: 6, tip: 7 },
    ]);
    // What is found is followed until that succeeds.
    expect(followed).toEqual([9, 4, 4]);
    await listener.stop();
  });
});
