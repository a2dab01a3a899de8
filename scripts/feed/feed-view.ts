import { type FeedTerms, parseFeedTerms } from '../../workers/protocol/feed.ts';
import { type Address, type Hex32, parseAddress, parseHex32, ZERO_ADDRESS } from '../../workers/protocol/ids.ts';
import { RemitError } from '../../workers/runtime/errors.ts';
import { createChainReader } from '../../workers/chain/chain-reader.ts';
import { addressOf, textOf } from '../chain/account.ts';
import type { ChainSession } from '../chain/chain-session.ts';

const FEED_STATES = ['none', 'empty', 'live', 'stale', 'disputed'] as const;
const SEAT_STATUSES = ['none', 'invited', 'seated', 'vacant'] as const;

export type FeedStateName = (typeof FEED_STATES)[number];

/** An accepted answer; `answer` is scaled by the feed's decimals, times are Unix seconds. */
export interface RoundView {
  readonly number: number;
  readonly answer: bigint;
  readonly observedAt: number;
  readonly updatedAt: number;
  readonly reports: number;
}

export interface SeatView {
  readonly seat: number;
  readonly status: (typeof SEAT_STATUSES)[number];
  readonly operator: Address;
  readonly reporter: Address;
  /** Unix seconds; 0: never suspended */
  readonly suspendedUntil: number;
  readonly strikes: number;
  readonly credits: bigint;
}

/** A feed as the chain has it now. */
export interface FeedView {
  readonly feedId: Hex32;
  readonly name: string;
  readonly sourcesDigest: Hex32;
  readonly steward: Address | undefined;
  /** what each seat locks, token units */
  readonly bond: bigint;
  /** what rounds are paid from, token units */
  readonly fund: bigint;
  readonly state: FeedStateName;
  readonly terms: FeedTerms;
  readonly latest: RoundView | undefined;
  /** the move beyond the clamp that waits for a second round, and the seat that led it */
  readonly parked: (RoundView & { readonly leader: number }) | undefined;
  readonly seats: readonly SeatView[];
  readonly turn: bigint;
  /** the seat that leads this turn */
  readonly leader: number;
  /** time of the newest block, Unix seconds */
  readonly now: number;
}

type Registry = ChainSession['contracts']['FeedRegistry'];

/** Everything about one feed. @throws RemitError `FEED_UNKNOWN`, `CONTRACT_NOT_DEPLOYED`, `RPC_…`; MalformedError */
export async function readFeed(reference: string, session: ChainSession, signal: AbortSignal): Promise<FeedView> {
  const feedId = parseHex32(reference);
  const registry = feedRegistry(session);
  const state = await feedStateOf(feedId, session);
  const terms = parseFeedTerms(await registry.feedTerms(feedId));
  const info = await registry.feedInfo(feedId);
  const { turn, leader } = await registry.turnOf(feedId);
  const head = await createChainReader({ rpc: session.rpc }).head(signal);
  return {
    feedId,
    name: textOf(info.name) ?? '',
    sourcesDigest: parseHex32(info.sourcesDigest),
    steward: info.steward === ZERO_ADDRESS ? undefined : parseAddress(info.steward),
    bond: info.bond,
    fund: info.fund,
    state,
    terms,
    latest: state === 'empty' ? undefined : roundView(await registry.latestRound(feedId)),
    parked: state === 'disputed' ? await parkedView(feedId, registry) : undefined,
    seats: await Promise.all(Array.from({ length: terms.seats }, (_, seat) => seatView(feedId, seat, registry))),
    turn,
    leader: Number(leader),
    now: head.timestamp,
  };
}

/** @throws RemitError `CONTRACT_NOT_DEPLOYED` */
export function feedRegistry(session: ChainSession): Registry {
  addressOf('FeedRegistry', session);
  return session.contracts.FeedRegistry;
}

/** @throws RemitError `FEED_UNKNOWN` */
export async function feedStateOf(feedId: Hex32, session: ChainSession): Promise<FeedStateName> {
  const state = FEED_STATES[Number(await feedRegistry(session).feedState(feedId))] ?? 'none';
  if (state !== 'none') return state;
  throw new RemitError({
    code: 'FEED_UNKNOWN',
    message: `there is no feed ${feedId} on chain ${session.chainId}`,
    fix: 'look at `./dev feed list` for the feeds of this deployment',
    context: { feedId, chainId: session.chainId },
  });
}

export function roundView(round: Awaited<ReturnType<Registry['latestRound']>>): RoundView {
  return {
    number: Number(round.number),
    answer: round.answer,
    observedAt: Number(round.observedAt),
    updatedAt: Number(round.updatedAt),
    reports: Number(round.reports),
  };
}

async function parkedView(feedId: Hex32, registry: Registry): Promise<RoundView & { readonly leader: number }> {
  const { parked, leader } = await registry.parkedRound(feedId);
  return { ...roundView(parked), leader: Number(leader) };
}

async function seatView(feedId: Hex32, seat: number, registry: Registry): Promise<SeatView> {
  const found = await registry.seatOf(feedId, seat);
  return {
    seat,
    status: SEAT_STATUSES[Number(found.status)] ?? 'none',
    operator: parseAddress(found.operator),
    reporter: parseAddress(found.reporter),
    suspendedUntil: Number(found.suspendedUntil),
    strikes: Number(found.strikes),
    credits: found.credits,
  };
}
