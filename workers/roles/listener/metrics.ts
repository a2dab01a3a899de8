import type { Metrics } from '../../runtime/metrics.ts';
import type { DeclineReason } from './routes.ts';

export interface ListenerMetrics {
  event(type: string): void;
  enqueued(queue: string, outcome: string): void;
  retracted(queue: string, outcome: string): void;
  declined(reason: DeclineReason): void;
  /** A message that was due and missing was made again. */
  reconciled(queue: string): void;
  /** An event that no node had shown when its block was new was found later. */
  recovered(event: string): void;
  reorg(depth: number): void;
  /** Whether an administrator has paused requests. */
  requestsPaused(paused: boolean): void;
  /** New jobs wait in the book from now on, for lack of room. */
  intakePaused(reason: string): void;
  /** The newest block whose effects are durable. */
  reached(block: number): void;
  openJobs(count: number): void;
  openOrders(count: number): void;
  /** From the block's time to the queue, milliseconds. */
  routed(ms: number): void;
}

export function createListenerMetrics(metrics: Metrics): ListenerMetrics {
  const events = metrics.counter({ name: 'events_total', help: 'Events of our contracts.', labels: ['event'] });
  const enqueued = metrics.counter({
    name: 'enqueues_total',
    help: 'Messages by queue and by what the queue said.',
    labels: ['queue', 'outcome'],
  });
  const retracted = metrics.counter({
    name: 'retracts_total',
    help: 'Messages taken back, by queue and by what the queue said.',
    labels: ['queue', 'outcome'],
  });
  const declined = metrics.counter({
    name: 'jobs_declined_total',
    help: 'Requested jobs that this node leaves alone.',
    labels: ['reason'],
  });
  const reconciled = metrics.counter({
    name: 'messages_recreated_total',
    help: 'Messages that were due and missing.',
    labels: ['queue'],
  });
  const recovered = metrics.counter({
    name: 'events_recovered_total',
    help: 'Events that were found only when their blocks were read again.',
    labels: ['event'],
  });
  const pauses = metrics.counter({
    name: 'intake_pauses_total',
    help: 'Times that new jobs began to wait in the book.',
    labels: ['reason'],
  });
  const reorgs = metrics.counter({ name: 'reorgs_total', help: 'Reorganisations of the chain.' });
  const dropped = metrics.counter({ name: 'reorg_blocks_total', help: 'Blocks that reorganisations dropped.' });
  const reached = metrics.gauge({ name: 'cursor_blocks', help: 'The newest block whose effects are durable.' });
  const open = metrics.gauge({ name: 'open_jobs', help: 'Jobs in the book that have not ended.' });
  const closed = metrics.gauge({
    name: 'requests_paused_ratio',
    help: '1 while an administrator has paused requests, so that no job comes.',
  });
  const orders = metrics.gauge({
    name: 'open_orders',
    help: 'Questions and schedules in the book that have not ended.',
  });
  const routed = metrics.histogram({
    name: 'event_to_queue_seconds',
    help: 'From the time of the block to the queue; includes the clocks being apart.',
  });
  return {
    event: (event) => events.inc({ event }),
    enqueued: (queue, outcome) => enqueued.inc({ queue, outcome }),
    retracted: (queue, outcome) => retracted.inc({ queue, outcome }),
    declined: (reason) => declined.inc({ reason }),
    reconciled: (queue) => reconciled.inc({ queue }),
    requestsPaused: (paused) => closed.set(paused ? 1 : 0),
    intakePaused: (reason) => pauses.inc({ reason }),
    recovered: (event) => recovered.inc({ event }),
    reorg: (depth) => {
      reorgs.inc();
      dropped.inc({}, depth);
    },
    reached: (block) => reached.set(block),
    openJobs: (count) => open.set(count),
    openOrders: (count) => orders.set(count),
    routed: (ms) => routed.observe(Math.max(0, ms) / 1_000),
  };
}
