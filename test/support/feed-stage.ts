import type { HardhatEthersSigner } from '@nomicfoundation/hardhat-ethers/types';
import {
  type BytesLike,
  MaxUint256,
  Signature,
  ZeroAddress,
  ZeroHash,
  encodeBytes32String,
  getBytes,
  getCreateAddress,
  hexlify,
} from 'ethers';
import type { NetworkConnection } from 'hardhat/types/network';
import {
  CONVICTION_SHARES,
  EPOCH_LENGTH,
  EQUIVOCATION_SHARES,
  LEAVE_DELAY,
  REVOCATION_DELAY,
  UNBONDING_DELAY,
} from './system.ts';

export const TOKEN = 10n ** 18n;
export const BOND = 100n * TOKEN;
export const STAKE = 1_000n * TOKEN;
export const FUND = 10n * TOKEN;
export const SOURCES = `0x${'5a'.repeat(32)}`;
export const FEED_NAME = encodeBytes32String('ETH / USD');

/** Four seats of which one may fail; a turn of 10 seconds, a heartbeat of 10 minutes. */
export const FEED_TERMS = {
  decimals: 8n,
  seats: 4n,
  faults: 1n,
  heartbeat: 600n,
  turnSeconds: 10n,
  deviationBps: 50n,
  clampBps: 1_000n,
  outlierBps: 200n,
  strikesMax: 2n,
  suspensionSeconds: 3_600n,
  leaderCredits: 2n,
  reportPayment: TOKEN / 1_000n,
};
export type FeedTermsLike = typeof FEED_TERMS;

export const SeatStatus = { None: 0n, Invited: 1n, Seated: 2n, Vacant: 3n } as const;
export const FeedState = { None: 0n, Empty: 1n, Live: 2n, Stale: 3n, Disputed: 4n } as const;
export const DataStatus = { None: 0n, Requested: 1n, Answered: 2n, Expired: 3n } as const;

export interface SeatHolder {
  readonly account: HardhatEthersSigner;
  readonly key: HardhatEthersSigner;
}

export interface ReportLike {
  readonly seat: number;
  readonly value: bigint;
  readonly r: string;
  readonly vs: string;
}

export interface Observed {
  readonly seat: number;
  readonly value: bigint;
  readonly key?: HardhatEthersSigner;
}

const OBSERVATION = {
  Observation: [
    { name: 'feedId', type: 'bytes32' },
    { name: 'requestId', type: 'bytes32' },
    { name: 'turn', type: 'uint64' },
    { name: 'value', type: 'int128' },
  ],
};

/** A fixture: a feed of four seats, all taken and funded. `holders` has more operators, with stake and a key, than seats. */
export async function setFeedStage(connection: NetworkConnection) {
  return feedStageWith(connection, FEED_TERMS);
}

/** The same with seven seats, of which two may fail. */
export async function setSevenSeatStage(connection: NetworkConnection) {
  return feedStageWith(connection, { ...FEED_TERMS, seats: 7n, faults: 2n });
}

/** Nobody is paid. */
export async function setUnpaidStage(connection: NetworkConnection) {
  return feedStageWith(connection, { ...FEED_TERMS, reportPayment: 0n });
}

async function feedStageWith({ ethers, networkHelpers }: NetworkConnection, terms: FeedTermsLike) {
  const signers = await ethers.getSigners();
  const [admin, steward, stranger, ...rest] = signers as [
    HardhatEthersSigner,
    HardhatEthersSigner,
    HardhatEthersSigner,
  ];
  // The contracts that a feed touches, alone: addresses are predicted from the nonce, as everywhere.
  const nonce = await admin.getNonce();
  const at = (offset: number): string => getCreateAddress({ from: admin.address, nonce: nonce + offset });
  const token = await ethers.deployContract('DevToken', [18], admin);
  const nobody = [ZeroAddress, ZeroAddress] as const;
  const settlement = await ethers.deployContract('Settlement', [token, ...nobody, at(3), ZeroAddress, at(4)], admin);
  const staking = await ethers.deployContract(
    'OperatorStaking',
    [token, ZeroAddress, at(3), settlement, at(4), UNBONDING_DELAY, REVOCATION_DELAY, EPOCH_LENGTH],
    admin,
  );
  const shares = [EQUIVOCATION_SHARES, CONVICTION_SHARES] as const;
  const slasher = await ethers.deployContract('Slasher', [staking, settlement, ZeroAddress, at(4), ...shares], admin);
  const feeds = await ethers.deployContract('FeedRegistry', [staking, settlement, slasher, LEAVE_DELAY], admin);
  const pool = rest as HardhatEthersSigner[];
  const holders: SeatHolder[] = Array.from({ length: 8 }, (_, i) => ({ account: pool[i]!, key: pool[i + 8]! }));
  const { chainId } = await ethers.provider.getNetwork();
  const stakingDomain = {
    name: 'Remit OperatorStaking',
    version: '1',
    chainId,
    verifyingContract: await staking.getAddress(),
  };
  const consentOf = async (account: HardhatEthersSigner, key: HardhatEthersSigner): Promise<string> =>
    key.signTypedData(
      stakingDomain,
      {
        Appointment: [
          { name: 'operator', type: 'address' },
          { name: 'attester', type: 'address' },
        ],
      },
      { operator: account.address, attester: key.address },
    );
  for (const { account, key } of holders) {
    await token.mint(account, STAKE);
    await token.connect(account).approve(staking, MaxUint256);
    await staking.connect(account).deposit(STAKE);
    await staking.connect(account).appointAttester(key, await consentOf(account, key));
  }
  for (const account of [steward, stranger]) {
    await token.mint(account, STAKE);
    await token.connect(account).approve(settlement, MaxUint256);
    await settlement.connect(account).deposit(account, STAKE);
  }
  const operators = holders.slice(0, Number(terms.seats)).map(({ account }) => account.address);
  const args = [FEED_NAME, SOURCES, terms, BOND, steward.address, operators, ZeroHash] as const;
  const feedId = await feeds.createFeed.staticCall(...args);
  await feeds.createFeed(...args);
  for (const [seat, { account, key }] of holders.slice(0, Number(terms.seats)).entries()) {
    await feeds.connect(account).join(feedId, seat, key);
  }
  await feeds.connect(steward).fund(feedId, FUND);
  const domain = { name: 'Remit FeedRegistry', version: '1', chainId, verifyingContract: await feeds.getAddress() };
  return {
    token,
    settlement,
    staking,
    slasher,
    feeds,
    ethers,
    networkHelpers,
    admin,
    steward,
    stranger,
    holders,
    terms,
    feedId,
    domain,
    consentOf,
    operators,
  };
}

