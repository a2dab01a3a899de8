import type { ScheduleStanding } from '../../chain/order-reads.ts';
import type { Address } from '../../protocol/ids.ts';
import type { MessageInput, MessageOf } from '../../queue/catalog.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { SchedulerMetrics } from './metrics.ts';

export type ScheduleMessage = MessageOf<'schedule'>;

/** Everything that the role works with. */
export interface SchedulerPorts {
  readonly standingOf: (schedule: Address, signal: AbortSignal) => Promise<ScheduleStanding>;
  /** Chain time, Unix seconds. */
  readonly now: (signal: AbortSignal) => Promise<number>;
  readonly transactions: {
    /** Also where the same message has run to its end: the chain says that its effect is missing. */
    enqueueAgain(queue: 'transaction', message: MessageInput<'transaction'>): Promise<unknown>;
  };
  readonly metrics: SchedulerMetrics;
  readonly clock: Pick<Clock, 'now'>;
}
