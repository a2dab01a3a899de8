import type { Address } from '../../protocol/ids.ts';
import { ScheduleState, type ScheduleTerms } from '../../protocol/schedule.ts';
import { turnBegins } from './turn-order.ts';

/** A schedule as the chain tells it now. Times in Unix seconds of chain time. */
export interface ScheduleLook {
  readonly now: number;
  readonly state: ScheduleState;
  /** First second in which it can be due by the clock. */
  readonly notBefore: number;
  /** The run that comes next, 1 for the first. */
  readonly run: bigint;
  /** When the last run was; 0 before the first. */
  readonly ranAt: number;
}

export interface SchedulePolicy {
  readonly operator: Address;
  /** Seconds of one step of the order among nodes. */
  readonly step: number;
  /** Smallest tip, token units. */
  readonly tipMin: bigint;
  /** Milliseconds between two looks at what may change in any block. */
  readonly pollMs: number;
}

export type ScheduleStep =
  | { readonly kind: 'end'; readonly why: string }
  | { readonly kind: 'wait'; readonly forMs: number; readonly why: string }
  /** `deadline`: last second of chain time in which the transaction is of use. */
  | { readonly kind: 'trigger'; readonly run: bigint; readonly deadline: number };

/** What only its owner, or time, can mend is looked at this seldom. Milliseconds. */
export const IDLE_MS = 30_000;
/** Chain time and local time may run apart, so no look is further away than this. */
const LONGEST_MS = 60_000;
/** A transaction that is not mined for this long is decided anew: the schedule may have run out of money. Seconds. */
const TRIGGER_SECONDS = 300;

/**
 * What follows from one look at a schedule.
 * @param dueSince chain time at which this node first saw this run due; undefined when it is not due
 */
export function nextStep(
  look: ScheduleLook,
  { schedule, terms }: { readonly schedule: Address; readonly terms: ScheduleTerms },
  policy: SchedulePolicy,
  dueSince: number | undefined,
): ScheduleStep {
  const { now, state, run } = look;
  if (terms.tip < policy.tipMin) return { kind: 'end', why: 'tip too low' };
  switch (state) {
    case ScheduleState.None:
      return { kind: 'end', why: 'no such schedule' };
    case ScheduleState.Cancelled:
      return { kind: 'end', why: 'cancelled' };
    case ScheduleState.Waiting:
      return { kind: 'wait', forMs: waitMs(look, terms, policy), why: 'not due' };
    case ScheduleState.Unfunded:
      return { kind: 'wait', forMs: IDLE_MS, why: 'unfunded' };
    case ScheduleState.FeedNotLive:
      return { kind: 'wait', forMs: IDLE_MS, why: 'feed not live' };
    case ScheduleState.Refused:
      return { kind: 'wait', forMs: IDLE_MS, why: 'requests are refused' };
    case ScheduleState.Due: {
      const draw = { schedule, run, operator: policy.operator };
      const begins = turnBegins(draw, { since: dueSince ?? now, step: policy.step });
      if (now < begins)
        return { kind: 'wait', forMs: Math.min((begins - now) * 1_000, policy.pollMs), why: 'not our turn' };
      return { kind: 'trigger', run, deadline: now + TRIGGER_SECONDS };
    }
  }
}

/** Until the clock makes it due; or, where the feed can make it due sooner, until the next look at the feed. */
function waitMs(
  { now, notBefore, ranAt }: ScheduleLook,
  { deviationBps, gap }: Pick<ScheduleTerms, 'deviationBps' | 'gap'>,
  { pollMs }: SchedulePolicy,
): number {
  const earliest = deviationBps > 0 ? Math.min(ranAt + gap, notBefore) : notBefore;
  return Math.min(Math.max((earliest - now) * 1_000, pollMs), LONGEST_MS);
}
