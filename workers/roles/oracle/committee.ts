import type { FeedFacts, SeatView } from '../../chain/feed-reads.ts';
import { SeatStatus } from '../../protocol/feed.ts';
import type { Address, FeedId } from '../../protocol/ids.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { OracleChain } from './ports.ts';

/** Who may report now, and which of them we are. */
export interface Committee {
  readonly facts: FeedFacts;
  /** Our seat, and whether its reports count: a suspended one may still lead. */
  readonly ours: { readonly seat: number; readonly counts: boolean } | undefined;
  /** The seats that count, by reporter, without ours. */
  readonly others: ReadonlyMap<Address, number>;
}

/** Seats change rarely; a look at all of them is a call per seat. */
const SEATS_FRESH_MS = 3_000;

/** Reads committees, and remembers what does not change. */
export function createCommittees(
  { us }: { readonly us: Address },
  { chain, clock }: { readonly chain: OracleChain; readonly clock: Pick<Clock, 'now'> },
) {
  const facts = new Map<FeedId, FeedFacts>();
  const seats = new Map<FeedId, { readonly at: number; readonly views: readonly SeatView[] }>();

  async function factsOf(feedId: FeedId, signal: AbortSignal): Promise<FeedFacts> {
    const known = facts.get(feedId) ?? (await chain.facts(feedId, signal));
    facts.set(feedId, known);
    return known;
  }

  async function seatsOf(feedId: FeedId, count: number, signal: AbortSignal): Promise<readonly SeatView[]> {
    const known = seats.get(feedId);
    if (known && clock.now() - known.at < SEATS_FRESH_MS) return known.views;
    const views = await chain.seats(feedId, count, signal);
    seats.set(feedId, { at: clock.now(), views });
    return views;
  }

  /** The committee at chain time `now`. */
  return async (feedId: FeedId, now: number, signal: AbortSignal): Promise<Committee> => {
    const known = await factsOf(feedId, signal);
    const views = await seatsOf(feedId, known.terms.seats, signal);
    const seated = views
      .map((view, seat) => ({ ...view, seat, counts: view.suspendedUntil <= now }))
      .filter(({ status }) => status === SeatStatus.Seated);
    const others = seated.filter(({ reporter, counts }) => reporter !== us && counts);
    return {
      facts: known,
      ours: seated.find(({ reporter }) => reporter === us),
      others: new Map(others.map(({ reporter, seat }) => [reporter, seat] as const)),
    };
  };
}

export type Committees = ReturnType<typeof createCommittees>;
