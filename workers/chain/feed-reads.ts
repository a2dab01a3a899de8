import { DataStatus } from '../protocol/data-terms.ts';
import { FeedState, type FeedTerms, parseFeedTerms, type Round, SeatStatus } from '../protocol/feed.ts';
import { FieldReader } from '../protocol/fields.ts';
import { type Address, type DataRequestId, type FeedId, type Hex32, parseHex32 } from '../protocol/ids.ts';
import type { ContractRead } from './contract-reads.ts';

/** What a feed is for ever. */
export interface FeedFacts {
  readonly terms: FeedTerms;
  /** sha2-256 of the sources document. */
  readonly sourcesDigest: Hex32;
}

/** A seat as it is now. */
export interface SeatView {
  readonly status: SeatStatus;
  readonly reporter: Address;
  readonly operator: Address;
  /** First second in which its reports count again; 0: never suspended. */
  readonly suspendedUntil: number;
}

/** Where a feed stands. */
export interface FeedStanding {
  /** The last accepted round; undefined before the first. */
  readonly latest: Round | undefined;
  /** The round that waits for a second one, of a disputed feed, and the seat that led it. */
  readonly parked: (Round & { readonly leader: number }) | undefined;
  /** What rounds are paid from, token units. */
  readonly fund: bigint;
}

/** What the chain says of feeds and of questions to their committees. Reads throw what `ContractRead` throws. */
export interface FeedReads {
  facts(feedId: FeedId, signal?: AbortSignal): Promise<FeedFacts>;
  standing(feedId: FeedId, signal?: AbortSignal): Promise<FeedStanding>;
  seats(feedId: FeedId, count: number, signal?: AbortSignal): Promise<readonly SeatView[]>;
  /** `updatedAt`: when it was asked or answered, Unix seconds. */
  question(
    requestId: DataRequestId,
    signal?: AbortSignal,
  ): Promise<{ readonly status: DataStatus; readonly updatedAt: number }>;
}

export function createFeedReads({ read }: { readonly read: ContractRead }): FeedReads {
  async function parkedOf(feedId: FeedId, signal: AbortSignal | undefined): Promise<FeedStanding['parked']> {
    const [parked, leader] = await read('FeedRegistry', 'parkedRound', [feedId], signal);
    return { ...roundOf(parked), leader: Number(leader) };
  }

  return {
    async facts(feedId, signal) {
      const [[terms], info] = await Promise.all([
        read('FeedRegistry', 'feedTerms', [feedId], signal),
        read('FeedRegistry', 'feedInfo', [feedId], signal),
      ]);
      return { terms: parseFeedTerms(terms), sourcesDigest: parseHex32(info['sourcesDigest']) };
    },
    async standing(feedId, signal) {
      const [[said], info] = await Promise.all([
        read('FeedRegistry', 'feedState', [feedId], signal),
        read('FeedRegistry', 'feedInfo', [feedId], signal),
      ]);
      const state = Number(said) as FeedState;
      // ethers gives results the methods of arrays, so a field named like one of them is read by its place.
      const fund = info.at(4) as bigint;
      if (state === FeedState.None || state === FeedState.Empty) return { latest: undefined, parked: undefined, fund };
      const [[latest], parked] = await Promise.all([
        read('FeedRegistry', 'latestRound', [feedId], signal),
        state === FeedState.Disputed ? parkedOf(feedId, signal) : undefined,
      ]);
      return { latest: roundOf(latest), parked, fund };
    },
    seats: (feedId, count, signal) =>
      Promise.all(
        Array.from({ length: count }, async (_, seat) => {
          const [view] = await read('FeedRegistry', 'seatOf', [feedId, seat], signal);
          const fields = new FieldReader('seat', view);
          return {
            status: fields.member('status', SeatStatus),
            reporter: fields.address('reporter'),
            operator: fields.address('operator'),
            suspendedUntil: fields.number('suspendedUntil', 40),
          };
        }),
      ),
    async question(requestId, signal) {
      const [state] = await read('FeedRegistry', 'dataState', [requestId], signal);
      const fields = new FieldReader('data state', state);
      return { status: fields.member('status', DataStatus), updatedAt: fields.number('updatedAt', 40) };
    },
  };
}

function roundOf(value: unknown): Round {
  const round = new FieldReader('round', value);
  return {
    number: round.number('number', 32),
    answer: (value as { readonly answer: bigint }).answer,
    observedAt: round.number('observedAt', 40),
    updatedAt: round.number('updatedAt', 40),
    reports: round.number('reports', 8),
  };
}
