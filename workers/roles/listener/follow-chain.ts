import type { ChainSignal } from '../../chain/event-source.ts';
import type { ChainEvent } from '../../chain/events.ts';
import type { Hex, Hex32, JobId } from '../../protocol/ids.ts';
import { Delivery, type Terms } from '../../protocol/job.ts';
import type { Logger } from '../../runtime/logger.ts';
import { reached } from '../../runtime/milestone.ts';
import type { BookedJob, JobBook } from '../../store/job-book.ts';
import type { Dispatch } from './dispatch.ts';
import { fold, type FoldedEvent, recordOf, unfold } from './fold.ts';
import { type FollowOrders, isOfOrders } from './follow-orders.ts';
import { inParallel } from './in-parallel.ts';
import type { ListenerMetrics } from './metrics.ts';
import {
  carriesOutput,
  concerns,
  isVerified,
  MESSAGES_OF_JOB,
  messagesOfAttestation,
  route,
  type RouteContext,
  ROUTED_EVENTS,
  type RoutedEvent,
  standingEvent,
} from './routes.ts';

export interface FollowChainDeps {
  readonly book: JobBook;
  readonly orders: FollowOrders;
  readonly dispatch: Pick<Dispatch, 'perform' | 'retract'>;
  readonly context: (signal: AbortSignal) => Promise<RouteContext>;
  /** The request of a job that is not in the book; undefined when the chain does not know it either. */
  readonly lookUp: (jobId: JobId, signal: AbortSignal) => Promise<BookedJob | undefined>;
  /** The output vector in the calldata of an attestation; undefined when it is not there. */
  readonly outputIn: (transaction: Hex32, jobId: JobId, signal: AbortSignal) => Promise<Hex | undefined>;
  readonly logger: Logger;
  readonly metrics: ListenerMetrics;
}

/** Takes one signal of the chain. When it returns, everything that the signal causes is durable; doing it twice is harmless. */
export type FollowChain = (message: ChainSignal<ChainEvent>, signal: AbortSignal) => Promise<void>;

export type JobEvent = ChainEvent & { readonly type: RoutedEvent };
type SignalOf<T> = Extract<ChainSignal<ChainEvent>, { readonly type: T }>;

export function createFollowChain(deps: FollowChainDeps): FollowChain {
  const { book, orders, dispatch, context: readContext, lookUp, outputIn, logger, metrics } = deps;

  /** What has to be asked about an attestation before it can be written down: a job never seen, and its output. */
  async function complete(
    event: Extract<ChainEvent, { type: 'JobAttested' }>,
    requested: Terms | undefined,
    context: RouteContext,
    signal: AbortSignal,
  ): Promise<Hex> {
    const ours = event.operator === context.operator;
    const verified = isVerified(event.operator, context);
    if (!ours && !verified) return '0x';
    let terms = requested ?? book.find(event.jobId)?.terms;
    if (!terms) {
      const found = await lookUp(event.jobId, signal);
      if (!found) return '0x';
      book.put(found);
      ({ terms } = found);
    }
    if (terms.delivery !== Delivery.Inline || !(verified || carriesOutput({ terms }))) return '0x';
    return (await outputIn(event.log.transactionHash, event.jobId, signal)) ?? '0x';
  }

  async function onEvents({ block, events }: SignalOf<'events'>, signal: AbortSignal): Promise<void> {
    const ours = events.filter(isRouted);
    const others = events.filter(isOfOrders);
    if (ours.length > 0 || others.length > 0) {
      reached('block-fetched', block.number);
      const context = await readContext(signal);
      const requested = new Map(
        ours.flatMap((event) => (event.type === 'JobRequested' ? [[event.jobId, event.terms]] : [])),
      );
      const folded: FoldedEvent[] = [];
      await inParallel([...ours.entries()], async ([index, event]) => {
        const output =
          event.type === 'JobAttested' ? await complete(event, requested.get(event.jobId), context, signal) : '0x';
        folded[index] = { event, timestamp: block.timestamp, output };
      });
      // One commit for the whole block.
      book.transact(() => {
        for (const one of folded)
          if (one.event.type !== 'JobRequested' || concerns(one.event, context)) fold(book, one);
        for (const event of others) orders.fold(event, block.timestamp);
      });
      await inParallel([...Map.groupBy(ours, ({ jobId }) => jobId).values()], async (ofJob) => {
        for (const event of ofJob) await routeOne(event.type, event.jobId, context, signal);
      });
      await orders.route(others, block.timestamp, context, signal);
      for (const { type } of [...ours, ...others]) metrics.event(type);
      reached('block-dispatched', block.number);
    }
    metrics.reached(block.number);
  }

  async function routeOne(type: RoutedEvent, jobId: JobId, context: RouteContext, signal: AbortSignal): Promise<void> {
    const job = book.find(jobId);
    if (!job) return;
    for (const work of route(type, job, context)) await dispatch.perform(job, work, context, signal);
    // An attestation that comes to light late may have been put on trial since.
    if (type === 'JobAttested' && standingEvent(job) === 'JobOnTrial')
      await routeOne('JobOnTrial', jobId, context, signal);
  }

  /** The book goes back first; then every job that was touched is routed again from where it stands now. */
  async function onReorg({ dropped, commonAncestor }: SignalOf<'reorg'>, signal: AbortSignal): Promise<void> {
    const gone = dropped.flatMap((block) => block.events.toReversed());
    const events = gone.filter(isRouted);
    const others = gone.filter(isOfOrders);
    book.transact(() => {
      for (const event of events) unfold(book, event);
      // A request that was only looked up stands in no block that the stream has seen, and is gone all the same.
      for (const { jobId } of events)
        if ((book.find(jobId)?.request.blockNumber ?? 0) > commonAncestor.number) book.forget(jobId);
      for (const event of others) orders.unfold(event);
    });
    const context = await readContext(signal);
    await orders.routeAgain(others, context, signal);
    await inParallel([...Map.groupBy(events, ({ jobId }) => jobId)], async ([jobId, ofJob]) => {
      const job = book.find(jobId);
      const standing = job && standingEvent(job);
      const answers = ofJob.flatMap((event) =>
        event.type === 'JobAttested' ? messagesOfAttestation(recordOf(event)) : [],
      );
      for (const { queue, phase } of [...(job ? [] : MESSAGES_OF_JOB), ...answers])
        await dispatch.retract(jobId, queue, phase, context);
      if (standing) await routeOne(standing, jobId, context, signal);
    });
    metrics.reorg(dropped.length);
    metrics.reached(commonAncestor.number);
    logger.warn(
      { depth: dropped.length, events: events.length + others.length, ancestor: commonAncestor.number },
      'reorg followed',
    );
  }

  return async (message, signal) => {
    if (message.type === 'events') await onEvents(message, signal);
    else if (message.type === 'reorg') await onReorg(message, signal);
    else {
      book.prune(message.blockNumber);
      orders.prune(message.blockNumber);
    }
  };
}

export function isRouted(event: ChainEvent): event is JobEvent {
  return event.type.startsWith('Job') && (ROUTED_EVENTS as readonly string[]).includes(event.type);
}
