import {
  dueAt,
  type FeedTerms,
  isMoved,
  leaderOf,
  medianOf,
  quorumOf,
  type Round,
  turnAt,
  turnStart,
} from '../../protocol/feed.ts';
import type { Report } from '../../protocol/observation.ts';

/** Everything that a decision about a round depends on. A question is a feed without a last answer: always due. */
export interface RoundFacts {
  readonly terms: FeedTerms;
  /** Chain time, Unix seconds. */
  readonly now: number;
  /** Our seat; undefined while we have none. */
  readonly seat: number | undefined;
  /** Whether our reports count: a suspended seat may still lead. */
  readonly counts: boolean;
  readonly latest: Pick<Round, 'answer' | 'observedAt' | 'updatedAt'> | undefined;
  /** The parked round of a disputed feed. */
  readonly parked: (Pick<Round, 'observedAt'> & { readonly leader: number }) | undefined;
  /** What our sources say now; undefined when they do not. */
  readonly own: bigint | undefined;
  /** What we signed for this turn; undefined when nothing. */
  readonly signed: bigint | undefined;
  /** Verified reports for this turn, ours among them; one per seat. */
  readonly reports: readonly Report[];
  /** How many seats count now. */
  readonly counting: number;
  /** Whether this turn's transaction has been handed over. */
  readonly sent: boolean;
}

/** What to do now, and why. */
export type Step =
  /** Nothing before `until`, or before the next look. */
  | { readonly kind: 'wait'; readonly why: WaitReason; readonly until?: number }
  | { readonly kind: 'sign'; readonly value: bigint }
  /** Asks the peers that have not reported for this turn. */
  | { readonly kind: 'gather' }
  | { readonly kind: 'submit'; readonly reports: readonly Report[] };

export type WaitReason =
  'no seat' | 'turn used' | 'not due' | 'no value' | 'another leads' | 'sent' | 'led the parked round';

/** A leader waits for more than a quorum until this part of the turn is over: a median of all is the better one. */
const PATIENCE = 1 / 3;

/** Pure: the same facts, the same step. Local time has no part in it. */
export function nextStep(facts: RoundFacts): Step {
  const { terms, now, seat, counts, latest, parked, own, signed, reports, counting, sent } = facts;
  const turn = turnAt(now, terms);
  const nextTurn = turnStart(turn + 1, terms);
  if (seat === undefined) return { kind: 'wait', why: 'no seat', until: nextTurn };
  const used = parked ?? latest;
  if (used && turn <= turnAt(used.observedAt, terms)) return { kind: 'wait', why: 'turn used', until: nextTurn };
  if (sent) return { kind: 'wait', why: 'sent', until: nextTurn };
  // A signature is asked for again after a restart: what is signed stays signed.
  if (counts && signed === undefined) {
    if (own === undefined) return { kind: 'wait', why: 'no value' };
    return isDue(facts, own) ? { kind: 'sign', value: own } : { kind: 'wait', why: 'not due' };
  }
  if (leaderOf(turn, terms) !== seat) return { kind: 'wait', why: 'another leads', until: nextTurn };
  if (parked?.leader === seat) return { kind: 'wait', why: 'led the parked round', until: nextTurn };
  if (!counts && !isDue(facts, own)) return { kind: 'wait', why: 'not due' };
  if (reports.length < quorumOf(terms)) return { kind: 'gather' };
  const hurries = now - turnStart(turn, terms) >= terms.turnSeconds * PATIENCE;
  if (reports.length < counting && !hurries) return { kind: 'gather' };
  // What only we see as a move is none: the contract would refuse the round.
  if (isDue(facts, medianOf(reports.map(({ value }) => value)))) return { kind: 'submit', reports };
  return reports.length < counting ? { kind: 'gather' } : { kind: 'wait', why: 'not due' };
}

/**
 * Whether a round with this answer is due: the first, while disputed, by the clock, or because it has moved. A leader that
 * asks is answered at half of the deviation, so that nodes whose sources differ a little do not wait for each other.
 */
export function isDue(
  { terms, now, latest, parked }: Pick<RoundFacts, 'terms' | 'now' | 'latest' | 'parked'>,
  value: bigint | undefined,
  asked = false,
): boolean {
  if (!latest || parked || now >= dueAt(latest, terms)) return true;
  const bps = asked ? Math.ceil(terms.deviationBps / 2) : terms.deviationBps;
  // The next block's time has to be later than the last round's.
  return value !== undefined && now > latest.updatedAt && isMoved(value, latest.answer, bps);
}
