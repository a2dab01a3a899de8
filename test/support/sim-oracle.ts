import { createRandom, type Random } from '../../models/credit-score/random.ts';
import { interfaces } from '../../workers/chain/contracts.ts';
import { type FeedTerms, medianOf, quorumOf, turnAt } from '../../workers/protocol/feed.ts';
import { type Observation, type Report, reportOf } from '../../workers/protocol/observation.ts';
import type { MessageInput } from '../../workers/queue/catalog.ts';
import type { Enqueued } from '../../workers/queue/producer.ts';
import { RemitError } from '../../workers/runtime/errors.ts';
import { silentLogger } from '../../workers/runtime/logger.ts';
import { noMetrics } from '../../workers/runtime/metrics.ts';
import { createCommittees } from '../../workers/roles/oracle/committee.ts';
import { createDesk, type Desk, type DeskDeps } from '../../workers/roles/oracle/desk.ts';
import type { Gatherer } from '../../workers/roles/oracle/gather.ts';
import { createOracleMetrics } from '../../workers/roles/oracle/metrics.ts';
import type { OracleChain, Sightings } from '../../workers/roles/oracle/ports.ts';
import { createReporter } from '../../workers/roles/oracle/reporter.ts';
import type { Subject } from '../../workers/roles/oracle/subject.ts';
import type { ReportGuard } from '../../workers/store/report-guard.ts';
import { FEED, FEED_DOMAIN, FEED_REGISTRY, ROUNDS, word } from './sample-feed.ts';
import { type FeedSnapshot, type SimBlock, SimFeed, simReporter, simSignature } from './sim-feed.ts';

export interface SimOptions {
  readonly seed: number;
  readonly terms: FeedTerms;
  /** Runs until so many rounds were accepted, or `blocksMax` blocks were made. */
  readonly rounds: number;
  readonly blocksMax?: number;
  /** Seconds. */
  readonly blockTime: number;
  /** How many seats lie, never answer, and see the chain one or two blocks late; which ones, the seed says. */
  readonly liars: number;
  readonly dead: number;
  readonly lagging: number;
  /** Share of the reads of a source that fail, of transactions that are lost, of peers' answers that are lost, and of the looks after which a process starts again. */
  readonly failing: {
    readonly source: number;
    readonly transaction: number;
    readonly peer: number;
    readonly process: number;
    /** Of the steps, each a call to the outside or a write, at which a process dies, before or after it had its effect. */
    readonly step?: number;
    /** Of the blocks after which the chain drops up to three. */
    readonly reorg?: number;
  };
}

export interface SimReport {
  readonly rounds: number;
  /** Seconds of chain time. */
  readonly seconds: number;
  /** Accepted answers outside of what honest seats signed for that turn. */
  readonly wrongMedians: number;
  readonly missedHeartbeats: number;
  /** Longest time between two accepted rounds, seconds. */
  readonly longestGap: number;
  /** Seats and turns with two signed values. */
  readonly doubleSignatures: number;
  /** Rounds that do not follow the one before, in number, turn or time. */
  readonly disordered: number;
  readonly parked: number;
  /** Transactions that the contract refused. */
  readonly refused: number;
  readonly suspensions: number;
}

interface Sent {
  readonly from: number;
  readonly turn: number;
  readonly reports: readonly Report[];
  readonly deadline: number;
  readonly inBlock: number;
}

const SUBJECT: Subject = { kind: 'feed', feedId: FEED, requestId: ROUNDS };
const SOURCES = 5;
const SOURCES_MIN = 3;
const PRICE = 300_000_000_000;

