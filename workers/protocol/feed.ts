import { FieldReader } from './fields.ts';

/** What a feed promises; twin of `FeedTerms` in `contracts/types/Feed.sol`. */
export interface FeedTerms {
  readonly decimals: number;
  readonly seats: number;
  /** Seats that may fail in any way; a quorum is `2 · faults + 1`. */
  readonly faults: number;
  /** Longest age of an answer that readers should accept, seconds. */
  readonly heartbeat: number;
  readonly turnSeconds: number;
  /** In 1/10,000 of the last answer, like the next two. */
  readonly deviationBps: number;
  readonly clampBps: number;
  readonly outlierBps: number;
  readonly strikesMax: number;
  readonly suspensionSeconds: number;
  readonly leaderCredits: number;
  /** Token units. */
  readonly reportPayment: bigint;
}

/** An accepted round; twin of `Round`. Times in Unix seconds of chain time. */
export interface Round {
  readonly number: number;
  readonly answer: bigint;
  readonly observedAt: number;
  readonly updatedAt: number;
  readonly reports: number;
}

/** Where a feed stands for a reader; twin of `FeedState`. */
export const FeedState = { None: 0, Empty: 1, Live: 2, Stale: 3, Disputed: 4 } as const;
export type FeedState = (typeof FeedState)[keyof typeof FeedState];

/** A seat of a committee; twin of `SeatStatus`. */
export const SeatStatus = { None: 0, Invited: 1, Seated: 2, Vacant: 3 } as const;
export type SeatStatus = (typeof SeatStatus)[keyof typeof SeatStatus];

const BPS = 10_000n;

/** The turn at `time`, Unix seconds of chain time. */
export function turnAt(time: number, { turnSeconds }: Pick<FeedTerms, 'turnSeconds'>): number {
  return Math.floor(time / turnSeconds);
}

/** The first second of a turn. */
export function turnStart(turn: number, { turnSeconds }: Pick<FeedTerms, 'turnSeconds'>): number {
  return turn * turnSeconds;
}

/** The seat that leads a turn. */
export function leaderOf(turn: number, { seats }: Pick<FeedTerms, 'seats'>): number {
  return turn % seats;
}

export function quorumOf({ faults }: Pick<FeedTerms, 'faults'>): number {
  return 2 * faults + 1;
}

/** First second in which a round is due by the clock: three quarters of the heartbeat after the last. */
export function dueAt({ updatedAt }: Pick<Round, 'updatedAt'>, { heartbeat }: Pick<FeedTerms, 'heartbeat'>): number {
  return updatedAt + Math.floor((heartbeat * 3) / 4);
}

/** The median; of an even number the lower of the two in the middle. Twin of `Median.lowerOf`. */
export function medianOf(values: readonly bigint[]): bigint {
  const sorted = values.toSorted((a, b) => (a < b ? -1 : Number(a > b)));
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  if (middle === undefined) throw new RangeError('nothing has no median');
  return middle;
}

/** Whether `value` lies further from `base` than `bps` ten-thousandths of it. Twin of `Median.isBeyond`. */
export function isBeyond(value: bigint, base: bigint, bps: number): boolean {
  return magnitude(value - base) * BPS > magnitude(base) * BigInt(bps);
}

/** Whether `value` is another than `base` and at least `bps` ten-thousandths of it away. Twin of `Median.isMoved`. */
export function isMoved(value: bigint, base: bigint, bps: number): boolean {
  return value !== base && magnitude(value - base) * BPS >= magnitude(base) * BigInt(bps);
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

/** Terms out of a decoded view or event. @throws MalformedError `RECORD_MALFORMED`, naming the field. */
export function parseFeedTerms(value: unknown): FeedTerms {
  const terms = new FieldReader('feed terms', value);
  return {
    decimals: terms.number('decimals', 8),
    seats: terms.number('seats', 8),
    faults: terms.number('faults', 8),
    heartbeat: terms.number('heartbeat', 32),
    turnSeconds: terms.number('turnSeconds', 24),
    deviationBps: terms.number('deviationBps', 16),
    clampBps: terms.number('clampBps', 16),
    outlierBps: terms.number('outlierBps', 16),
    strikesMax: terms.number('strikesMax', 8),
    suspensionSeconds: terms.number('suspensionSeconds', 32),
    leaderCredits: terms.number('leaderCredits', 8),
    reportPayment: terms.big('reportPayment', 80),
  };
}
