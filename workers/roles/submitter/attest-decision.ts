import { type Address, ZERO_ADDRESS } from '../../protocol/ids.ts';
import { isTerminal, JobStatus, type Terms } from '../../protocol/job.ts';
import { eligibleFrom, type LadderPlace, type LadderTime } from '../../protocol/ladder.ts';

export interface AttestFacts {
  readonly terms: Pick<Terms, 'operator' | 'attestDeadline'>;
  readonly status: JobStatus;
  /** The operator this node works for. */
  readonly operator: Address;
  /** Chain time, Unix seconds. */
  readonly now: number;
  /** Of an open job; undefined while the block that seeds the ladder is not mined. */
  readonly ladder: { readonly place: LadderPlace; readonly time: LadderTime } | undefined;
}

/** What to do with an answer. `urgentFrom`: second of chain time from which on the deadline is near, so gas may cost more. */
export type AttestDecision =
  | { readonly kind: 'attest'; readonly urgentFrom: number }
  | { readonly kind: 'end'; readonly ending: 'lost-race' | 'too-late' | 'not-eligible' | 'stood-down' }
  | { readonly kind: 'wait'; readonly retryAfterMs: number; readonly why: string };

/** Seconds before the deadline from which on an attestation is urgent. */
const URGENT_SECONDS = 60;
const UNKNOWN_JOB_MS = 1_000;
const SEED_MS = 250;

/** Decides from the chain's state alone, so a message that runs twice decides the same. */
export function decideAttest({ terms, status, operator, now, ladder }: AttestFacts): AttestDecision {
  const end = (ending: Extract<AttestDecision, { kind: 'end' }>['ending']): AttestDecision => ({ kind: 'end', ending });
  const left = Number(terms.attestDeadline) - now;
  if (terms.operator !== ZERO_ADDRESS && terms.operator !== operator) return end('stood-down');
  if (status === JobStatus.Attested || status === JobStatus.OnTrial) return end('lost-race');
  if (isTerminal(status)) return end(status === JobStatus.Expired ? 'too-late' : 'lost-race');
  if (left < 0) return end('too-late');
  if (status === JobStatus.None)
    return { kind: 'wait', retryAfterMs: UNKNOWN_JOB_MS, why: 'the request is not on the chain' };
  if (terms.operator === ZERO_ADDRESS) {
    if (!ladder) return { kind: 'wait', retryAfterMs: SEED_MS, why: 'the block that seeds the ladder is not mined' };
    const from = eligibleFrom(ladder.place, ladder.time);
    if (from === undefined || BigInt(from) > terms.attestDeadline) return end('not-eligible');
    if (from > now) return { kind: 'wait', retryAfterMs: waitMs(from - now), why: 'not eligible yet' };
  }
  return { kind: 'attest', urgentFrom: Number(terms.attestDeadline) - URGENT_SECONDS };
}

/** Chain time may run ahead of local time, so a long wait is cut into pieces. */
function waitMs(seconds: number): number {
  return Math.min(seconds * 1_000, 15_000);
}