/** A committee of real desks on a made-up chain; the same seed, the same run. */
export async function runSimulation(
  options: SimOptions,
): Promise<{ readonly report: SimReport; readonly feed: SimFeed }> {
  const { terms, blockTime, failing } = options;
  const random = createRandom(options.seed);
  const feed = new SimFeed(terms, 1_700_000_000);
  const market = createMarket(random, terms);
  const seats = shuffled(
    random,
    Array.from({ length: terms.seats }, (_, seat) => seat),
  );
  const liars = new Set(seats.slice(0, options.liars));
  const dead = new Set(seats.slice(options.liars, options.liars + options.dead));
  const lagging = new Set(seats.slice(options.liars + options.dead).slice(0, options.lagging));
  const blocks: SimBlock[] = [feed.show()];
  const book = createBook((seat) => liars.has(seat));
  const desks = new Map<number, SimDesk>();
  const mempool: Sent[] = [];
  // Draws nothing where nothing can happen, so that old seeds run as they did.
  const happens = (share = 0): boolean => share > 0 && random.uniform() < share;
  const history: { readonly before: FeedSnapshot; readonly mined: readonly Sent[] }[] = [];
  let height = 0;

  const boot = (seat: number, guard: ReportGuard, steps: Set<string>) => (): SimDesk => {
    const process = createProcess(() => happens(failing.step));
    const { step } = process;
    /** What this node's provider shows in this block. */
    const seen = (): SimBlock => {
      const lag = lagging.has(seat) ? 1 + ((height * 7 + seat) % 2) : 0;
      return blocks.at(-1 - lag) ?? blocks[0]!;
    };
    const chain: OracleChain = {
      now: () => step(() => seen().time),
      facts: async () => ({ terms, sourcesDigest: word(1) }),
      standing: () => step(() => seen().standing),
      seats: () => step(() => seen().seats),
      question: () => Promise.reject(new Error('nobody asks')),
    };
    const reporter = () =>
      createReporter(FEED_DOMAIN, {
        guard,
        signTypedData: ({ value }) => step(() => book.sign(seat, value)),
        onSigned: () => undefined,
      });
    const sightings: Sightings = {
      ofFeed: async () => {
        const turn = turnAt(seen().time, terms);
        return {
          value: liars.has(seat) ? garbage(seat, turn, feed.latest?.answer ?? 0n) : market.observe(failing.source),
          sources: [],
        };
      },
      ofSpec: () => Promise.reject(new Error('nobody asks')),
    };
    const transactions: DeskDeps['transactions'] = {
      enqueue: (_, message) => step(() => enqueue(message as MessageInput<'transaction'>)),
    };
    const enqueue = ({ step: id, data, deadline = Infinity }: MessageInput<'transaction'>): Enqueued => {
      if (steps.has(id)) return { id, outcome: 'present' };
      steps.add(id);
      const [, turn, reports] = interfaces.FeedRegistry.decodeFunctionData('report', data);
      const round = { from: seat, turn: Number(turn), reports: reportsIn(reports), deadline };
      const censored = liars.has(seat) ? chosenByLiar(round.reports, liars, terms) : round.reports;
      const lost = random.uniform() < (liars.has(seat) ? 0.5 : failing.transaction);
      if (!lost) mempool.push({ ...round, reports: censored, inBlock: height + 1 + random.below(3) });
      return { id, outcome: 'added' };
    };
    const desk = createDesk(
      { chainId: 31_337, registry: FEED_REGISTRY, unpaid: true },
      {
        chain,
        committees: createCommittees({ us: simReporter(seat) }, { chain, clock: { now: () => feed.time * 1_000 } }),
        sightings,
        reporter: reporter(),
        gatherer: { gather: (...asked) => step(() => gathererOf(seat).gather(...asked)) },
        transactions,
        metrics: createOracleMetrics(noMetrics),
      },
    );
    return { desk, process };
  };

  function gathererOf(seat: number): Gatherer {
    return {
      gather: async ({ turn }, others, _, signal) => {
        const asked = [...others.values()].map(async (other): Promise<Report[]> => {
          const node = desks.get(other);
          if (!node || other === seat || random.uniform() < failing.peer) return [];
          const { desk, process } = node;
          const answer = await Promise.race([process.died, desk.asked(SUBJECT, turn, signal, silentLogger)]);
          return typeof answer === 'string' ? [] : [reportOf(other, answer.observation.value, answer.signature)];
        });
        return (await Promise.all(asked)).flat();
      },
    };
  }

  const nodes = seats
    .filter((seat) => !dead.has(seat))
    .map((seat) => ({ seat, boot: boot(seat, memoryGuard(), new Set()) }));
  for (const { seat, boot: start } of nodes) desks.set(seat, start());
  const { signal } = new AbortController();

  while (feed.rounds.length < options.rounds && height < (options.blocksMax ?? Infinity)) {
    height += 1;
    feed.time += blockTime;
    market.move(feed.time);
    if (happens(failing.reorg)) {
      const gone = history.splice(-1 - random.below(3));
      if (gone[0]) feed.restore(gone[0].before);
      for (const one of gone.flatMap(({ mined }) => mined))
        if (random.uniform() < 0.9) mempool.push({ ...one, inBlock: height + random.below(2) });
    }
    const before = feed.snapshot();
    const mined = due(mempool, height, feed.time);
    for (const { from, turn, reports } of mined) feed.report(simReporter(from), turn, reports);
    history.push({ before, mined });
    if (history.length > 4) history.shift();
    blocks.push(feed.show());
    if (blocks.length > 4) blocks.shift();
    for (const { seat, boot: start } of nodes)
      if (random.uniform() < failing.process || desks.get(seat)?.process.isDead()) desks.set(seat, start());
    const awake = shuffled(random, nodes).filter(() => random.uniform() < 0.8);
    await Promise.all(
      awake.map(async ({ seat }) => {
        const node = desks.get(seat);
        if (node) await Promise.race([node.process.died, node.desk.work(SUBJECT, signal, silentLogger)]);
      }),
    );
  }
  return { feed, report: examine(feed, book, terms) };
}

