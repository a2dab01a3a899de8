import { FieldReader } from './fields.ts';

/** What a feed promises, for ever; twin of `FeedTerms` in `contracts/types/Feed.sol`. */
export interface FeedTerms {
  readonly decimals: number;
  readonly seats: number;
  /** How many seats may fail in any way. */
  readonly faults: number;
  /** Longest age of an answer, seconds. */
  readonly heartbeat: number;
  /** Length of a turn, seconds. */
  readonly turnSeconds: number;
  /** A move of this size makes a round due, in 1/10,000 of the last answer. */
  readonly deviationBps: number;
  /** A larger move parks the round, in 1/10,000 of the last answer. */
  readonly clampBps: number;
  /** In 1/10,000 of the round's median. */
  readonly outlierBps: number;
  readonly strikesMax: number;
  readonly suspensionSeconds: number;
  /** In payments of a report. */
  readonly leaderCredits: number;
  /** Token units. */
  readonly reportPayment: bigint;
}

/** Twin of `SeatStatus`. */
export const SeatStatus = { None: 0, Invited: 1, Seated: 2, Vacant: 3 } as const;
export type SeatStatus = (typeof SeatStatus)[keyof typeof SeatStatus];

/** Twin of `FeedState`. */
export const FeedState = { None: 0, Empty: 1, Live: 2, Stale: 3, Disputed: 4 } as const;
export type FeedState = (typeof FeedState)[keyof typeof FeedState];

const BPS = 10_000n;

/** Feed terms out of JSON, or out of a decoded result. @throws MalformedError `RECORD_MALFORMED`, naming the field. */
export function parseFeedTerms(value: unknown): FeedTerms {
  const terms = new FieldReader('feed terms', value);
  return {
    decimals: terms.number('decimals', 8),
    seats: terms.number('seats', 8),
    faults: terms.number('faults', 8),
    heartbeat: terms.number('heartbeat', 32),
    turnSeconds: terms.number('turnSeconds', 32),
    deviationBps: terms.number('deviationBps', 16),
    clampBps: terms.number('clampBps', 16),
    outlierBps: terms.number('outlierBps', 16),
    strikesMax: terms.number('strikesMax', 8),
    suspensionSeconds: terms.number('suspensionSeconds', 32),
    leaderCredits: terms.number('leaderCredits', 8),
    reportPayment: terms.big('reportPayment', 96),
  };
}

type Turns = Pick<FeedTerms, 'turnSeconds'>;

/** The turn of a second of chain time. */
export function turnAt(time: number, { turnSeconds }: Turns): number {
  return Math.floor(time / turnSeconds);
}

/** First second of a turn. */
export function turnStart(turn: number, { turnSeconds }: Turns): number {
  return turn * turnSeconds;
}

/** The seat that may bring the reports of a turn. */
export function leaderOf(turn: number, { seats }: Pick<FeedTerms, 'seats'>): number {
  return turn % seats;
}

/** Fewest reports of a round. */
export function quorumOf({ faults }: Pick<FeedTerms, 'faults'>): number {
  return 2 * faults + 1;
}

/** The second from which on a round is due whatever its median, after one that was brought at `updatedAt`. */
export function heartbeatDueAt(updatedAt: number, { heartbeat }: Pick<FeedTerms, 'heartbeat'>): number {
  return updatedAt + Math.floor((heartbeat * 3) / 4);
}

/** The value in the middle; of an even number the lower of the two. @throws RangeError for none */
export function medianOf(values: readonly bigint[]): bigint {
  const sorted = values.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const median = sorted[Math.floor((sorted.length - 1) / 2)];
  if (median === undefined) throw new RangeError('no values, no median');
  return median;
}

/** Whether `value` lies at least `bps` ten-thousandths of `base` from `base`, and is not `base`. */
export function isMoved(value: bigint, base: bigint, bps: number): boolean {
  return value !== base && magnitude(value - base) * BPS >= magnitude(base) * BigInt(bps);
}

/** Whether `value` lies further from `base` than `bps` ten-thousandths of `base`. */
export function isBeyond(value: bigint, base: bigint, bps: number): boolean {
  return magnitude(value - base) * BPS > magnitude(base) * BigInt(bps);
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}
