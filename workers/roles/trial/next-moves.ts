import { challenge } from './challenger-moves.ts';
import { defend } from './claimant-moves.ts';
import type { Knowledge } from './knowledge.ts';
import { type Decision, over, play, type TrialPolicy, wait } from './moves.ts';
import type { TrialView } from './trial-view.ts';

/**
 * What to do next in a trial, from the chain's state and our own knowledge alone: no reads, no memory, so that it says the
 * same after a restart. A move stays in the answer until the chain shows its effect.
 */
export function nextMoves(view: TrialView, knowledge: Knowledge, policy: TrialPolicy): Decision {
  if (view.stage === 'over') {
    if (view.bondWaits) return play('the bond waits to be fetched', [{ kind: 'reclaim' }]);
    return over(view.ending ?? 'the job has ended');
  }
  // A reorg may bring ours back; if not, whoever sees the other one has a message about that.
  if (view.stage === 'replaced')
    return view.now > view.openUntil
      ? over('another answer has taken its place')
      : wait('another answer stands on the chain');
  if (view.stage === 'unsettled') return wait('the chain is between two answers');
  return knowledge.side === 'claimant' ? defend(view, knowledge, policy) : challenge(view, knowledge, policy);
}
