import type { HardhatEthersSigner } from '@nomicfoundation/hardhat-ethers/types';
import { encodeBytes32String, getCreateAddress, id, Signature, ZeroAddress, ZeroHash } from 'ethers';
import type { NetworkConnection } from 'hardhat/types/network';
import { type StagedOperator, stageWith, TOKEN } from './job-stage.ts';
import { LEAVE_DELAY } from './system.ts';

/** Decimals of the staged feed's answers. */
export const DECIMALS = 8;
export const HEARTBEAT = 3_600n;
const BOND = TOKEN;

const OBSERVATION = {
  Observation: [
    { name: 'feedId', type: 'bytes32' },
    { name: 'requestId', type: 'bytes32' },
    { name: 'turn', type: 'uint64' },
    { name: 'value', type: 'int128' },
  ],
};

/** Turns of one second, two seats of which one suffices: an answer whenever the test wants one. */
const TERMS = {
  decimals: DECIMALS,
  seats: 2,
  faults: 0,
  heartbeat: HEARTBEAT,
  turnSeconds: 1,
  deviationBps: 1,
  clampBps: 2_000,
  outlierBps: 500,
  strikesMax: 3,
  suspensionSeconds: 60,
  leaderCredits: 0,
  reportPayment: 0,
};

/** A fixture: the stage of jobs with a feed registry, `FeedRequests`, a scheduler, and a feed of the operator and its rival. */
export async function setFeedJobStage(connection: Pick<NetworkConnection, 'ethers' | 'networkHelpers'>) {
  const { ethers, networkHelpers } = connection;
  const deployer = (await ethers.getSigners()).at(-1)!;
  const nonce = await deployer.getNonce();
  const at = (offset: number): string => getCreateAddress({ from: deployer.address, nonce: nonce + offset });
  const stage = await stageWith(connection, { feedRegistry: at(0), feedRequests: at(1) });
  const { staking, settlement, slasher, jobs, models, operator, rival, token, admin } = stage;
  await token.mint(admin, 1_000n * TOKEN);
  const feeds = await ethers.deployContract('FeedRegistry', [staking, settlement, slasher, LEAVE_DELAY], deployer);
  const feedRequests = await ethers.deployContract('FeedRequests', [feeds, jobs, models], deployer);
  const scheduler = await ethers.deployContract('Scheduler', [jobs, feedRequests, feeds, settlement, models], deployer);

  const committee = [operator, rival] as const;
  const creation = [
    encodeBytes32String('ETH / USD'),
    id('sources'),
    TERMS,
    BOND,
    ZeroAddress,
    committee.map(({ address }) => address),
    ZeroHash,
  ] as const;
  const feedId = await feeds.createFeed.staticCall(...creation);
  await feeds.createFeed(...creation);
  for (const [seat, { account, key }] of committee.entries()) {
    await feeds.connect(account).join(feedId, seat, key);
  }
  const { chainId } = await ethers.provider.getNetwork();
  const domain = {
    name: 'Remit FeedRegistry',
    version: '1',
    chainId,
    verifyingContract: await feeds.getAddress(),
  };
  const reportBy = async (seat: number, key: HardhatEthersSigner, turn: bigint, value: bigint) => {
    const observation = { feedId, requestId: ZeroHash, turn, value };
    const { r, yParityAndS } = Signature.from(await key.signTypedData(domain, OBSERVATION, observation));
    return { seat, value, r, vs: yParityAndS };
  };
  /** Brings a round with this answer, `after` seconds after the last block. */
  const answer = async (value: bigint, after = 1n): Promise<void> => {
    const turn = BigInt(await networkHelpers.time.latest()) + after;
    const seat = Number(turn % 2n);
    const { key } = committee[seat] as StagedOperator;
    const reports = [await reportBy(seat, key, turn, value)];
    await networkHelpers.time.setNextBlockTimestamp(turn);
    await feeds.connect(key).report(feedId, turn, reports);
  };
  return { ...stage, feeds, feedRequests, scheduler, feedId, answer };
}

export type FeedJobStage = Awaited<ReturnType<typeof setFeedJobStage>>;
