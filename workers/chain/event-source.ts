import type { Hex32 } from '../protocol/ids.ts';
import type { Clock } from '../runtime/clock.ts';
import { isRetryable, messageOf, RemitError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import { BlockHistory, seen, type SeenBlock } from './block-history.ts';
import type { ChainReader } from './chain-reader.ts';
import type { BlockHeader, RawLog } from './chain-values.ts';
import type { LogFetcher } from './log-fetcher.ts';
import { inconsistent, RpcRejection } from './rpc.ts';

export interface BlockRef {
  readonly number: number;
  readonly hash: Hex32;
  /** Unix seconds, chain time. */
  readonly timestamp: number;
}

export interface BlockEvents<E> {
  readonly block: BlockRef;
  readonly events: readonly E[];
}

/**
 * What happened to the chain. `events` comes for every block near the head, in order, even for blocks without events;
 * while catching up, only for blocks with events and for the end of each range. `reorg` lists what is no longer true,
 * newest block first. Blocks up to `finalized` will not change any more.
 */
export type ChainSignal<E> =
  | ({ readonly type: 'events' } & BlockEvents<E>)
  | { readonly type: 'reorg'; readonly commonAncestor: BlockRef; readonly dropped: readonly BlockEvents<E>[] }
  | { readonly type: 'finalized'; readonly blockNumber: number };

/** Where the stream stands, durably. Every method has happened for good when it returns. */
export interface CursorStore {
  /** The blocks handed on and acknowledged, oldest first. Empty at the very first start. */
  load(): readonly SeenBlock[];
  /** What an earlier process had begun and may have done in part: a block on its way in, blocks on their way out, oldest first. */
  unsettled(): { readonly entering: SeenBlock | undefined; readonly leaving: readonly SeenBlock[] };
  /** `block` is about to take effect. */
  enter(block: SeenBlock): void;
  /** Appends `block`, which has taken effect, and forgets blocks below `keepFrom`. */
  advance(block: SeenBlock, keepFrom: number): void;
  /** Blocks above `number`, and one that was to take effect, are about to be undone; they are no part of the chain any more. */
  leave(number: number): void;
  /** They are undone. */
  left(): void;
}

export interface EventSourceOptions<E> {
  /** First block of interest: that of the deployment. */
  readonly startBlock: number;
  /** Blocks on top of a block before it is handed on. 0 acts on the head itself. Defaults to 0. */
  readonly confirmations?: number;
  /** Deepest reorg that is followed; also the number of blocks kept. Defaults to 64. */
  readonly finalityDepth?: number;
  /** Milliseconds between looks at the head. Defaults to 1,000. */
  readonly pollMs?: number;
  /** Blocks in one request while catching up. Defaults to 1,000. */
  readonly maxRange?: number;
  /** The domain event in a log; `undefined` when it is none of ours. */
  readonly decode: (log: RawLog) => E | undefined;
}

export interface EventSourceDeps {
  readonly reader: ChainReader;
  readonly fetcher: LogFetcher;
  readonly cursor: CursorStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface EventSource<E> {
  /**
   * The stream, until `signal` aborts. Asking for the next signal acknowledges the last one: only then does the cursor
   * move, so everything a signal causes must be durable before. Leaving the loop early acknowledges nothing.
   * @throws RemitError REORG_TOO_DEEP; everything that may pass is retried for ever, and logged.
   */
  signals(signal: AbortSignal): AsyncGenerator<ChainSignal<E>, void, void>;
}

/** A log stream linked by block hashes: no event is missed, and every event that a reorg removes is taken back. */
export function createEventSource<E>(
  options: EventSourceOptions<E>,
  { reader, fetcher, cursor, clock, logger }: EventSourceDeps,
): EventSource<E> {
  const { startBlock, confirmations = 0, finalityDepth = 64, pollMs = 1000, maxRange = 1000, decode } = options;
  const history = new BlockHistory(cursor.load());
  // What a crash cut short must be ended before anything else: its block may be gone, and nobody else would undo it.
  let { entering, leaving } = cursor.unsettled();
  let finalized = -1;
  let checkedHead: Hex32 | undefined;

  function eventsOf(block: SeenBlock): BlockEvents<E> {
    return { block: refOf(block), events: block.logs.map(decode).filter((event) => event !== undefined) };
  }

  /** What is final counts from `block`, not from the head: the node that said where the head is may be on another branch. */
  function advance(block: SeenBlock): void {
    const keepFrom = Math.max(0, block.number - finalityDepth);
    cursor.advance(block, keepFrom);
    history.push(block, keepFrom);
  }

  /** Fills the history below the first block of interest, so that a reorg across it is recognised. */
  async function anchor(head: BlockHeader, signal: AbortSignal): Promise<void> {
    const first = await reader.block(Math.max(0, startBlock - 1), signal);
    if (!first)
      throw inconsistent(`the chain ends at block ${head.number}, before the first block of interest, ${startBlock}`);
    const chain = [first];
    for (let block = first; block.number > Math.max(0, head.number - finalityDepth);) {
      block = await existing(block.parentHash, signal);
      chain.push(block);
    }
    for (const block of chain.reverse()) advance(seen(block, []));
  }

  async function existing(id: number | Hex32, signal: AbortSignal): Promise<BlockHeader> {
    const block = await reader.block(id, signal);
    if (!block) throw inconsistent(`block ${id} is not there, though the chain reaches beyond it`);
    return block;
  }

  /** `block` is canonical and does not continue our chain: undo everything down to the block that both share. */
  async function* reorg(block: BlockHeader, signal: AbortSignal): AsyncGenerator<ChainSignal<E>, void, void> {
    for (let newer = block; ; newer = await existing(newer.parentHash, signal)) {
      const ours = history.at(newer.number - 1);
      if (!ours) throw tooDeep(history.oldest, newer, finalityDepth);
      if (ours.hash !== newer.parentHash) continue;
      yield* undo(ours);
      return;
    }
  }

  /** Takes back every block above `ancestor`, and what was begun on top of them. */
  function* undo(ancestor: SeenBlock): Generator<ChainSignal<E>, void, void> {
    const dropped = [...(entering ? [entering] : []), ...history.above(ancestor.number)];
    if (dropped.length === 0) return;
    cursor.leave(ancestor.number);
    history.rewind(ancestor.number);
    [entering, leaving] = [undefined, dropped.toReversed()];
    yield* finishLeaving();
  }

  function* finishLeaving(): Generator<ChainSignal<E>, void, void> {
    const ancestor = history.tip;
    if (leaving.length === 0 || !ancestor) return;
    logger.warn({ ancestor: ancestor.number, depth: leaving.length }, 'the chain was reorganised');
    yield { type: 'reorg', commonAncestor: refOf(ancestor), dropped: leaving.toReversed().map(eventsOf) };
    cursor.left();
    leaving = [];
  }

  /** Hands on the next block. Until it is acknowledged it may have taken effect in part, also when this process ends. */
  function* hand(next: SeenBlock): Generator<ChainSignal<E>, void, void> {
    if (entering && entering.hash !== next.hash && history.tip) yield* undo(history.tip);
    const signal = eventsOf(next);
    if (signal.events.length > 0) {
      cursor.enter(next);
      entering = next;
    }
    yield { type: 'events', ...signal };
    advance(next);
    entering = undefined;
  }

  /** Yields the reorg, if `tip` is no longer part of the chain whose head is `head`. */
  async function* checkTip(
    tip: SeenBlock,
    head: BlockHeader,
    signal: AbortSignal,
  ): AsyncGenerator<ChainSignal<E>, boolean, void> {
    const number = Math.min(tip.number, head.number);
    const ours = history.at(number);
    // A head below our whole history is a node that lags, or a reorg too deep to judge from here: wait for a better one.
    if (!ours) return false;
    const canonical = number === head.number ? head : await existing(number, signal);
    if (canonical.hash === ours.hash) return false;
    yield* reorg(canonical, signal);
    return true;
  }

  /** Blocks too deep to change: by number, a range at a time. */
  async function* catchUp(
    head: BlockHeader,
    tip: SeenBlock,
    signal: AbortSignal,
  ): AsyncGenerator<ChainSignal<E>, void, void> {
    const end = Math.min(tip.number + maxRange, head.number - Math.max(finalityDepth, confirmations));
    // One block cannot be asked for in two cuts; its header can vouch for it.
    const logs =
      end === tip.number + 1
        ? await fetcher.ofBlock(await existing(end, signal), signal)
        : await fetcher.ofRange(tip.number + 1, end, signal);
    const byBlock = Map.groupBy(logs, (log) => log.blockNumber);
    for (const number of [...new Set([...byBlock.keys(), end])].sort((a, b) => a - b)) {
      const block = await existing(number, signal);
      const found = byBlock.get(number);
      const next = seen(block, found ? await fetcher.confirm(block, found, signal) : []);
      yield* hand(next);
    }
  }

  async function* follow(
    head: BlockHeader,
    target: number,
    signal: AbortSignal,
  ): AsyncGenerator<ChainSignal<E>, void, void> {
    for (let tip = history.tip; tip && tip.number < target; tip = history.tip) {
      const block = tip.number + 1 === head.number ? head : await existing(tip.number + 1, signal);
      if (block.parentHash !== tip.hash) {
        yield* reorg(block, signal);
        return;
      }
      const next = seen(block, await fetcher.ofBlock(block, signal));
      yield* hand(next);
    }
  }

  /** One look at the chain. Returns true when there is nothing more to do until the next one. */
  async function* look(signal: AbortSignal): AsyncGenerator<ChainSignal<E>, boolean, void> {
    const head = await reader.head(signal);
    if (!history.tip) await anchor(head, signal);
    const { tip } = history;
    if (!tip) throw inconsistent('the history is empty');
    yield* finishLeaving();
    const target = head.number - confirmations;
    if (head.number - Math.max(finalityDepth, confirmations) > tip.number) {
      if (!(yield* checkTip(tip, head, signal))) yield* catchUp(head, tip, signal);
      return false;
    }
    if (target > tip.number) yield* follow(head, target, signal);
    else if (head.hash !== checkedHead && (yield* checkTip(tip, head, signal))) return false;
    const final = Math.min(history.tip?.number ?? 0, head.number - finalityDepth);
    if (final > finalized) {
      yield { type: 'finalized', blockNumber: final };
      finalized = final;
    }
    checkedHead = head.hash;
    return (history.tip?.number ?? 0) >= target;
  }

  return {
    async *signals(signal) {
      for (let failures = 0; !signal.aborted;) {
        let idle: boolean;
        try {
          idle = yield* look(signal);
          failures = 0;
        } catch (error) {
          if (hasEnded(signal)) return;
          if (!isRetryable(error) && !(error instanceof RpcRejection)) throw error;
          failures += 1;
          // The first failure is often a block that was replaced between two reads; silence would hide the tenth.
          logger[failures < 5 ? 'debug' : 'warn'](
            { failures, reason: messageOf(error) },
            'could not read the chain, trying again',
          );
          idle = true;
        }
        if (idle)
          await clock.sleep(Math.min(pollMs * 2 ** Math.max(0, failures - 1), 30_000), signal).catch(() => undefined);
      }
    },
  };
}

/** Reads the flag anew: it may have changed during an await, which the compiler does not assume. */
function hasEnded(signal: AbortSignal): boolean {
  return signal.aborted;
}

function refOf({ number, hash, timestamp }: SeenBlock): BlockRef {
  return { number, hash, timestamp };
}

function tooDeep(oldest: SeenBlock | undefined, newer: BlockHeader, finalityDepth: number): RemitError {
  return new RemitError({
    code: 'REORG_TOO_DEEP',
    message: `the chain below block ${newer.number} differs from everything remembered (back to block ${oldest?.number ?? 'none'}, ${finalityDepth} blocks are kept)`,
    fix: 'make sure that the RPC nodes follow the right chain; then move the cursor file away so that the listener reads the chain again from the deployment',
    context: { oldest: oldest?.number, seen: newer.number, finalityDepth },
  });
}