function examine(feed: SimFeed, book: Book, terms: FeedTerms): SimReport {
  const { rounds, outcomes } = feed;
  const gaps = rounds.slice(1).map(({ updatedAt }, i) => updatedAt - (rounds[i]?.updatedAt ?? 0));
  const last = rounds.at(-1);
  // A feed that stands still misses its heartbeat too.
  if (last) gaps.push(feed.time - last.updatedAt);
  const parked = outcomes.get('parked') ?? 0;
  return {
    rounds: rounds.length,
    seconds: feed.time - (rounds[0]?.updatedAt ?? feed.time),
    wrongMedians: rounds.filter(({ turn, answer }) => !book.isHonest(turn, answer)).length,
    missedHeartbeats: gaps.filter((gap) => gap > terms.heartbeat).length,
    longestGap: Math.max(0, ...gaps),
    doubleSignatures: book.doubles(),
    disordered: rounds.filter(({ number, turn, updatedAt }, i) => {
      const before = rounds[i - 1];
      return number !== i + 1 || (before && (turn <= before.turn || updatedAt <= before.updatedAt));
    }).length,
    parked,
    refused: [...outcomes.values()].reduce((all, count) => all + count, 0) - rounds.length - parked,
    suspensions: feed.suspensions,
  };
}

interface SimDesk {
  readonly desk: Desk;
  readonly process: ReturnType<typeof createProcess>;
}

/** One run of a node. What is left of a dead one never goes on. */
function createProcess(isFatal: () => boolean) {
  const { promise: died, resolve } = Promise.withResolvers<'none'>();
  let dead = false;
  const mayDie = (): boolean => {
    if (!dead && isFatal()) {
      dead = true;
      resolve('none');
    }
    return dead;
  };
  return {
    died,
    isDead: () => dead,
    /** It may die before `work`, or after it. */
    async step<T>(work: () => T | Promise<T>): Promise<T> {
      if (mayDie()) return never();
      const result = await work();
      return mayDie() ? never() : result;
    },
  };
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}

type Book = ReturnType<typeof createBook>;

