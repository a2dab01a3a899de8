import type { FeedTerms } from '../../workers/protocol/feed.ts';
import { type Address, type DataRequestId, type FeedId, type Hex32, ZERO_HEX32 } from '../../workers/protocol/ids.ts';
import type { Report } from '../../workers/protocol/observation.ts';

export const word = (n: number): Hex32 => `0x${n.toString(16).padStart(64, '0')}` as Hex32;
export const FEED = word(0xfeed) as unknown as FeedId;
export const REQUEST = word(0xa5c) as unknown as DataRequestId;
/** Stands for the rounds of the feed itself. */
export const ROUNDS = ZERO_HEX32 as unknown as DataRequestId;
export const FEED_REGISTRY = '0x5FbDB2315678afecb367f032d93F642f64180aa3' as Address;
export const FEED_DOMAIN = { chainId: 31_337n, verifyingContract: FEED_REGISTRY };

/** Four seats of which one may fail; turns of 9 seconds, so that a third of one is a whole number. */
export const FEED_TERMS: FeedTerms = {
  decimals: 8,
  seats: 4,
  faults: 1,
  heartbeat: 120,
  turnSeconds: 9,
  deviationBps: 50,
  clampBps: 1_000,
  outlierBps: 200,
  strikesMax: 3,
  suspensionSeconds: 600,
  leaderCredits: 2,
  reportPayment: 10n,
};

/** Reports of the seats 0, 1, 2 …, with signatures that nobody made; undefined leaves a seat out. */
export function reportsOf(values: readonly (bigint | undefined)[]): Report[] {
  return values.flatMap((value, seat) => (value === undefined ? [] : [{ seat, value, r: word(1), vs: word(2) }]));
}