export type FeedStage = Awaited<ReturnType<typeof setFeedStage>>;

/** Signs one value for one turn, with the key that the seat had at first unless another is named. */
export async function signObservation(
  { domain, feedId, holders }: FeedStage,
  turn: bigint,
  { seat, value, key = holders[seat]!.key }: Observed,
  requestId: string = ZeroHash,
): Promise<ReportLike> {
  const signed = await key.signTypedData(domain, OBSERVATION, { feedId, requestId, turn, value });
  const { r, yParityAndS } = Signature.from(signed);
  return { seat, value, r, vs: yParityAndS };
}

/** The values of seats 0, 1, 2 …; undefined leaves a seat out. */
export async function signAll(
  stage: FeedStage,
  turn: bigint,
  values: readonly (bigint | undefined)[],
  requestId: string = ZeroHash,
): Promise<ReportLike[]> {
  const given = values.flatMap((value, seat) => (value === undefined ? [] : [{ seat, value }]));
  return Promise.all(given.map((one) => signObservation(stage, turn, one, requestId)));
}

/** Lets the chain's clock reach `offset` seconds into a turn that starts `seconds` from now or later, led by `leader` if named. */
export async function nextTurn(
  { networkHelpers, terms }: FeedStage,
  { seconds = 0n, leader, offset = 1n }: { seconds?: bigint; leader?: number; offset?: bigint } = {},
): Promise<bigint> {
  const now = BigInt(await networkHelpers.time.latest());
  let turn = (now + seconds) / terms.turnSeconds + 1n;
  while (leader !== undefined && turn % terms.seats !== BigInt(leader)) turn += 1n;
  await networkHelpers.time.setNextBlockTimestamp(turn * terms.turnSeconds + offset);
  return turn;
}

/** The holder of the seat that leads a turn. */
export function leaderOf({ holders, terms }: FeedStage, turn: bigint): SeatHolder {
  return holders[Number(turn % terms.seats)]!;
}

/** Brings a round in the next turn, of the heartbeat unless it is told to come earlier. */
export async function reportRound(
  stage: FeedStage,
  values: readonly (bigint | undefined)[],
  when: { seconds?: bigint; leader?: number } = {},
) {
  const turn = await nextTurn(stage, { seconds: stage.terms.heartbeat, ...when });
  const reports = await signAll(stage, turn, values);
  const sent = await stage.feeds.connect(leaderOf(stage, turn).key).report(stage.feedId, turn, reports);
  return { turn, reports, sent };
}

/** What the ledger owes is what the fund and the credits say: to the wei. */
export async function bondIsExact({ feeds, settlement, feedId, terms }: FeedStage): Promise<boolean> {
  const [, , , , fund] = await feeds.feedInfo(feedId);
  let credits = 0n;
  for (let seat = 0n; seat < terms.seats; seat += 1n) credits += (await feeds.seatOf(feedId, seat)).credits;
  return (await settlement.bondOf(feedId)) === fund + credits * terms.reportPayment;
}

/** A data request of the feed's committee by `stranger`, one hour to answer. */
export async function dataTermsOf({ feedId, networkHelpers }: FeedStage, overrides: Record<string, unknown> = {}) {
  return {
    committee: feedId,
    requester: ZeroAddress,
    specDigest: ZeroHash,
    fee: TOKEN + 1n,
    deadline: BigInt(await networkHelpers.time.latest()) + 3_600n,
    callbackTarget: ZeroAddress,
    callbackGas: 0n,
    salt: 0n,
    ...overrides,
  };
}
export type DataTermsLike = Awaited<ReturnType<typeof dataTermsOf>>;

export const SPEC: BytesLike = getBytes(hexlify(new TextEncoder().encode('{"format":"remit-sources/1"}')));