/** Every signature that was ever made. */
function createBook(lies: (seat: number) => boolean) {
  const signed = new Map<number, Map<number, Set<bigint>>>();
  return {
    sign(seat: number, { turn, value }: Observation): string {
      const number = Number(turn);
      const seats = signed.get(number) ?? new Map<number, Set<bigint>>();
      seats.set(seat, (seats.get(seat) ?? new Set<bigint>()).add(value));
      signed.set(number, seats);
      return simSignature(seat, number, value);
    },
    /** Whether an answer lies among what honest seats signed for a turn. */
    isHonest(turn: number, answer: bigint): boolean {
      const honest = [...(signed.get(turn) ?? [])].flatMap(([seat, values]) => (lies(seat) ? [] : [...values]));
      return honest.some((value) => value <= answer) && honest.some((value) => value >= answer);
    },
    doubles: (): number =>
      [...signed.values()].reduce((all, seats) => all + [...seats.values()].filter(({ size }) => size > 1).length, 0),
  };
}

/** Records like the one on disk; outlives its process. */
function memoryGuard(): ReportGuard {
  const values = new Map<bigint, bigint>();
  return {
    find: ({ turn }) => values.get(turn),
    admit({ turn, value }) {
      const before = values.get(turn);
      if (before === value) return 'same';
      if (before !== undefined) throw new RemitError({ code: 'DOUBLE_REPORT', message: `turn ${turn}` });
      values.set(turn, value);
      return 'recorded';
    },
  };
}

/** A walk with quiet hours, jumps, and now and then one beyond the clamp. */
function createMarket(random: Random, { deviationBps, clampBps }: FeedTerms) {
  let price = PRICE;
  let calmUntil = 0;
  return {
    move(time: number): void {
      if (random.uniform() < 0.002) calmUntil = time + 500;
      if (time < calmUntil) return;
      price *= 1 + 0.0005 * random.normal();
      const up = price < 3 * PRICE && (random.uniform() < 0.5 || price < PRICE / 3) ? 1 : -1;
      const luck = random.uniform();
      const jump = luck < 0.003 ? (1.5 * clampBps) / 10_000 : luck < 0.12 ? (2.5 * deviationBps) / 10_000 : 0;
      price *= 1 + up * jump;
    },
    /** The median of the sources that answer. @throws RemitError SOURCES_TOO_FEW */
    observe(failing: number): bigint {
      const said = Array.from({ length: SOURCES }, () =>
        random.uniform() < failing ? [] : [BigInt(Math.round(price * (1 + 0.0004 * (random.uniform() - 0.5))))],
      ).flat();
      if (said.length < SOURCES_MIN) throw new RemitError({ code: 'SOURCES_TOO_FEW', message: 'too few' });
      return medianOf(said);
    },
  };
}

/** What a liar says in a turn: nothing, the opposite, a hundredfold, or a little too much. */
function garbage(seat: number, turn: number, latest: bigint): bigint {
  const answers = [0n, -latest, latest * 100n + 1n, (latest * 11n) / 10n + 1n, 2n ** 127n - 1n, -(2n ** 127n)];
  return answers[(seat * 31 + turn) % answers.length] ?? 0n;
}

/** As few reports as will do, those of liars among them, and of the others the largest. */
function chosenByLiar(reports: readonly Report[], liars: ReadonlySet<number>, terms: FeedTerms): readonly Report[] {
  const ranked = reports.toSorted(
    (a, b) => Number(liars.has(b.seat)) - Number(liars.has(a.seat)) || (a.value < b.value ? 1 : -1),
  );
  return ranked.slice(0, quorumOf(terms)).sort((a, b) => a.seat - b.seat);
}

/** Takes out of the pool what is mined in this block; what is too late is given up. */
function due(mempool: Sent[], height: number, time: number): Sent[] {
  const mined = mempool.filter(({ inBlock, deadline }) => inBlock <= height && time <= deadline);
  mempool.splice(0, mempool.length, ...mempool.filter(({ inBlock }) => inBlock > height));
  return mined;
}

function reportsIn(decoded: unknown): Report[] {
  return (decoded as readonly (readonly [bigint, bigint, string, string])[]).map(([seat, value, r, vs]) => ({
    seat: Number(seat),
    value,
    r: r as Report['r'],
    vs: vs as Report['vs'],
  }));
}

function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const mixed = [...items];
  for (let i = mixed.length - 1; i > 0; i -= 1) {
    const j = random.below(i + 1);
    [mixed[i], mixed[j]] = [mixed[j]!, mixed[i]!];
  }
  return mixed;
}
