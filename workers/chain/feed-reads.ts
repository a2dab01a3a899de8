import { DataStatus } from '../protocol/data-terms.ts';
import { type FeedTerms, FeedState, parseFeedTerms, SeatStatus } from '../protocol/feed.ts';
import { FieldReader } from '../protocol/fields.ts';
import {
  type Address,
  type DataRequestId,
  type FeedId,
  type Hex32,
  parseAddress,
  parseHex32,
} from '../protocol/ids.ts';
import type { ContractRead } from './contract-reads.ts';

/** What never changes of a feed. */
export interface FeedFacts {
  readonly terms: FeedTerms;
  /** sha2-256 of the sources document. */
  readonly sourcesDigest: Hex32;
}

export interface SeatFacts {
  readonly status: SeatStatus;
  readonly reporter: Address;
  readonly operator: Address;
  /** First second in which its reports count again, Unix seconds. */
  readonly suspendedUntil: number;
}

export interface RoundFacts {
  readonly number: number;
  readonly answer: bigint;
  /** First second of the turn it was observed in, Unix seconds. */
  readonly observedAt: number;
  readonly updatedAt: number;
}

/** Where a feed stands. */
export interface FeedStanding {
  readonly state: FeedState;
  readonly latest: RoundFacts | undefined;
  readonly parked: { readonly round: RoundFacts; readonly leader: number } | undefined;
  /** What rounds are paid from, token units. */
  readonly fund: bigint;
}

export interface DataStanding {
  readonly status: DataStatus;
  /** Of the request, later of the answer, Unix seconds. */
  readonly updatedAt: number;
}

/** Reads throw what `ContractRead` throws. */
export interface FeedReads {
  /** Asked once per feed. */
  factsOf(feedId: FeedId, signal?: AbortSignal): Promise<FeedFacts>;
  seatsOf(feedId: FeedId, signal?: AbortSignal): Promise<readonly SeatFacts[]>;
  standingOf(feedId: FeedId, signal?: AbortSignal): Promise<FeedStanding>;
  dataStandingOf(requestId: DataRequestId, signal?: AbortSignal): Promise<DataStanding>;
}

export function createFeedReads({ read }: { readonly read: ContractRead }): FeedReads {
  const facts = new Map<FeedId, FeedFacts>();

  async function factsOf(feedId: FeedId, signal?: AbortSignal): Promise<FeedFacts> {
    const known = facts.get(feedId);
    if (known) return known;
    const [[terms], [, sourcesDigest]] = await Promise.all([
      read('FeedRegistry', 'feedTerms', [feedId], signal),
      read('FeedRegistry', 'feedInfo', [feedId], signal),
    ]);
    const found = { terms: parseFeedTerms(terms), sourcesDigest: parseHex32(sourcesDigest) };
    facts.set(feedId, found);
    return found;
  }

  return {
    factsOf,
    async seatsOf(feedId, signal) {
      const { terms } = await factsOf(feedId, signal);
      const seats = Array.from({ length: terms.seats }, (_, seat) =>
        read('FeedRegistry', 'seatOf', [feedId, seat], signal),
      );
      return (await Promise.all(seats)).map(([seat]) => seatOf(seat));
    },
    async standingOf(feedId, signal) {
      const [[stateNumber], [, , , , fund]] = await Promise.all([
        read('FeedRegistry', 'feedState', [feedId], signal),
        read('FeedRegistry', 'feedInfo', [feedId], signal),
      ]);
      const state = new FieldReader('feed', { state: stateNumber }).member('state', FeedState);
      const has = state !== FeedState.None && state !== FeedState.Empty;
      const latest = has ? roundOf((await read('FeedRegistry', 'latestRound', [feedId], signal))[0]) : undefined;
      if (state !== FeedState.Disputed) return { state, latest, parked: undefined, fund: fund as bigint };
      const [round, leader] = await read('FeedRegistry', 'parkedRound', [feedId], signal);
      return { state, latest, parked: { round: roundOf(round), leader: Number(leader) }, fund: fund as bigint };
    },
    async dataStandingOf(requestId, signal) {
      const [state] = await read('FeedRegistry', 'dataState', [requestId], signal);
      const fields = new FieldReader('data state', state);
      return { status: fields.member('status', DataStatus), updatedAt: Number(fields.big('updatedAt', 40)) };
    },
  };
}

function seatOf(value: unknown): SeatFacts {
  const seat = new FieldReader('seat', value);
  const { reporter, operator } = value as { readonly reporter: unknown; readonly operator: unknown };
  return {
    status: seat.member('status', SeatStatus),
    reporter: parseAddress(reporter),
    operator: parseAddress(operator),
    suspendedUntil: Number(seat.big('suspendedUntil', 40)),
  };
}

function roundOf(value: unknown): RoundFacts {
  const round = new FieldReader('round', value);
  return {
    number: round.number('number', 32),
    answer: (value as { readonly answer: bigint }).answer,
    observedAt: Number(round.big('observedAt', 40)),
    updatedAt: Number(round.big('updatedAt', 40)),
  };
}
