import { type Decision, play, wait } from './moves.ts';
import type { TrialView } from './trial-view.ts';

/** Ends a trial that is due: convicts who let a deadline pass, acquits when the hearing is over. */
export function resolveIfDue(view: TrialView, wants: 'any' | 'acquittal'): Decision | undefined {
  const { now, stage, traceDeadline, demands, resolveFrom } = view;
  if (stage === 'untraced') {
    return wants === 'any' && now > traceDeadline
      ? play('the trace was not posted in time', [{ kind: 'resolve' }])
      : undefined;
  }
  const overdue = demands.find(({ deadline }) => now > deadline);
  if (overdue) {
    return wants === 'any'
      ? play('a demand was not answered in time', [{ kind: 'resolve', overdue: overdue.id }])
      : undefined;
  }
  if (now < resolveFrom || demands.length > 0) return undefined;
  return play('the hearing is over', [{ kind: 'resolve' }]);
}

/** The next second in which something may change by time alone. */
export function nextClock(view: TrialView): number {
  const { stage, traceDeadline, resolveFrom, demands } = view;
  if (stage === 'untraced') return traceDeadline + 1;
  return Math.min(...demands.map(({ deadline }) => deadline + 1), Math.max(resolveFrom, view.now + 1));
}

export function idle(view: TrialView, why: string): Decision {
  return wait(why, nextClock(view));
}
