import { answersFor, descend, merkleRootOf, nextUnread } from './descent.ts';
import { type Decision, by, over, play, stepOf, type TrialPolicy } from './moves.ts';
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
  if (first?.kind === 'ask') {
    if (knowledge.served.kind === 'asking') return idle(view, 'the claimant is asked for its trace');
    return demand(view, knowledge, first.ref, policy);
  }
  if (first?.kind === 'contradiction') return idle(view, `what was shown for ${nodeKey(first.ref)} contradicts itself`);
  if (first?.kind === 'found') {
    const { element } = first;
    return prove(view, { kind: canonical.isPadding(element) ? 'padding' : 'element', element }, policy);
  }
  // The trace is right, so only the output can be wrong.
  if (finding?.kind === 'gap') {
    if (view.marked) return idle(view, 'the gap is proven; it ends the trial void');
    return prove(view, { kind: 'gap', element: finding.element }, policy);
  }
  if (finding?.kind === 'right') return idle(view, 'nothing is wrong: neither the trace nor the output');
  if (!finding) return idle(view, 'the trace is right, and the output was never to be published');
  return readWhole(view, knowledge, 'output', policy);
}

function openIfWrong({ now, openUntil }: TrialView, { finding }: Knowledge, policy: TrialPolicy): Decision {
  if (finding?.kind === 'right') return over('the claim is within the tolerance of the canonical answer');
  if (now > openUntil) return over('the time to open a trial has passed');
  if (!finding) return { kind: 'play', moves: [], until: openUntil + 1, why: 'the claim cannot be judged yet' };
  return play('the claim is wrong', [by({ kind: 'open' }, openUntil, policy)], openUntil + 1);
}

function firstWrong(view: TrialView, { canonical, served }: Knowledge) {
  if (!canonical || view.traceRoot === undefined) return undefined;
  const { tree } = canonical;
  if (served.kind === 'served' && view.traceRoot !== merkleRootOf(tree))
    return { kind: 'found', element: served.firstDifference } as const;
  const descent = descend(tree, view.traceRoot, 'trace', view.shown);
  return descent.kind === 'equal' ? undefined : descent;
}

/** What an offer must be of the cap of a demand that it takes over. */
const OUTBID = 2n;
/** What a cap must be of the base fee when a demand is made. */
const CAP_MIN = 2n;

/**
 * Asks for a node unless somebody has.
 * @param rounds answers that have to be waited for, one after the other, before demands for new paths are closed
 */
function demand(view: TrialView, { us }: Knowledge, ref: NodeRef, policy: TrialPolicy, rounds = 0): Decision {
  const { now, baseFee, demands, demandsEnd, resolveFrom, trialEnd, revealTime } = view;
  const own = demands.find(({ demander }) => demander === us);
  const waiting = own ?? demands.find((open) => nodeKey(open.ref) === nodeKey(ref));
  // One that pays too little can be postponed for ever; a claimant may even make it itself. Ours is raised before that.
  if (waiting && waiting.feeCap >= (own ? CAP_MIN * baseFee : baseFee))
    return idle(view, `waiting for ${nodeKey(waiting.ref)}`);
  // Whoever follows an answer may do so later, but has no time to lose either; who takes a demand over has its time.
  const latest = waiting?.deadline ?? Math.min(Math.max(demandsEnd, resolveFrom), trialEnd - revealTime);
  if (now > latest) return idle(view, 'there is no time left for another demand');
  const urgentFrom = Math.min(demandsEnd - rounds * revealTime, latest) - policy.urgentSeconds;
  const act = waiting
    ? ({ kind: 'demand', ref: waiting.ref, feeCapMin: OUTBID * waiting.feeCap } as const)
    : ({ kind: 'demand', ref } as const);
  const why = waiting ? `the answer may be put off: ${nodeKey(waiting.ref)}` : `${ref.space} is not shown`;
  return play(why, [{ ...act, deadline: latest, urgentFrom }], nextClock(view));
}

/** Without the input nobody can tell what is right; without the output, what was claimed. */
function readWhole(view: TrialView, knowledge: Knowledge, space: 'input' | 'output', policy: TrialPolicy): Decision {
  const { chunks } = knowledge;
  if (chunks[space] > policy.readChunksMax) return idle(view, `the ${space} is withheld and too long to be demanded`);
  // While somebody else waits for one part, another can be asked for: answers may be slow, and the time is short.
  const isFree = (one: NodeRef): boolean => !view.demands.some((open) => nodeKey(open.ref) === nodeKey(one));
  const ref = nextUnread(space, chunks[space], view.shown, isFree) ?? nextUnread(space, chunks[space], view.shown);
  if (!ref) return idle(view, `the ${space} is shown and not judged yet`);
  const shown = [...view.shown.keys()].filter((key) => key.startsWith(`${space}-`)).length;
  // After the input, the trace is asked for.
  const rounds = answersFor(chunks[space]) - shown - (space === 'input' ? 0 : 1);
  return demand(view, knowledge, ref, policy, rounds);
}

/** Commits first, so that a copier of the openings cannot take the share; at the very end there is no time for it. */
function prove(view: TrialView, proof: Proof, policy: TrialPolicy): Decision {
  const { now, block, resolveFrom, revealTime, commitments } = view;
  const { commitBlocks, hurrySeconds } = policy;
  const step = stepOf({ kind: 'prove', proof });
  const committed = commitments.get(step);
  const why = `found: ${step}`;
  // Dear gas must not hold it back until there is no time left for the proof.
  const commitUntil = resolveFrom - Math.min(hurrySeconds, revealTime) - 1;
  const inTime = now <= commitUntil;
  if (committed === undefined && inTime)
    return play(why, [by({ kind: 'commit', proof }, commitUntil, policy)], nextClock(view));
  if (committed !== undefined && inTime && block < committed + commitBlocks)
    return idle(view, 'the commitment is too young');
  // It is of use until somebody ends the hearing, however late that is.
  const urgentFrom = resolveFrom - policy.urgentSeconds;
  return play(why, [{ kind: 'prove', proof, urgentFrom }], nextClock(view));
}
