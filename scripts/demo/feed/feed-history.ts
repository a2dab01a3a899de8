import type { SeenOf } from '../../stack/chain-watch.ts';
import type { Stack } from '../../stack/stack.ts';
import { type FeeUpdate } from './pool-history.ts';
import { type FeedScene, poolInterface } from './open-feed.ts';

/** A round that the demo saw arrive. */
export interface SeenRound {
  readonly number: number;
  readonly answer: bigint;
  readonly leader: number;
  readonly turn: number;
  readonly paid: boolean;
  /** Time of its block, Unix seconds. */
  readonly at: number;
  /** When it was seen here, milliseconds of local time. */
  readonly seenAt: number;
  readonly gas: bigint;
}

/** Rounds of the feed on the branch that the chain is on. */
export function roundEvents(
  { feedId }: Pick<FeedScene, 'feedId'>,
  { watch }: Stack,
): readonly SeenOf<'FeedReported'>[] {
  return watch.events().flatMap((event) => (event.type === 'FeedReported' && event.feedId === feedId ? [event] : []));
}

/** The rounds with what their transactions say. */
export function readRounds(scene: FeedScene, stack: Stack): Promise<readonly SeenRound[]> {
  return Promise.all(
    roundEvents(scene, stack).map(async ({ round, answer, leader, turn, paid, log, seenAt }) => {
      const [at, receipt] = await Promise.all([
        timeOf(log.blockNumber, stack),
        stack.chain.call('eth_getTransactionReceipt', [log.transactionHash]) as Promise<{ readonly gasUsed: string }>,
      ]);
      return { number: round, answer, leader, turn: Number(turn), paid, at, seenAt, gas: BigInt(receipt.gasUsed) };
    }),
  );
}

/** A change of the pool's fee, and the job that brought it. */
export interface SeenUpdate extends FeeUpdate {
  readonly jobId: string;
  readonly run: bigint;
  /** Where the fee would be without its steps, 1/1,000,000. */
  readonly target: number;
}

/** Every change of the pool's fee, in order. */
export async function readUpdates({ pool }: Pick<FeedScene, 'pool'>, stack: Stack): Promise<readonly SeenUpdate[]> {
  const topic = poolInterface.getEvent('FeeUpdated')?.topicHash;
  const filter = { address: pool, topics: [topic], fromBlock: '0x0', toBlock: 'latest' };
  const logs = (await stack.chain.call('eth_getLogs', [filter])) as readonly RawLog[];
  return Promise.all(
    logs.map(async ({ data, topics, blockNumber }) => {
      const parsed = poolInterface.parseLog({ data, topics: [...topics] });
      if (!parsed) throw new Error('a log of the pool cannot be read');
      const { jobId, run, volatility, target, fee } = parsed.args;
      return {
        at: await timeOf(Number(blockNumber), stack),
        jobId: String(jobId),
        run: run as bigint,
        volatility: Number(volatility),
        target: Number(target),
        fee: Number(fee),
      };
    }),
  );
}

interface RawLog {
  readonly data: string;
  readonly topics: readonly string[];
  readonly blockNumber: string;
}

async function timeOf(blockNumber: number, { chain }: Stack): Promise<number> {
  const number = `0x${blockNumber.toString(16)}`;
  const block = (await chain.call('eth_getBlockByNumber', [number, false])) as { readonly timestamp: string };
  return Number(block.timestamp);
}
