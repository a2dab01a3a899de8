import { descend, nextUnread } from './descent.ts';
import { type Decision, anyTime, by, over, play, stepOf, type TrialPolicy } from './moves.ts';
import { idle, nextClock, resolveIfDue } from './due-moves.ts';
import type { Knowledge } from './knowledge.ts';
import { nodeKey, type NodeRef, type Proof, type TrialView } from './trial-view.ts';

/** The watcher's side: open, compare the traces, prove the first wrong number, or have silence convicted. */
export function challenge(view: TrialView, knowledge: Knowledge, policy: TrialPolicy): Decision {
  const { canonical, finding } = knowledge;
  if (view.stage === 'attested') return openIfWrong(view, knowledge, policy);
  const due = resolveIfDue(view, 'any');
  if (due) return due;
  if (view.stage === 'untraced') return idle(view, 'the trace is not posted yet');
  if (!canonical) return readWhole(view, knowledge, 'input', policy);
  const { traceRoot } = view;
  if (traceRoot === undefined) return idle(view, 'the trace is not posted yet');
  const first = firstWrong(view, knowledge);
  if (first?.kind === 'ask') return demand(view, first.ref, policy);
  if (first?.kind === 'contradiction') return idle(view, `what was shown for ${nodeKey(first.ref)} contradicts itself`);
  if (first?.kind === 'found') {
    const { element } = first;
    return prove(view, knowledge, { kind: canonical.isPadding(element) ? 'padding' : 'element', element }, policy);
  }
  // The trace is right, so only the output can be wrong.
  if (finding?.kind === 'gap') {
    if (view.marked) return idle(view, 'the gap is proven; it ends the trial void');
    return prove(view, knowledge, { kind: 'gap', element: finding.element }, policy);
  }
  if (finding?.kind === 'right') return idle(view, 'nothing is wrong: neither the trace nor the output');
  return readWhole(view, knowledge, 'output', policy);
}

function openIfWrong({ now, openUntil }: TrialView, { finding }: Knowledge, policy: TrialPolicy): Decision {
  if (finding?.kind === 'right') return over('the claim is within the tolerance of the canonical answer');
  if (now > openUntil) return over('the time to open a trial has passed');
  if (!finding) return { kind: 'play', moves: [], until: openUntil + 1, why: 'the claim cannot be judged yet' };
  return play('the claim is wrong', [by({ kind: 'open' }, openUntil, now, policy)], openUntil + 1);
}

function firstWrong(view: TrialView, { canonical, served }: Knowledge) {
  if (!canonical || view.traceRoot === undefined) return undefined;
  const { tree } = canonical;
  if (served.kind === 'served' && view.traceRoot !== tree.node(tree.height, 0))
    return { kind: 'found', element: served.firstDifference } as const;
  const descent = descend(tree, view.traceRoot, 'trace', view.shown);
  return descent.kind === 'equal' ? undefined : descent;
}

/** Asks for a node unless somebody has. */
function demand(view: TrialView, ref: NodeRef, policy: TrialPolicy): Decision {
  const asked = view.demands.some((open) => nodeKey(open.ref) === nodeKey(ref));
  if (asked) return idle(view, `waiting for ${nodeKey(ref)}`);
  const move = by({ kind: 'demand', ref }, view.resolveFrom, view.now, policy);
  return play('the claimant does not serve its trace', [move], nextClock(view));
}

/** Without the input nobody can tell what is right; without the output, what was claimed. */
function readWhole(view: TrialView, { chunks }: Knowledge, space: 'input' | 'output', policy: TrialPolicy): Decision {
  if (chunks[space] > policy.readChunksMax) return idle(view, `the ${space} is withheld and too long to be demanded`);
  const ref = nextUnread(space, chunks[space], view.shown);
  if (!ref) return idle(view, `the ${space} is shown and not judged yet`);
  return demand(view, ref, policy);
}

/** Commits first, so that a copier of the openings cannot take the share; at the very end there is no time for it. */
function prove(view: TrialView, { us, committed }: Knowledge, proof: Proof, policy: TrialPolicy): Decision {
  const { now, block, resolveFrom, commitments } = view;
  const { commitBlocks, hurrySeconds } = policy;
  const step = stepOf({ kind: 'prove', proof });
  const ours = committed(step);
  const known = commitments.find(({ prover, commitment }) => prover === us && commitment === ours);
  const inTime = now + hurrySeconds < resolveFrom;
  if (!known && inTime)
    return play(
      `a proof is found: ${step}`,
      [by({ kind: 'commit', proof }, resolveFrom, now, policy)],
      nextClock(view),
    );
  if (known && inTime && block < known.block + commitBlocks) return idle(view, 'the commitment is too young');
  return play(`a proof is found: ${step}`, [anyTime({ kind: 'prove', proof })], nextClock(view));
}
