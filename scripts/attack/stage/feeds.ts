import { encodeBytes32String } from 'ethers';
import type { FeedTerms } from '../../../workers/protocol/feed.ts';
import type { FeedId, DataRequestId, Hex32 } from '../../../workers/protocol/ids.ts';
import { ZERO_HEX32 } from '../../../workers/protocol/ids.ts';
import { observationTypedData, type Report, reportOf } from '../../../workers/protocol/observation.ts';
import type { Account, OperatorAccounts } from '../../stack/accounts.ts';
import { type Call, callOf } from './contract-handle.ts';
import { TOKEN } from './open-stage.ts';
import type { Stage } from './scene.ts';

/** What every seat locks. */
export const FEED_BOND = 100n * TOKEN;
/** Price with the feed's decimals. */
export const PRICE = 2_000n * 10n ** 8n;

/** Four seats of which one may fail. Seconds, ten-thousandths, token units. */
export const FEED_TERMS: FeedTerms = {
  decimals: 8,
  seats: 4,
  faults: 1,
  heartbeat: 600,
  turnSeconds: 10,
  deviationBps: 50,
  clampBps: 1_000,
  outlierBps: 200,
  strikesMax: 2,
  suspensionSeconds: 3_600,
  leaderCredits: 2,
  reportPayment: TOKEN / 1_000n,
};

export interface Feed {
  readonly id: FeedId;
  readonly seats: readonly OperatorAccounts[];
}

/** A feed with four bonded seats and a fund; the requester is its steward. */
export async function createFeed(stage: Stage): Promise<Feed> {
  const { cast, handles } = stage;
  const { requester, seats } = cast;
  const addresses = seats.map(({ owner }) => owner.address);
  const sources = `0x${'5a'.repeat(32)}`;
  const args = [encodeBytes32String('ETH / USD'), sources, FEED_TERMS, FEED_BOND, requester.address, addresses];
  const creation = callOf(requester, handles.FeedRegistry, 'createFeed', [...args, ZERO_HEX32]);
  const mined = await stage.step('makes a feed of four seats, of which one may fail', creation);
  const id = String(stage.eventIn(mined, handles.FeedRegistry, 'FeedCreated')['feedId']) as FeedId;
  for (const [seat, { owner, attester }] of seats.entries()) {
    const joining = callOf(owner, handles.FeedRegistry, 'join', [id, seat, attester.address]);
    await stage.transactions.must(joining, 'taking a seat');
  }
  await stage.step('pays into its fund', callOf(requester, handles.FeedRegistry, 'fund', [id, 10n * TOKEN]));
  return { id, seats };
}

/** The turn in which the chain's next block lies when `seconds` have passed, led by `leader` if named. */
export async function nextTurn(stage: Stage, seconds = 0, leader?: number): Promise<number> {
  const now = await stage.now();
  let turn = Math.floor((now + seconds) / FEED_TERMS.turnSeconds) + 1;
  while (leader !== undefined && turn % FEED_TERMS.seats !== leader) turn += 1;
  await stage.nextBlockAt(turn * FEED_TERMS.turnSeconds + 1);
  return turn;
}

/** A seat's signed value. */
export async function observation(
  { handles, domain }: Stage,
  feed: Feed,
  {
    turn,
    seat,
    value,
    key,
  }: { readonly turn: number; readonly seat: number; readonly value: bigint; readonly key?: Account },
  requestId: Hex32 = ZERO_HEX32,
): Promise<Report> {
  const observed = { feedId: feed.id, requestId: requestId as DataRequestId, turn: BigInt(turn), value };
  const by = { chainId: domain.chainId, verifyingContract: handles.FeedRegistry.address };
  const typed = observationTypedData(observed, by);
  const signer = key ?? feed.seats[seat]?.attester;
  if (!signer) throw new RangeError(`there is no seat ${seat}`);
  return reportOf(seat, value, await signer.signer.signTypedData(typed.domain, typed.types, typed.value));
}

/** What seats 0, 1, 2 … say; undefined leaves one out. */
export async function observations(
  stage: Stage,
  feed: Feed,
  turn: number,
  values: readonly (bigint | undefined)[],
): Promise<readonly Report[]> {
  const said = values.flatMap((value, seat) => (value === undefined ? [] : [{ turn, seat, value }]));
  return Promise.all(said.map((one) => observation(stage, feed, one)));
}

/** The key of the seat that leads a turn. */
export function leaderOf(feed: Feed, turn: number): Account {
  const seat = feed.seats[turn % FEED_TERMS.seats];
  if (!seat) throw new RangeError(`nobody leads turn ${turn}`);
  return seat.attester;
}

export function reportCall(
  { handles }: Stage,
  feed: Feed,
  turn: number,
  reports: readonly Report[],
  from = leaderOf(feed, turn),
): Call {
  return callOf(from, handles.FeedRegistry, 'report', [feed.id, turn, reports]);
}

/** A round of honest seats, as soon as the next one is due by the clock. */
export async function round(stage: Stage, feed: Feed, value = PRICE, leader?: number): Promise<number> {
  const turn = await nextTurn(stage, FEED_TERMS.heartbeat, leader);
  const reports = await observations(stage, feed, turn, [value, value, value, value]);
  await stage.step(`brings a round: ${showPrice(value)}`, reportCall(stage, feed, turn, reports));
  return turn;
}

export const showPrice = (value: bigint): string => `${Number(value) / 1e8} USD`;
