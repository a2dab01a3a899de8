import { join } from 'node:path';
import { expect } from 'vitest';
import type { RawLog } from '../../workers/chain/chain-values.ts';
import { createChainReader } from '../../workers/chain/chain-reader.ts';
import { type ChainSignal, createEventSource } from '../../workers/chain/event-source.ts';
import type { ChainEvent } from '../../workers/chain/events.ts';
import { createJobEvents } from '../../workers/chain/job-events.ts';
import { createLogFetcher, type LogFetcherOptions } from '../../workers/chain/log-fetcher.ts';
import { createRpcPool, type RpcPool, type RpcPoolOptions } from '../../workers/chain/rpc-pool.ts';
import { Turnstile } from '../../workers/chain/tx-gate.ts';
import { createDispatch } from '../../workers/roles/listener/dispatch.ts';
import { createFollowChain, type FollowChain } from '../../workers/roles/listener/follow-chain.ts';
import { createFollowOrders } from '../../workers/roles/listener/follow-orders.ts';
import { createListener } from '../../workers/roles/listener/listener.ts';
import { createLookUp } from '../../workers/roles/listener/look-up.ts';
import { createListenerMetrics } from '../../workers/roles/listener/metrics.ts';
import { createReconcile } from '../../workers/roles/listener/reconcile.ts';
import { createRescan } from '../../workers/roles/listener/rescan.ts';
import { type Clock, systemClock } from '../../workers/runtime/clock.ts';
import { type Logger, silentLogger } from '../../workers/runtime/logger.ts';
import { noMetrics } from '../../workers/runtime/metrics.ts';
import { createCursor } from '../../workers/store/cursor.ts';
import { createJobBook } from '../../workers/store/job-book.ts';
import { openJournal } from '../../workers/store/journal.ts';
import { createOrderBook } from '../../workers/store/order-book.ts';
import { CONTEXT, FakeQueues } from '../workers/roles/listener/bench.ts';
import { ADDRESSES, CHAIN_ID, type JobChain } from './job-chain.ts';
import { tempFolder } from './temp-folder.ts';
import { until } from './until.ts';

export interface StageOptions {
  /** RPC nodes, best first. */
  readonly urls: readonly string[];
  readonly verify?: LogFetcherOptions['verify'];
  readonly finalityDepth?: number;
  readonly maxRange?: number;
  readonly pool?: Partial<RpcPoolOptions>;
  /** Defaults to 10. */
  readonly pollMs?: number;
  readonly reconcileMs?: number;
  readonly rescanMs?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** The queues of another listener: two that share one Redis. */
  readonly queues?: FakeQueues;
}

/** What queues have been told, over all lives of the listeners before them. */
export interface Effects {
  readonly queues: FakeQueues;
  /** Ids of the messages that wait, sorted. */
  waiting(): readonly string[];
  /** Ids of messages in the order in which they were made; twice when they were made twice. */
  readonly made: string[];
}

export interface ListenerStage extends Effects {
  /** What the stream has said in this life. */
  readonly signals: ChainSignal<ChainEvent>[];
  readonly pool: RpcPool;
  /** Where the listener keeps its journal. */
  readonly path: string;
  start(): Promise<void>;
  /** Ends this life; `start` begins another one with the same journal. */
  stop(): Promise<void>;
  /** Rejects with what ended the listener by itself. */
  done(): Promise<unknown>;
  /** Height of the newest block whose effects are durable. */
  tip(): number;
  /** Waits until the messages are those that the chain asks for, no more and no less. */
  agrees(): Promise<void>;
}

