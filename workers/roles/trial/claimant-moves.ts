import { type Decision, type Move, by, over, play, type TrialPolicy } from './moves.ts';
import { merkleRootOf } from './descent.ts';
import { idle, nextClock, resolveIfDue } from './due-moves.ts';
import type { Knowledge } from './knowledge.ts';
import type { TrialView } from './trial-view.ts';

/** The claimant's side: post the canonical trace, answer every demand, end the hearing. */
export function defend(view: TrialView, { canonical, trees }: Knowledge, policy: TrialPolicy): Decision {
  const { now, stage, traceDeadline, demands } = view;
  if (stage === 'attested') return over('nobody has put this job on trial');
  if (stage === 'untraced') {
    if (now > traceDeadline) return idle(view, 'the time to post the trace has passed');
    if (!canonical) return idle(view, 'the canonical run is not at hand');
    const move = by({ kind: 'post-trace', root: merkleRootOf(canonical.tree) }, traceDeadline, policy);
    return play('the trace is due', [move], traceDeadline + 1);
  }
  const due = resolveIfDue(view, 'acquittal');
  if (due) return due;
  const answers = demands
    .filter(({ ref, deadline }) => deadline >= now && trees[ref.space] !== undefined)
    .toSorted((one, other) => one.deadline - other.deadline)
    .map(({ ref, deadline }): Move => by({ kind: 'reveal', ref }, deadline, policy));
  if (answers.length > 0) return play('demands are open', answers, nextClock(view));
  return idle(view, demands.length > 0 ? 'what is demanded is not at hand' : 'no demand is open');
}
