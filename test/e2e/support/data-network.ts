import { Interface } from 'ethers';
import { Artifact_ChainlinkConsumer } from '../../../generated/artifacts/ChainlinkConsumer.js';
import { Artifact_FeedAggregator } from '../../../generated/artifacts/FeedAggregator.js';
import { type PriceWatch, watchPrices } from '../../../scripts/demo/feed/price-watch.ts';
import {
  type CommitteeTerms,
  createCommittee,
  type DataNode,
  LOCAL_TERMS,
  startDataNodes,
} from '../../../scripts/stack/data-committee.ts';
import { depositIntents } from '../../../scripts/stack/funding.ts';
import { type PriceMarket, startPriceMarket } from '../../../scripts/stack/price-market.ts';
import { startStack, type Stack, TOKEN } from '../../../scripts/stack/stack.ts';
import { list, parseLog, type RawLog, type Receipt } from '../../../workers/chain/chain-values.ts';
import { interfaces } from '../../../workers/chain/contracts.ts';
import { turnAt } from '../../../workers/protocol/feed.ts';
import type { Address, FeedId, Hex, Hex32 } from '../../../workers/protocol/ids.ts';
import { systemClock as clock } from '../../../workers/runtime/clock.ts';
import { until } from '../../support/until.ts';

export const SEATS = [0, 1, 2, 3] as const;
export const TERMS: CommitteeTerms = { ...LOCAL_TERMS, strikesMax: 3 };
export const BOND = 1_000n * TOKEN;
export const FUND = 10n * TOKEN;

/** A round that was accepted or parked, as the chain tells it. */
export interface SeenRound {
  /** Undefined for a parked one. */
  readonly number: number | undefined;
  readonly answer: bigint;
  readonly turn: number;
  readonly leader: number;
  /** Seats that reported. */
  readonly seats: readonly number[];
  readonly paid: boolean;
  readonly blockNumber: number;
  /** Time of its block, Unix seconds. */
  readonly at: number;
  readonly transactionHash: Hex32;
  readonly place: Place;
}

/** Block and index: which of two events came first. */
export type Place = readonly [block: number, index: number];

export function isBefore([block, index]: Place, [otherBlock, other]: Place): boolean {
  return block < otherBlock || (block === otherBlock && index < other);
}

/** Four data operators, the venues that they read and a feed with its readers. */
export interface DataNetwork {
  readonly stack: Stack;
  readonly venues: PriceMarket;
  readonly prices: PriceWatch;
  readonly feedId: FeedId;
  readonly nodes: readonly DataNode[];
  /** A `ChainlinkConsumer` that reads through an aggregator. */
  readonly consumer: Address;
  /** All rounds so far, accepted and parked, oldest first. */
  rounds(): Promise<readonly SeenRound[]>;
  /** Waits for a round that was not there before the call, and more such. */
  more(count: number, options?: MoreOptions): Promise<readonly SeenRound[]>;
  /** Logs of the feed registry with this name, oldest first. */
  logs(event: string): Promise<readonly { readonly args: Record<string, unknown>; readonly place: Place }[]>;
  send(...intents: Parameters<Stack['sender']['send']>[0]): Promise<readonly Receipt[]>;
  create(bytecode: string, abi: Interface, values: readonly unknown[]): Promise<Address>;
  /** What the consumer says one unit is worth, scaled by 1e10 more than the feed, at a block; undefined when it refuses. */
  worthAt(blockNumber: number | 'latest'): Promise<bigint | undefined>;
  state(blockNumber?: number): Promise<number>;
  now(): Promise<number>;
  turn(): Promise<number>;
}

export interface MoreOptions {
  readonly deadlineMs?: number;
  readonly matches?: (round: SeenRound) => boolean;
}

export const consumerInterface = new Interface(Artifact_ChainlinkConsumer.abi);
const ROUND_EVENTS = ['FeedReported', 'FeedDisputed'];

