import { type Address, ZERO_ADDRESS } from '../../protocol/ids.ts';
import { JobStatus, type Terms } from '../../protocol/job.ts';
import { eligibleFrom, type LadderPlace, type LadderTime } from '../../protocol/ladder.ts';
import { patience } from '../../queue/outage.ts';

/** Why a job is left alone; every reason is expected and final. */
export type SkipReason =
  'not-ours' | 'not-requested' | 'too-late' | 'never-eligible' | 'model-not-served' | 'model-not-triable';

/** Whether a job may be worked on now. */
export type Admission =
  | { readonly kind: 'go' }
  | { readonly kind: 'skip'; readonly reason: SkipReason }
  | { readonly kind: 'wait'; readonly retryAfterMs: number; readonly why: string };

export interface JobFacts {
  readonly terms: Pick<Terms, 'operator' | 'attestDeadline'>;
  readonly status: JobStatus;
  /** The operator this node works for. */
  readonly operator: Address;
  /** Chain time, Unix seconds. */
  readonly chainNow: number;
  /** How long nearly every answer of this model takes, milliseconds; 0 when not known yet. */
  readonly expectedMs: number;
  /** How long the message has existed, milliseconds. */
  readonly ageMs: number;
}

const go: Admission = { kind: 'go' };
const skip = (reason: SkipReason): Admission => ({ kind: 'skip', reason });

/** The chain's part of the decision. A job that the node does not know (yet, or any more) is waited for until its deadline. */
export function admit({ terms, status, operator, chainNow, expectedMs, ageMs }: JobFacts): Admission {
  if (terms.operator !== ZERO_ADDRESS && terms.operator !== operator) return skip('not-ours');
  if (status !== JobStatus.Requested && status !== JobStatus.None) return skip('not-requested');
  if (BigInt(chainNow + Math.ceil(expectedMs / 1_000)) > terms.attestDeadline) return skip('too-late');
  if (status === JobStatus.Requested) return go;
  return { kind: 'wait', retryAfterMs: patience(ageMs), why: 'the request is not on the chain' };
}

export interface LadderFacts {
  /** Undefined while the block that seeds the ladder is not mined. */
  readonly standing: { readonly place: LadderPlace; readonly time: LadderTime } | undefined;
  readonly attestDeadline: bigint;
  /** Chain time, Unix seconds. */
  readonly chainNow: number;
  /** Local time, milliseconds: only says how long to wait before the chain is asked again. */
  readonly localNowMs: number;
}

const SEED_WAIT_MS = 250;
const SHORTEST_WAIT_MS = 500;

/** The ladder's part of the decision, for an open job. */
export function climb({ standing, attestDeadline, chainNow, localNowMs }: LadderFacts): Admission {
  if (!standing)
    return { kind: 'wait', retryAfterMs: SEED_WAIT_MS, why: 'the block that seeds the ladder is not mined' };
  const from = eligibleFrom(standing.place, standing.time);
  if (from === undefined || BigInt(from) > attestDeadline) return skip('never-eligible');
  if (from <= chainNow) return go;
  // The newest block may be old already, so local time says how much of the wait is left; it may be wrong both ways.
  const left = Math.min(from * 1_000 - localNowMs, (from - chainNow) * 1_000);
  return { kind: 'wait', retryAfterMs: Math.max(left, SHORTEST_WAIT_MS), why: 'not eligible yet' };
}

/** Which models this operator answers for. */
export interface ModelPolicy {
  /** Ids, or `any`. */
  readonly models: 'any' | readonly string[];
  readonly triableOnly: boolean;
}

/** The operator's own part of the decision. */
export function serves({ models, triableOnly }: ModelPolicy, modelId: string, isTriable: boolean): Admission {
  if (models !== 'any' && !models.includes(modelId)) return skip('model-not-served');
  return triableOnly && !isTriable ? skip('model-not-triable') : go;
}
