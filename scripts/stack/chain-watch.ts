import type { BlockHeader } from '../../workers/chain/chain-values.ts';
import { createChainReader } from '../../workers/chain/chain-reader.ts';
import { createEventDecoder, type ChainEvent, type EventType } from '../../workers/chain/events.ts';
import type { Addresses } from '../../workers/chain/deployments.ts';
import type { Rpc } from '../../workers/chain/rpc.ts';
import type { Clock } from '../../workers/runtime/clock.ts';
import { firstMatch } from './first-match.ts';
import type { WaitOptions } from './timed-out.ts';

/** An event, and when its block was first seen here (local time, milliseconds). */
export type Seen<E extends ChainEvent = ChainEvent> = E & { readonly seenAt: number };
export type SeenOf<T extends EventType> = Seen<Extract<ChainEvent, { readonly type: T }>>;

/** What our contracts said on the branch that the chain is on now. */
export interface ChainWatch {
  events(): readonly Seen[];
  /** Called for each new event; after a reorg, for those of the new branch again. The result ends it. */
  follow(listener: (event: Seen) => void): () => void;
  /** The first event of this type, past or future, for which `matches` holds. @throws RemitError `STACK_TIMEOUT` */
  waitFor<T extends EventType>(
    type: T,
    matches: (event: SeenOf<T>) => boolean,
    options: WaitOptions,
  ): Promise<SeenOf<T>>;
  /** When the block was first seen; undefined when it was mined before the watch began. */
  seenAt(blockNumber: number): number | undefined;
  stop(): Promise<void>;
}

export interface ChainWatchOptions {
  readonly addresses: Addresses;
  readonly everyMs?: number;
}

export interface ChainWatchDeps {
  readonly rpc: Rpc;
  readonly clock: Clock;
}

/** Watches from the newest block on, by its own looks at the chain: what workers say is checked against it. */
export async function watchChain(
  { addresses, everyMs = 40 }: ChainWatchOptions,
  { rpc, clock }: ChainWatchDeps,
): Promise<ChainWatch> {
  const reader = createChainReader({ rpc });
  const decoder = createEventDecoder(addresses);
  const blocks: (BlockHeader & { readonly seenAt: number })[] = [];
  const events: Seen[] = [];
  const listeners = new Set<(event: Seen) => void>();
  const stopped = new AbortController();
  let trouble: unknown;
  const first = await reader.head(stopped.signal);
  blocks.push({ ...first, seenAt: clock.now() });

  async function look(): Promise<void> {
    const head = await reader.head(stopped.signal);
    if (head.hash === blocks.at(-1)?.hash) return;
    await forgetOrphans(head);
    for (let number = (blocks.at(-1)?.number ?? head.number) + 1; number <= head.number; number += 1) {
      const block = await reader.block(number, stopped.signal);
      // A reorg between two calls: the next look sorts it out.
      if (block?.parentHash !== blocks.at(-1)?.hash || !block) return;
      await take(block);
    }
  }

  async function forgetOrphans(head: BlockHeader): Promise<void> {
    for (let last = blocks.at(-1); last && blocks.length > 1; last = blocks.at(-1)) {
      const now = last.number <= head.number ? await reader.block(last.number, stopped.signal) : undefined;
      if (now?.hash === last.hash) return;
      blocks.pop();
      const { hash } = last;
      events.splice(0, events.length, ...events.filter((event) => event.log.blockHash !== hash));
    }
  }

  async function take(block: BlockHeader): Promise<void> {
    const seenAt = clock.now();
    const logs = await reader.logsOf(block, decoder.filter, stopped.signal);
    blocks.push({ ...block, seenAt });
    for (const log of logs) {
      const event = decoder.decode(log);
      if (!event) continue;
      const seen = { ...event, seenAt };
      events.push(seen);
      for (const listener of [...listeners]) listener(seen);
    }
  }

  async function run(): Promise<void> {
    while (!stopped.signal.aborted) {
      // A block may vanish in a reorg between two questions about it; the next look sorts it out.
      await look().catch((error: unknown) => {
        trouble = error;
      });
      await clock.sleep(everyMs, stopped.signal);
    }
  }

  const running = run().catch(() => undefined);

  const follow: ChainWatch['follow'] = (listener) => {
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  };

  return {
    events: () => events,
    follow,
    waitFor<T extends EventType>(type: T, matches: (event: SeenOf<T>) => boolean, options: WaitOptions) {
      const pick = (event: Seen): SeenOf<T> | undefined =>
        event.type === type && matches(event as SeenOf<T>) ? (event as SeenOf<T>) : undefined;
      return firstMatch({ known: events, follow }, pick, options, { clock }).catch((error: unknown) => {
        // Why nothing was seen may be that nothing could be read.
        if (error instanceof Error && trouble !== undefined) error.cause ??= trouble;
        throw error;
      });
    },
    seenAt: (number) => blocks.find((block) => block.number === number)?.seenAt,
    async stop() {
      stopped.abort(new Error('the watch has ended'));
      await running;
    },
  };
}
