import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { floatOfBits } from '../../../workers/protocol/vector.ts';
import { LOCAL_TERMS } from '../../stack/data-committee.ts';
import { poll } from '../../stack/poll.ts';
import type { Stack } from '../../stack/stack.ts';
import type { Expectations } from '../expectations.ts';
import { feedChart } from './chart.ts';
import { readRounds, readUpdates, roundEvents, type SeenRound, type SeenUpdate } from './feed-history.ts';
import { expectInputs } from './feed-inputs.ts';
import { FEES, type FeedScene } from './open-feed.ts';
import { feeHistory, priceRow } from './pool-history.ts';
import type { PriceWatch } from './price-watch.ts';

/** What became of the feed and the pool. */
export interface FeedReport {
  readonly feedId: string;
  readonly pool: string;
  readonly schedule: string;
  readonly rounds: readonly SeenRound[];
  readonly updates: readonly SeenUpdate[];
  /** Seat of the data node that was killed, and how many rounds came after. */
  readonly killed: { readonly seat: number; readonly roundsAfter: number };
  /** Fees before and after the market woke up, 1/1,000,000, and the model's volatilities per round. */
  readonly calm: Moment;
  readonly storm: Moment;
  /** Seconds between two rounds, half of them at most. */
  readonly roundSeconds: number;
  readonly gasPerRound: bigint;
  /** The picture. */
  readonly chart: string;
}

interface Moment {
  readonly fee: number;
  readonly volatility: number;
}

const FIRST_FEE_MS = 150_000;
const STORM_MS = 120_000;
const CHART = 'remit-feed.svg';
/** How much higher than in the calm the model's volatility has to be. */
const LIVELIER = 3;

/**
 * Waits for a fee in a calm market; then kills a data node, lets a venue lie and the market wake up, and waits for the fee to
 * follow. Checks every round, every input and every fee.
 */
export async function runFeed(
  scene: FeedScene,
  { out }: { readonly out: string },
  stack: Stack,
  expectations: Expectations,
): Promise<FeedReport> {
  const { clock, signal } = stack;
  const calm = await poll(
    async () => (await readUpdates(scene, stack)).at(-1),
    { what: 'a fee by the model', deadlineMs: FIRST_FEE_MS, everyMs: 500, signal },
    { clock },
  );
  const killed = 0;
  await scene.nodes[killed]?.oracle.kill();
  const before = roundEvents(scene, stack).length;
  scene.market.distort('delta', 1.25);
  scene.market.nextPhase();
  await poll(
    async () => {
      const last = (await readUpdates(scene, stack)).at(-1);
      const livelier = last && floatOfBits(last.volatility) > LIVELIER * floatOfBits(calm.volatility);
      return livelier && roundEvents(scene, stack).length > before + 8 ? last : undefined;
    },
    { what: 'a fee for a lively market', deadlineMs: STORM_MS, everyMs: 500, signal },
    { clock },
  );
  const [rounds, updates] = await Promise.all([readRounds(scene, stack), readUpdates(scene, stack)]);
  const storm = updates.at(-1) ?? calm;
  expectRounds(rounds, { killed, before, prices: scene.prices }, expectations);
  expectInputs(rounds, updates, stack, expectations);
  expectFees(updates, expectations);
  const gaps = rounds.slice(1).map((round, i) => round.at - (rounds[i]?.at ?? round.at));
  const chart = join(out, CHART);
  await writeFile(chart, chartOf(rounds, updates));
  return {
    feedId: scene.feedId,
    pool: scene.pool,
    schedule: scene.schedule,
    rounds,
    updates,
    killed: { seat: killed, roundsAfter: rounds.length - before },
    calm: { fee: calm.fee, volatility: floatOfBits(calm.volatility) },
    storm: { fee: storm.fee, volatility: floatOfBits(storm.volatility) },
    roundSeconds: gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? 0,
    gasPerRound: rounds.reduce((sum, { gas }) => sum + gas, 0n) / BigInt(Math.max(1, rounds.length)),
    chart,
  };
}

function expectRounds(
  rounds: readonly SeenRound[],
  { killed, before, prices }: { readonly killed: number; readonly before: number; readonly prices: PriceWatch },
  expectations: Expectations,
): void {
  const numbers = rounds.map(({ number }) => number);
  const first = numbers[0] ?? 0;
  expectations.expect(
    'feed: rounds are numbered without a gap',
    numbers.every((number, i) => number === first + i),
    numbers.join(' '),
  );
  expectations.expect(
    'feed: turns and times only go forward',
    rounds.every(
      (round, i) => i === 0 || (round.turn > (rounds[i - 1]?.turn ?? 0) && round.at > (rounds[i - 1]?.at ?? 0)),
    ),
  );
  const gap = Math.max(...rounds.slice(1).map((round, i) => round.at - (rounds[i]?.at ?? round.at)));
  expectations.expect('feed: never older than its heartbeat', gap <= LOCAL_TERMS.heartbeat, `${gap} s`);
  expectations.expect(
    'feed: every round is paid',
    rounds.every(({ paid }) => paid),
  );
  const wrong = rounds.filter(
    ({ answer, seenAt }) => !prices.allows(Number(answer) / 10 ** LOCAL_TERMS.decimals, seenAt),
  );
  expectations.equal('feed: answers that no honest venue quoted', wrong.length, 0);
  const after = rounds.slice(before + 1);
  expectations.expect('feed: rounds go on without the killed node', after.length >= 3, String(after.length));
  // Its submitter may still bring the round that it had gathered.
  expectations.expect(
    'feed: the dead lead nothing',
    after.slice(2).every(({ leader }) => leader !== killed),
  );
}

function expectFees(updates: readonly SeenUpdate[], expectations: Expectations): void {
  const runs = updates.map(({ run }) => run);
  expectations.expect(
    'pool: only ever newer answers',
    runs.every((run, i) => i === 0 || run > (runs[i - 1] ?? 0n)),
  );
  const fees = updates.map(({ fee }) => fee);
  expectations.expect(
    'pool: the fee stays within its bounds',
    fees.every((fee) => fee >= FEES.feeMin && fee <= FEES.feeMax),
    fees.join(' '),
  );
  const steps = fees.slice(1).map((fee, i) => Math.abs(fee - (fees[i] ?? fee)));
  expectations.expect(
    'pool: no step is too large',
    steps.every((step) => step <= FEES.stepMax),
  );
  const targets = updates.map(({ volatility }) =>
    Math.min(Math.max(Math.floor(floatOfBits(volatility) * Number(FEES.slope)), FEES.feeMin), FEES.feeMax),
  );
  expectations.expect(
    "pool: targets are the model's volatility times the slope",
    updates.every(({ target }, i) => target === targets[i]),
  );
  expectations.expect('pool: a lively market costs more', (fees.at(-1) ?? 0) > (fees[0] ?? 0), fees.join(' '));
}

function chartOf(rounds: readonly SeenRound[], updates: readonly SeenUpdate[]): string {
  const times = [...rounds, ...updates].map(({ at }) => at);
  const history = feeHistory(updates, {
    feeFallback: FEES.feeFallback,
    maxAge: FEES.maxAge,
    start: Math.min(...times),
    end: Math.max(...times),
  });
  return feedChart(
    [...rounds.map((round) => priceRow(round, LOCAL_TERMS.decimals)), ...history.rows],
    { title: 'A swap fee that follows volatility', price: 'ETH / USD', band: 'fallback fee' },
    history.fallback,
  );
}
