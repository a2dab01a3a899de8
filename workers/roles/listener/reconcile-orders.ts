import type { Hex32 } from '../../protocol/ids.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { BookedOrder, OrderBook } from '../../store/order-book.ts';
import type { Dispatch, EnqueueWork } from './dispatch.ts';
import { Endings } from './endings.ts';
import type { ListenerMetrics } from './metrics.ts';
import { type RouteContext, routeOrder } from './routes.ts';

export interface ReconcileOrdersDeps {
  readonly book: Pick<OrderBook, 'open' | 'find' | 'close'>;
  readonly dispatch: Pick<Dispatch, 'enqueue'>;
  /** Runs `work` while no event is being followed, as for jobs. */
  readonly alone: (work: () => Promise<void>) => Promise<void>;
  /** Whether the chain says that an order can still cause work. */
  readonly isOpen: (order: BookedOrder, signal: AbortSignal) => Promise<boolean>;
  readonly context: (signal: AbortSignal) => Promise<RouteContext>;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
  readonly metrics: Pick<ListenerMetrics, 'reconciled' | 'openOrders'>;
}

/** A question is forgotten this long after its deadline, seconds of chain time. */
const FORGET_SECONDS = 86_400;

/** Makes the messages of open questions and schedules again that are missing, as `createReconcile` does for jobs. */
export function createReconcileOrders(deps: ReconcileOrdersDeps): (signal: AbortSignal) => Promise<void> {
  const { book, dispatch, alone, isOpen, context: readContext, clock, logger, metrics } = deps;
  const endings = new Endings(clock);

  async function repair(order: BookedOrder, work: EnqueueWork, context: RouteContext, signal: AbortSignal) {
    const { kind, id: subject } = order;
    const { queue } = work;
    const enqueued = await dispatch.enqueue(work, context);
    if (enqueued.outcome === 'held') return;
    const { id, outcome } = enqueued;
    if (outcome === 'added') {
      metrics.reconciled(queue);
      logger.info({ kind, id: subject, queue }, 'message recreated');
    }
    if (outcome !== 'finished' || !endings.isDue(id) || !(await isOpen(order, signal))) return;
    await dispatch.enqueue(work, context, true);
    metrics.reconciled(queue);
    logger.warn({ kind, id: subject, queue }, 'message had ended without effect, recreated');
  }

  async function reconcileOne(id: Hex32, context: RouteContext, signal: AbortSignal): Promise<void> {
    const order = book.find(id);
    if (!order || order.closedAt !== undefined) return;
    const due = routeOrder('stands', order, context).filter((work) => work.kind === 'enqueue');
    for (const work of due) await repair(order, work, context, signal);
    // Its fee may wait for ever for somebody to expire it; nothing of it can become work of ours any more.
    if (due.length === 0 && order.kind === 'question' && context.now > Number(order.terms.deadline) + FORGET_SECONDS)
      book.close(id, order.place.blockNumber);
  }

  return async (signal) => {
    const orders = book.open();
    metrics.openOrders(orders.length);
    endings.keep(orders.map(({ id }) => id));
    if (orders.length === 0) return;
    const context = await readContext(signal);
    for (const { id } of orders) {
      signal.throwIfAborted();
      await alone(() => reconcileOne(id, context, signal));
    }
  };
}
