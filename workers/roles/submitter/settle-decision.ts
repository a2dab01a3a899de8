import { JobStatus } from '../../protocol/job.ts';

export interface TimedFacts {
  /** Chain time, Unix seconds. */
  readonly now: number;
  /** Last second in which it may not be done yet, Unix seconds. */
  readonly notBefore: number;
  /** How long the message has existed, milliseconds. */
  readonly ageMs: number;
}

export type TimedDecision =
  | { readonly kind: 'go' }
  | { readonly kind: 'end'; readonly ending: 'lost-race' | 'stood-down' }
  | { readonly kind: 'wait'; readonly retryAfterMs: number; readonly why: string };

/** A node that lags tells an older state for a moment; after this long it is taken for the truth. */
const LAG_MS = 30_000;
const LAG_RETRY_MS = 1_000;
const SHORTEST_WAIT_MS = 250;
/** Chain time may run ahead of local time, so a long wait is cut into pieces. */
const LONGEST_WAIT_MS = 15_000;

export interface SettleFacts extends TimedFacts {
  readonly status: JobStatus;
  /** The answer on the chain is the one that the message is about. */
  readonly isOurs: boolean;
}

/** Settle iff the job is attested and chain time is beyond the challenge window. */
export function decideSettle(facts: SettleFacts): TimedDecision {
  const { status, isOurs } = facts;
  if (status === JobStatus.Attested)
    return isOurs
      ? onceItIsTime(facts, 'the challenge window is open')
      : perhapsLagging(facts, 'another attestation is on the chain');
  if (status === JobStatus.OnTrial) return { kind: 'end', ending: 'stood-down' };
  if (status === JobStatus.None || status === JobStatus.Requested)
    return perhapsLagging(facts, 'the attestation is not on the chain');
  return { kind: 'end', ending: 'lost-race' };
}

export interface ExpireFacts extends TimedFacts {
  /** Of a job or of a question. */
  readonly stands: 'absent' | 'unanswered' | 'over';
}

/** Expire iff nobody has answered and chain time is beyond the deadline. */
export function decideExpire(facts: ExpireFacts): TimedDecision {
  const { stands } = facts;
  if (stands === 'unanswered') return onceItIsTime(facts, 'the deadline has not passed');
  if (stands === 'absent') return perhapsLagging(facts, 'the request is not on the chain');
  return { kind: 'end', ending: 'lost-race' };
}

function onceItIsTime({ now, notBefore }: TimedFacts, why: string): TimedDecision {
  if (now > notBefore) return { kind: 'go' };
  const ms = (notBefore + 1 - now) * 1_000;
  return { kind: 'wait', retryAfterMs: Math.min(Math.max(ms, SHORTEST_WAIT_MS), LONGEST_WAIT_MS), why };
}

/** A reorg took it back: the listener asks again once it is there again. */
function perhapsLagging({ ageMs }: TimedFacts, why: string): TimedDecision {
  return ageMs < LAG_MS ? { kind: 'wait', retryAfterMs: LAG_RETRY_MS, why } : { kind: 'end', ending: 'stood-down' };
}
