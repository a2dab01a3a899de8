import { systemClock } from '../../workers/runtime/clock.ts';
import { silentLogger } from '../../workers/runtime/logger.ts';
import type { SeenBlock } from '../../workers/chain/block-history.ts';
import { createChainReader } from '../../workers/chain/chain-reader.ts';
import {
  type ChainSignal,
  createEventSource,
  type CursorStore,
  type EventSourceOptions,
} from '../../workers/chain/event-source.ts';
import { createLogFetcher, type LogFetcherOptions } from '../../workers/chain/log-fetcher.ts';
import { createRpcPool, type RpcPoolOptions } from '../../workers/chain/rpc-pool.ts';
import { EMITTER, EMITTER_TOPIC } from './emitter.ts';

/** A cursor that lives as long as the test: what a disk would hold. */
export class MemoryCursor implements CursorStore {
  blocks: SeenBlock[] = [];
  #entering: SeenBlock | undefined;
  #leaving: readonly SeenBlock[] = [];
  load(): readonly SeenBlock[] {
    return [...this.blocks];
  }
  unsettled(): ReturnType<CursorStore['unsettled']> {
    return { entering: this.#entering, leaving: this.#leaving };
  }
  enter(block: SeenBlock): void {
    this.#entering = block;
  }
  advance(block: SeenBlock, keepFrom: number): void {
    this.blocks = [...this.blocks, block].filter(({ number }) => number >= keepFrom);
    this.#entering = undefined;
  }
  leave(number: number): void {
    this.#leaving = [
      ...this.blocks.filter((block) => block.number > number),
      ...(this.#entering ? [this.#entering] : []),
    ];
    this.blocks = this.blocks.filter((block) => block.number <= number);
    this.#entering = undefined;
  }
  left(): void {
    this.#leaving = [];
  }
}

export interface ShadowOptions {
  readonly cursor?: CursorStore;
  readonly effects?: ShadowEffects;
  readonly source?: Partial<EventSourceOptions<number>>;
  readonly verify?: LogFetcherOptions['verify'];
  readonly pool?: Partial<RpcPoolOptions>;
  /** Called with every signal before it takes effect; throwing is a crash. */
  readonly onSignal?: (signal: ChainSignal<number>) => void;
}

/** What the consumer made durable: the values of the canonical chain, if the stream is right. */
export class ShadowEffects {
  readonly byBlock = new Map<string, { number: number; values: readonly number[] }>();
  get values(): number[] {
    return [...this.byBlock.values()].sort((a, b) => a.number - b.number).flatMap(({ values }) => [...values]);
  }
}

export interface Shadow {
  readonly signals: ChainSignal<number>[];
  readonly effects: ShadowEffects;
  readonly cursor: CursorStore;
  /** Height of the last block handed on. */
  tip(): number;
  /** Settles when the stream ended; rejects with what ended it. */
  readonly done: Promise<void>;
  stop(): Promise<void>;
}

/** Follows the emitter through `url` as the listener would, applying and undoing effects. */
export function followEmitter(url: string, options: ShadowOptions = {}): Shadow {
  const { cursor = new MemoryCursor(), effects = new ShadowEffects(), onSignal } = options;
  const stop = new AbortController();
  const pool = createRpcPool(
    { urls: [url], chainId: 31337, timeoutMs: 1000, rounds: 2, backoffMs: 5, ...options.pool },
    { clock: systemClock, logger: silentLogger },
  );
  const reader = createChainReader({ rpc: pool });
  const fetcher = createLogFetcher(
    { filter: { addresses: [EMITTER], topics: [EMITTER_TOPIC] }, verify: options.verify ?? 'filtered' },
    { reader },
  );
  const source = createEventSource<number>(
    { startBlock: 1, pollMs: 15, decode: (log) => Number(log.data), ...options.source },
    { reader, fetcher, cursor, clock: systemClock, logger: silentLogger },
  );
  const signals: ChainSignal<number>[] = [];
  let tip = -1;

  const run = async (): Promise<void> => {
    for await (const signal of source.signals(stop.signal)) {
      onSignal?.(signal);
      signals.push(signal);
      if (signal.type === 'events') {
        // A handler sees a block twice when the crash came between its effects and the cursor: keyed effects absorb it.
        effects.byBlock.set(signal.block.hash, { number: signal.block.number, values: signal.events });
        tip = signal.block.number;
      }
      if (signal.type === 'reorg') {
        for (const { block } of signal.dropped) effects.byBlock.delete(block.hash);
        tip = signal.commonAncestor.number;
      }
    }
  };
  const done = run();
  done.catch(() => undefined);
  return {
    signals,
    effects,
    cursor,
    tip: () => tip,
    done,
    async stop() {
      stop.abort();
      await done.catch(() => undefined);
      await pool.stop();
    },
  };
}
