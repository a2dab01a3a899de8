import { percentile } from '../../scripts/demo/wording.ts';
import { createCommittee, LOCAL_TERMS, startDataNodes } from '../../scripts/stack/data-committee.ts';
import { startPriceMarket } from '../../scripts/stack/price-market.ts';
import { type Stack, startStack, TOKEN } from '../../scripts/stack/stack.ts';
import type { FeedId } from '../../workers/protocol/ids.ts';
import { systemClock as clock } from '../../workers/runtime/clock.ts';

const OPERATORS = [0, 1, 2, 3];
const WARM_UP_ROUNDS = 3;

export interface LiveFigures {
  readonly nodes: number;
  readonly turnSeconds: number;
  readonly blockSeconds: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly roundsPerMinute: number;
  /** Seconds from the first asking of sources in a round's turn to the sight of the block that carries it. */
  readonly latencyP50: number;
  readonly latencyP95: number;
  /** Longest time between the sights of two rounds, seconds; the heartbeat is `heartbeat`. */
  readonly longestGap: number;
  readonly heartbeat: number;
}

/** Four data nodes as processes on a private chain, with a market that moves in every turn. One venue fails at every fifth call. */
export async function live(seconds: number): Promise<LiveFigures> {
  const stack = await startStack({ operators: OPERATORS.length }, { clock });
  try {
    return await measure(seconds, stack);
  } finally {
    await stack.stop();
  }
}

async function measure(seconds: number, stack: Stack): Promise<LiveFigures> {
  const phases = [{ seconds: Infinity, volatility: 0.003 }];
  const market = await startPriceMarket({ seed: 7, start: 3_000, phases, failing: { beta: 0.2 } }, { clock });
  stack.teardown.add('venues', () => market.stop());
  const { document, host } = market;
  const terms = { ...LOCAL_TERMS, deviationBps: 1 };
  const money = { bond: 1_000n * TOKEN, fund: 1_000n * TOKEN };
  const feedId = (await createCommittee(
    { operators: OPERATORS, name: 'ETH / USD', document, terms, ...money },
    stack,
  )) as FeedId;
  /** When sources were first asked in a turn, local milliseconds. */
  const askedAt = new Map<number, number>();
  stack.log.follow(({ message, fields, at }) => {
    const turn = Number(fields['turn']);
    if (message === 'sources asked') askedAt.set(turn, Math.min(askedAt.get(turn) ?? Infinity, at));
  });
  const environment = () => ({ REMIT_LOG_LEVEL: 'debug' });
  await startDataNodes({ operators: OPERATORS, feedId, document, allow: [host], environment }, stack);
  const from = await stack.watch.waitFor('FeedReported', ({ round }) => round >= WARM_UP_ROUNDS, {
    what: 'the first rounds',
    deadlineMs: 60_000,
  });
  await clock.sleep(seconds * 1_000);
  const rounds = stack.watch
    .events()
    .filter((event) => event.type === 'FeedReported')
    .filter(({ round, seenAt }) => round > from.round && seenAt <= from.seenAt + seconds * 1_000);
  const waits = rounds.flatMap(({ turn, seenAt }) => {
    const began = askedAt.get(Number(turn));
    return began === undefined ? [] : [(seenAt - began) / 1_000];
  });
  const times = [from, ...rounds].map(({ seenAt }) => seenAt / 1_000);
  const gaps = times.slice(1).map((time, i) => time - (times[i] ?? time));
  return {
    nodes: OPERATORS.length,
    turnSeconds: terms.turnSeconds,
    blockSeconds: 1,
    seconds,
    rounds: rounds.length,
    roundsPerMinute: Number(((rounds.length * 60) / seconds).toFixed(1)),
    latencyP50: Number(percentile(waits, 0.5).toFixed(2)),
    latencyP95: Number(percentile(waits, 0.95).toFixed(2)),
    longestGap: Number(Math.max(0, ...gaps).toFixed(2)),
    heartbeat: terms.heartbeat,
  };
}