export async function startDataNetwork(): Promise<DataNetwork> {
  const stack = await startStack({ operators: SEATS.length }, { clock });
  try {
    return await openDataNetwork(stack);
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

async function openDataNetwork(stack: Stack): Promise<DataNetwork> {
  const { accounts, chain, deployed, sender, teardown } = stack;
  const registry = deployed.addresses.FeedRegistry;
  const lively = { seconds: Infinity, volatility: 0.004 };
  const still = { seconds: Infinity, volatility: 0 };
  const venues = await startPriceMarket({ seed: 11, start: 3_000, phases: [lively, still, lively] }, { clock });
  teardown.add('venues', () => venues.stop());
  const prices = watchPrices(venues, stack);
  const requester = accounts.requester;
  await sender.send(depositIntents({ from: requester, account: requester.address, amount: 100n * TOKEN }, deployed));
  const operators = [...SEATS];
  const { document } = venues;
  const feedId = (await createCommittee(
    { operators, name: 'ETH / USD', document, terms: TERMS, bond: BOND, fund: FUND },
    stack,
  )) as FeedId;
  const nodes = await startDataNodes({ operators, feedId, document, allow: [venues.host], questions: true }, stack);
  const times = new Map<number, number>();

  async function timeOf(blockNumber: number): Promise<number> {
    const known = times.get(blockNumber);
    if (known !== undefined) return known;
    const block = await chain.call('eth_getBlockByNumber', [hex(blockNumber), false]);
    const at = Number((block as { readonly timestamp: string }).timestamp);
    times.set(blockNumber, at);
    return at;
  }

  async function rawLogs(events: readonly string[]): Promise<readonly RawLog[]> {
    const topics = [events.map((name) => interfaces.FeedRegistry.getEvent(name)?.topicHash)];
    const filter = { address: registry, fromBlock: '0x0', toBlock: 'latest', topics };
    return list(await chain.call('eth_getLogs', [filter]), 'eth_getLogs').map(parseLog);
  }

  async function rounds(): Promise<readonly SeenRound[]> {
    return Promise.all(
      (await rawLogs(ROUND_EVENTS)).map(async ({ data, topics, blockNumber, transactionHash, logIndex }) => {
        const args = interfaces.FeedRegistry.parseLog({ data, topics: [...topics] })?.args;
        if (!args) throw new Error('a round cannot be read');
        const has = (seat: number): boolean => ((Number(args['seats']) >> seat) & 1) === 1;
        return {
          number: topics.length > 2 ? Number(args['round']) : undefined,
          answer: args['answer'] as bigint,
          turn: Number(args['turn']),
          leader: Number(args['leader']),
          seats: SEATS.filter(has),
          paid: args['paid'] as boolean,
          blockNumber,
          at: await timeOf(blockNumber),
          transactionHash,
          place: [blockNumber, logIndex] as const,
        };
      }),
    );
  }

  async function send(...intents: Parameters<Stack['sender']['send']>[0]): Promise<readonly Receipt[]> {
    return sender.mined(await sender.send(intents));
  }

  async function create(bytecode: string, abi: Interface, values: readonly unknown[]): Promise<Address> {
    const data = bytecode + abi.encodeDeploy(values).slice(2);
    const [sent] = await sender.send([{ from: accounts.bystander, data, gas: 3_000_000n, what: 'create a contract' }]);
    if (!sent?.created) throw new Error('nothing was created');
    await sender.mined([sent]);
    return sent.created;
  }

  const aggregator = await create(Artifact_FeedAggregator.bytecode, new Interface(Artifact_FeedAggregator.abi), [
    registry,
    feedId,
  ]);
  const consumer = await create(Artifact_ChainlinkConsumer.bytecode, consumerInterface, [aggregator, TERMS.heartbeat]);
  const now = async (): Promise<number> =>
    Number(((await chain.call('eth_getBlockByNumber', ['latest', false])) as { timestamp: string }).timestamp);

  return {
    stack,
    venues,
    prices,
    feedId,
    nodes,
    consumer,
    rounds,
    send,
    create,
    now,
    async more(count, { deadlineMs = 40_000, matches = () => true } = {}) {
      const before = (await rounds()).length;
      return until(
        async () => {
          const fresh = (await rounds()).slice(before).filter(matches);
          return fresh.length >= count && fresh;
        },
        { what: `${count} more rounds`, deadlineMs, everyMs: 50 },
      );
    },
    logs: async (event) =>
      (await rawLogs([event])).map(({ data, topics, blockNumber, logIndex }) => ({
        args: interfaces.FeedRegistry.parseLog({ data, topics: [...topics] })?.args.toObject() ?? {},
        place: [blockNumber, logIndex],
      })),
    async worthAt(blockNumber) {
      const data = consumerInterface.encodeFunctionData('worthOf', [1n]);
      const at = blockNumber === 'latest' ? blockNumber : hex(blockNumber);
      return chain.call('eth_call', [{ to: consumer, data }, at]).then(
        (result) => BigInt(String(result)),
        () => undefined,
      );
    },
    state: async (blockNumber) =>
      Number(await stack.contracts.FeedRegistry.feedState(feedId, { blockTag: blockNumber ?? 'latest' })),
    turn: async () => turnAt(await now(), TERMS),
  };
}

function hex(value: number): Hex {
  return `0x${value.toString(16)}`;
}

/** A document whose only values are what one address quotes for bitcoin. */
export function specOf(url: string): Uint8Array {
  const csv = { column: 'last', row: { column: 'pair', equals: 'BTC/USD' } };
  const document = {
    format: 'remit-sources/1',
    name: 'BTC / USD',
    decimals: TERMS.decimals,
    minimum: 1,
    outlierBps: 100,
    sources: [{ name: 'one', url, csv }],
  };
  return new TextEncoder().encode(JSON.stringify(document));
}
