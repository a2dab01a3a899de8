import type { ChainEvent } from '../../chain/events.ts';
import type { Hex32 } from '../../protocol/ids.ts';
import { subjectOfSchedule } from '../../protocol/schedule.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { BookedOrder, OrderBook } from '../../store/order-book.ts';
import type { Dispatch } from './dispatch.ts';
import { placeOf } from './fold.ts';
import { inParallel } from './in-parallel.ts';
import {
  type FeedEvent,
  keyOfOrder,
  MESSAGES_OF_ORDER,
  type OrderEvent,
  orderIdOf,
  type RouteContext,
  routeFeed,
  routeOrder,
  type Work,
} from './routes.ts';

/** An event of a feed, a question or a schedule. */
export type OrdersEvent = ChainEvent & { readonly type: OrderEvent | FeedEvent };

export interface FollowOrdersDeps {
  readonly book: OrderBook;
  readonly dispatch: Pick<Dispatch, 'enqueue' | 'retract' | 'wake'>;
  /** Whether the chain says that an order can still cause work. */
  readonly isOpen: (order: BookedOrder, signal: AbortSignal) => Promise<boolean>;
  readonly logger: Logger;
}

/** What events of feeds, questions and schedules cause. Everything may be done twice. */
export interface FollowOrders {
  /** Writes into the book what an event says; synchronous, so that it can be a part of the block's transaction. */
  fold(event: OrdersEvent, timestamp: number): void;
  /** Takes back what a dropped event had said. Dropped events come newest first. */
  unfold(event: OrdersEvent): void;
  route(events: readonly OrdersEvent[], timestamp: number, context: RouteContext, signal: AbortSignal): Promise<void>;
  /** After a reorg: every order that was touched is routed again from where it stands now. */
  routeAgain(dropped: readonly OrdersEvent[], context: RouteContext, signal: AbortSignal): Promise<void>;
  prune(block: number): void;
}

const ORDER_EVENTS: ReadonlySet<string> = new Set<OrderEvent | FeedEvent>([
  'DataRequested',
  'DataAnswered',
  'DataExpired',
  'FeedReported',
  'FeedDisputed',
  'ScheduleCreated',
  'ScheduleTriggered',
  'ScheduleCancelled',
]);

/** A look that an event of the past would make early has long been taken. Seconds. */
const NEWS_SECONDS = 60;

export function isOfOrders(event: ChainEvent): event is OrdersEvent {
  return ORDER_EVENTS.has(event.type);
}

export function createFollowOrders({ book, dispatch, isOpen, logger }: FollowOrdersDeps): FollowOrders {
  async function perform(order: BookedOrder, work: Work, context: RouteContext, signal: AbortSignal): Promise<void> {
    if (work.kind === 'retract') {
      await dispatch.retract(order.id, work.queue, work.phase, keyOfOrder(order, context));
      return;
    }
    if (work.kind !== 'enqueue') return;
    let { outcome } = await dispatch.enqueue(work, context);
    // Its message has run to its end. After a reorg the reason of that may be gone.
    if (outcome === 'finished' && order.closedAt === undefined && (await isOpen(order, signal)))
      ({ outcome } = await dispatch.enqueue(work, context, true));
    if (outcome === 'added')
      logger.info(
        { kind: order.kind, id: order.id, queue: work.queue, blockNumber: order.place.blockNumber },
        `${order.kind} queued`,
      );
  }

  async function routeOne(event: OrdersEvent, context: RouteContext, signal: AbortSignal): Promise<void> {
    if (event.type === 'FeedReported' || event.type === 'FeedDisputed') {
      const { feedId } = event;
      const news = { feedId, schedules: book.schedulesOf(feedId) };
      for (const work of routeFeed(event.type, news, context))
        if (work.kind === 'wake') await dispatch.wake(work.queue, work.key, work.phase);
      return;
    }
    const order = book.find(orderIdOf(event));
    if (!order) return;
    for (const work of routeOrder(event.type, order, context)) await perform(order, work, context, signal);
  }

  async function again(id: Hex32, made: OrdersEvent, context: RouteContext, signal: AbortSignal): Promise<void> {
    const order = book.find(id);
    if (!order) {
      const kind = 'schedule' in made ? 'schedule' : 'question';
      for (const { queue, phase } of MESSAGES_OF_ORDER[kind])
        await dispatch.retract(id, queue, phase, keyOfOrder({ kind, id }, context));
      return;
    }
    if (order.closedAt !== undefined) return;
    for (const work of routeOrder('stands', order, context)) await perform(order, work, context, signal);
  }

  return {
    fold(event, timestamp) {
      const place = placeOf(event.log, timestamp);
      switch (event.type) {
        case 'DataRequested':
          book.put({ kind: 'question', id: event.requestId, terms: event.terms, spec: event.spec, place });
          return;
        case 'ScheduleCreated': {
          const { schedule, terms, input } = event;
          book.put({ kind: 'schedule', id: subjectOfSchedule(schedule), schedule, terms, input, place });
          return;
        }
        case 'DataAnswered':
        case 'DataExpired':
        case 'ScheduleCancelled':
          book.close(orderIdOf(event), event.log.blockNumber);
          return;
        default:
      }
    },
    unfold(event) {
      switch (event.type) {
        case 'DataRequested':
        case 'ScheduleCreated':
          book.forget(orderIdOf(event));
          return;
        case 'DataAnswered':
        case 'DataExpired':
        case 'ScheduleCancelled':
          book.reopen(orderIdOf(event), event.log.blockNumber);
          return;
        default:
      }
    },
    async route(events, timestamp, context, signal) {
      const isNews = context.now - timestamp <= NEWS_SECONDS;
      const due = events.filter(({ type }) => isNews || !(type === 'FeedReported' || type === 'FeedDisputed'));
      const bySubject = Map.groupBy(due, (event) => ('feedId' in event ? event.feedId : orderIdOf(event)));
      await inParallel([...bySubject.values()], async (together) => {
        for (const event of together) await routeOne(event, context, signal);
      });
    },
    async routeAgain(dropped, context, signal) {
      const touched = dropped.flatMap((event) => ('feedId' in event ? [] : [[orderIdOf(event), event] as const]));
      await inParallel([...new Map(touched)], ([id, event]) => again(id, event, context, signal));
    },
    prune: (block) => {
      book.prune(block);
    },
  };
}