/** The listener as its role composes it, with a journal on disk and real nodes; only the queues are in memory. */
export async function openListener(chain: JobChain, options: StageOptions): Promise<ListenerStage> {
  const { clock = systemClock, logger = silentLogger, queues = new FakeQueues() } = options;
  const path = join(await tempFolder(), 'listener.sqlite');
  const made: string[] = [];
  const signals: ChainSignal<ChainEvent>[] = [];
  let life: Awaited<ReturnType<typeof begin>> | undefined;

  const producer = {
    retract: queues.retract,
    wake: queues.wake,
    enqueue: noted(queues.enqueue),
    enqueueAgain: noted(queues.enqueueAgain),
  };

  function noted(put: FakeQueues['enqueue']): FakeQueues['enqueue'] {
    return async (...message) => {
      const enqueued = await put(...message);
      if (enqueued.outcome === 'added') made.push(enqueued.id);
      return enqueued;
    };
  }

  async function begin() {
    const pool = createRpcPool(
      {
        urls: options.urls,
        chainId: CHAIN_ID,
        timeoutMs: 3_000,
        rounds: 2,
        backoffMs: 5,
        probeMs: 30,
        ...options.pool,
      },
      { clock, logger },
    );
    await pool.start();
    const journal = openJournal(path, { chainId: CHAIN_ID, genesisHash: '0x00', signer: 'listener' });
    const {
      verify = 'receipts',
      finalityDepth = 64,
      maxRange = 1_000,
      pollMs = 10,
      reconcileMs = 10_000,
      rescanMs,
    } = options;
    const decode = (log: RawLog) => chain.decoder.decode(log);
    const reader = createChainReader({ rpc: pool }, { sealed: verify === 'receipts' });
    const fetcher = createLogFetcher({ filter: chain.decoder.filter, verify }, { reader });
    const source = createEventSource(
      { startBlock: 1, pollMs, finalityDepth, maxRange, decode },
      { reader, fetcher, cursor: createCursor<RawLog>('jobs', { journal }), clock, logger },
    );
    const heard = {
      async *signals(stop: AbortSignal) {
        for await (const one of source.signals(stop)) {
          signals.push(one);
          yield one;
        }
      },
    };
    const metrics = createListenerMetrics(noMetrics);
    const book = createJobBook({ journal });
    const dispatch = createDispatch({
      producer,
      intake: { holds: async () => false, took: () => undefined },
      standingOf: (jobId) => chain.standingOf(jobId),
      clock,
      logger,
      metrics,
    });
    const context = async (signal: AbortSignal) => ({ ...CONTEXT, now: (await reader.head(signal)).timestamp });
    const orders = createOrderBook({ journal });
    const turns = new Turnstile();
    const alone = (work: () => Promise<void>): Promise<void> => turns.run(work);
    const followChain = createFollowChain({
      book,
      orders: createFollowOrders({ book: orders, dispatch, isOpen: async () => false, logger }),
      dispatch,
      context,
      lookUp: createLookUp({
        events: createJobEvents({ addresses: ADDRESSES, startBlock: 0 }, { rpc: pool }),
        reader,
      }),
      outputIn: async () => '0x',
      logger,
      metrics,
    });
    const follow: FollowChain = (message, signal) => alone(() => followChain(message, signal));
    const reconcile = createReconcile({ book, dispatch, alone, context, clock, logger, metrics });
    const rescan = createRescan(
      { blocks: 1_000, startBlock: 1 },
      { fetcher, reader, decode, book, orders, context, logger, metrics },
    );
    const listener = createListener(
      { reconcileMs, ...(rescanMs !== undefined && { rescanMs }) },
      { source: heard, follow, reconcile, rescan, clock, logger },
    );
    const { done } = listener;
    done?.catch(() => undefined);
    await listener.start(new AbortController().signal);
    return {
      pool,
      done,
      stop: async () => {
        await listener.stop();
        await pool.stop();
        journal.close();
      },
    };
  }

  function alive(): NonNullable<typeof life> {
    if (!life) throw new Error('the listener has not been started');
    return life;
  }

  const waiting = (): readonly string[] =>
    [...queues.messages].flatMap(([id, { finished }]) => (finished ? [] : [id])).sort();

  return {
    queues,
    made,
    signals,
    waiting,
    path,
    get pool() {
      return alive().pool;
    },
    start: async () => {
      signals.length = 0;
      life = await begin();
    },
    stop: async () => {
      await life?.stop();
      life = undefined;
    },
    done: async () => alive().done,
    tip: () => (signals.findLast((one) => one.type !== 'finalized')?.type === 'reorg' ? -1 : tipOf(signals)),
    async agrees() {
      const due = await chain.due();
      // After failures in a row the listener waits up to half a minute before it looks again.
      await until(() => JSON.stringify(waiting()) === JSON.stringify(due), { deadlineMs: 40_000 }).catch(() => {
        expect(waiting()).toEqual(due);
      });
    },
  };
}

function tipOf(signals: readonly ChainSignal<ChainEvent>[]): number {
  const last = signals.findLast((one) => one.type === 'events');
  return last?.type === 'events' ? last.block.number : -1;
}
