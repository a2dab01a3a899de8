import type { ChainReader } from '../../chain/chain-reader.ts';
import type { RawLog } from '../../chain/chain-values.ts';
import type { ChainEvent } from '../../chain/events.ts';
import type { LogFetcher } from '../../chain/log-fetcher.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { JobBook } from '../../store/job-book.ts';
import type { OrderBook } from '../../store/order-book.ts';
import { type FollowChain, isRouted, type JobEvent } from './follow-chain.ts';
import { isOfOrders, type OrdersEvent } from './follow-orders.ts';
import type { ListenerMetrics } from './metrics.ts';
import { concerns, isVerified, orderIdOf, type RouteContext } from './routes.ts';

export interface RescanOptions {
  /** Final blocks that are read again. */
  readonly blocks: number;
  /** The first block of interest. */
  readonly startBlock: number;
}

export interface RescanDeps {
  readonly fetcher: Pick<LogFetcher, 'ofRange' | 'confirm'>;
  readonly reader: Pick<ChainReader, 'block'>;
  readonly decode: (log: RawLog) => ChainEvent | undefined;
  readonly book: Pick<JobBook, 'find'>;
  readonly orders: Pick<OrderBook, 'find'>;
  readonly context: (signal: AbortSignal) => Promise<RouteContext>;
  readonly logger: Logger;
  readonly metrics: ListenerMetrics;
}

/** Where the stream stands. */
export interface RescanPlace {
  /** Blocks up to here will not change any more. */
  readonly final: number;
  /** The newest block that was followed. */
  readonly tip: number;
}

/**
 * Reads recent blocks once more and follows what the book has never heard of: an event that every node left out when its
 * block was new comes to light here. Only what is final is followed: a node may still show a branch that was dropped, and
 * what is found late stands in no record of its block, so no reorg would ever take it back. May be done at any time
 * between two signals. `follow` does not give up: what is found is in the book before it has taken effect, and is not found
 * again.
 */
export type Rescan = (place: RescanPlace, follow: FollowChain, signal: AbortSignal) => Promise<void>;

export function createRescan({ blocks, startBlock }: RescanOptions, deps: RescanDeps): Rescan {
  const { fetcher, reader, decode, book, orders, context: readContext, logger, metrics } = deps;

  function lostOfJob(events: readonly JobEvent[], context: RouteContext): readonly JobEvent[] {
    const [first] = events;
    const known = first && book.find(first.jobId);
    const ending = events.find(({ type }) => ENDINGS.has(type));
    // What has ended is forgotten in time, so a job that is not in the book may well have been there.
    if (ending) return known && known.closedAt === undefined ? [ending] : [];
    if (known?.closedAt !== undefined) return [];
    if (known)
      return events.filter(
        ({ type }) =>
          (type === 'JobAttested' && known.attestation === undefined) ||
          (type === 'JobOnTrial' && known.triedAt === undefined),
      );
    const isOurs = events.some(
      (event) =>
        (event.type === 'JobRequested' && concerns(event, context)) ||
        (event.type === 'JobAttested' && (event.operator === context.operator || isVerified(event.operator, context))),
    );
    return isOurs ? events : [];
  }

  function lostOfOrder(events: readonly OrdersEvent[]): readonly OrdersEvent[] {
    const [first] = events;
    // News of feeds are of use for a minute.
    if (!first || 'feedId' in first) return [];
    const known = orders.find(orderIdOf(first));
    const ending = events.find(({ type }) => ENDINGS.has(type));
    if (ending) return known && known.closedAt === undefined ? [ending] : [];
    return known ? [] : events.filter(({ type }) => MADE.has(type));
  }

  return async ({ final, tip }, follow, signal) => {
    const from = Math.max(startBlock, final - blocks + 1);
    if (from > final) return;
    // Beyond what is final only to see what has ended since.
    const logs = await fetcher.ofRange(from, tip, signal);
    const events = logs.map(decode).filter((event) => event !== undefined);
    if (events.length === 0) return;
    const context = await readContext(signal);
    const jobs = Map.groupBy(events.filter(isRouted), ({ jobId }) => jobId);
    const ordered = Map.groupBy(events.filter(isOfOrders), (event) =>
      'feedId' in event ? event.feedId : orderIdOf(event),
    );
    const lost = [
      ...[...jobs.values()].flatMap((ofJob) => lostOfJob(ofJob, context)),
      ...[...ordered.values()].flatMap((ofOrder) => lostOfOrder(ofOrder)),
    ]
      .filter(({ log }) => log.blockNumber <= final)
      .sort((a, b) => a.log.blockNumber - b.log.blockNumber || a.log.logIndex - b.log.logIndex);
    for (const [hash, ofBlock] of Map.groupBy(lost, ({ log }) => log.blockHash)) {
      const block = await reader.block(hash, signal);
      // Replaced meanwhile: the stream tells what took its place.
      if (!block) continue;
      const confirmed = await fetcher.confirm(
        block,
        logs.filter((log) => log.blockHash === hash),
        signal,
      );
      const wanted = new Set(ofBlock.map(({ log }) => log.logIndex));
      const found = confirmed
        .filter(({ logIndex }) => wanted.has(logIndex))
        .map(decode)
        .filter((event) => event !== undefined);
      logger.warn({ blockNumber: block.number, events: found.map(({ type }) => type) }, 'events had been lost');
      await follow(
        { type: 'events', block: { number: block.number, hash, timestamp: block.timestamp }, events: found },
        signal,
      );
      for (const { type } of found) metrics.recovered(type);
    }
    metrics.reached(tip);
  };
}

const ENDINGS: ReadonlySet<string> = new Set([
  'JobSettled',
  'JobExpired',
  'JobSlashed',
  'JobVoided',
  'DataAnswered',
  'DataExpired',
  'ScheduleCancelled',
]);
const MADE: ReadonlySet<string> = new Set(['DataRequested', 'ScheduleCreated']);
