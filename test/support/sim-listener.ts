import { createRandom, type Random } from '../../models/credit-score/random.ts';
import { type ChainReader, createChainReader } from '../../workers/chain/chain-reader.ts';
import type { RawLog } from '../../workers/chain/chain-values.ts';
import { Turnstile } from '../../workers/chain/tx-gate.ts';
import { createEventSource } from '../../workers/chain/event-source.ts';
import { createLogFetcher } from '../../workers/chain/log-fetcher.ts';
import type { Hex, Hex32, JobId } from '../../workers/protocol/ids.ts';
import { JobStatus } from '../../workers/protocol/job.ts';
import { createDispatch } from '../../workers/roles/listener/dispatch.ts';
import { createFollowChain, type FollowChain } from '../../workers/roles/listener/follow-chain.ts';
import { placeOf } from '../../workers/roles/listener/fold.ts';
import { createFollowOrders } from '../../workers/roles/listener/follow-orders.ts';
import { createListener } from '../../workers/roles/listener/listener.ts';
import { createListenerMetrics } from '../../workers/roles/listener/metrics.ts';
import { createReconcileOrders } from '../../workers/roles/listener/reconcile-orders.ts';
import { createReconcile } from '../../workers/roles/listener/reconcile.ts';
import { createRescan } from '../../workers/roles/listener/rescan.ts';
import { ROUTED_EVENTS, type RouteContext } from '../../workers/roles/listener/routes.ts';
import { inconsistent } from '../../workers/chain/rpc.ts';
import { codeOf, messageOf } from '../../workers/runtime/errors.ts';
import { silentLogger } from '../../workers/runtime/logger.ts';
import { noMetrics } from '../../workers/runtime/metrics.ts';
import { createCursor } from '../../workers/store/cursor.ts';
import { type BookedJob, createJobBook, type JobBook } from '../../workers/store/job-book.ts';
import { type Journal, openJournal } from '../../workers/store/journal.ts';
import { createOrderBook, type OrderBook } from '../../workers/store/order-book.ts';
import { NOW, OPERATOR, REGISTRY, REQUESTER } from './sample-job.ts';
import { FEED_REGISTRY, SCHEDULER } from './sample-orders.ts';
import { type LedgerFaults, createLedgerNodes, unreachable } from './sim-ledger-node.ts';
import { SimLedger, type Subjects, topicOf } from './sim-ledger.ts';
import { SimQueues } from './sim-queues.ts';
import { Life, settle, SimSteps } from './sim-steps.ts';

export interface ListenerSimOptions {
  readonly seed: number;
  readonly listeners: number;
  readonly jobs: number;
  /** Questions, and as many schedules. */
  readonly orders: number;
  /** Steps in which things go wrong; then the world is kind. */
  readonly steps: number;
  readonly finality: number;
  readonly confirmations: number;
  readonly verify: RouteContext['verify'];
  readonly expires: boolean;
  readonly nodes: LedgerFaults;
  /** Nodes may leave out single logs of a block; then the listener believes receipts only, unless it reads blocks again. */
  readonly partial: boolean;
  /** Nodes leave out logs in ways that nothing contradicts, and recent blocks are read again for them. */
  readonly rescan: boolean;
  /** Shares of the steps. */
  readonly redisError: number;
  readonly crash: number;
  readonly block: number;
  readonly reorg: number;
  readonly flush: number;
  readonly outage: number;
  readonly consume: number;
}

/** What is left of one listener: what survives a crash. */
export interface ListenerDisk {
  readonly journal: Journal;
  readonly book: JobBook;
  readonly orders: OrderBook;
}

export interface ListenerSimEnd {
  readonly ledger: SimLedger;
  readonly queues: SimQueues;
  readonly disks: readonly ListenerDisk[];
  readonly context: RouteContext;
  /** Listeners that ended by themselves, and why. */
  readonly ended: readonly string[];
  readonly seen: { readonly lives: number; readonly reorgs: number; readonly flushes: number; readonly blocks: number };
}

const KIND: LedgerFaults = { error: 0, lag: 0, missing: 0, repeated: 0 };
const POLL_MS = 10_000;
const RECONCILE_MS = 45_000;
const RESCAN_MS = 30_000;
/** Local time in which everything that is looked at again has been looked at again. */
const QUIET_MS = 900_000;

/** Listeners follow a chain while everything fails, and then for a while in peace. The same options, the same run. */
export async function runListeners(options: ListenerSimOptions): Promise<ListenerSimEnd> {
  const random = createRandom(options.seed);
  const ledger = new SimLedger(options, random);
  const steps = new SimSteps(random, NOW * 1_000);
  let nodes = options.nodes;
  let redisError = options.redisError;
  const queues = new SimQueues(steps, random, () => ({ error: redisError }));
  const context = contextOf(options);
  const { partial, rescan: unnoticed } = options;
  const answer = createLedgerNodes({ ledger, random, faults: () => nodes, partial, unnoticed });
  const disks = Array.from({ length: options.listeners }, openDisk);
  const ended: string[] = [];
  const seen = { lives: 0, reorgs: 0, flushes: 0, blocks: 0 };

  const start = (disk: ListenerDisk): Life => {
    const life = new Life();
    seen.lives += 1;
    boot({ life, disk, steps, random, ledger, queues, context, options, answer, ended, faults: () => nodes });
    return life;
  };
  const lives = disks.map(start);
  await settle();

  steps.crash = options.crash;
  for (let step = 0; step < options.steps; step++) {
    const coin = random.uniform();
    let [from, to] = [0, 0];
    const happens = (share: number): boolean => {
      [from, to] = [to, to + share];
      return coin >= from && coin < to;
    };
    if (happens(options.block)) {
      seen.blocks += 1;
      ledger.mine();
      steps.now += random.below(6_000);
    } else if (happens(options.reorg)) {
      seen.reorgs += 1;
      const before = ledger.head.number;
      ledger.drop(1 + random.below(options.finality));
      // Mostly another branch is there at once; else the head goes back.
      if (random.uniform() < 0.8) while (ledger.head.number <= before) ledger.mine();
    } else if (happens(options.flush)) {
      seen.flushes += 1;
      queues.flush();
    } else if (happens(options.outage)) queues.isAway = !queues.isAway;
    else if (happens(options.consume)) queues.consume(ledger.head.timestamp);
    for (const [at, life] of lives.entries()) {
      const disk = disks[at];
      if (disk && life.dead && random.uniform() < 0.1) lives[at] = start(disk);
    }
    await steps.step();
  }

  const pass = async (ms: number): Promise<void> => {
    for (const until = steps.now + ms; steps.now < until && ended.length === 0;) await steps.step();
  };
  // From here on nothing goes wrong any more, and nothing new happens.
  [steps.crash, nodes, redisError, queues.isAway] = [0, KIND, 0, false];
  queues.finishAll();
  for (const [at, life] of lives.entries()) {
    const disk = disks[at];
    if (disk && life.dead) lives[at] = start(disk);
  }
  // Later than any time that was the head's before a reorg.
  ledger.mine(false, 200);
  for (const above = ledger.highest + options.confirmations; ledger.head.number <= above;) ledger.mine(false);
  // What is read again has to be final, and to become so while somebody looks.
  for (let block = 0; options.rescan && block < options.finality + 2; block++) {
    await pass(RESCAN_MS);
    ledger.mine(false);
  }
  await pass(QUIET_MS);
  for (const life of lives) life.dead = true;
  return { ledger, queues, disks, context, ended, seen };
}

interface BootDeps {
  readonly life: Life;
  readonly disk: ListenerDisk;
  readonly steps: SimSteps;
  readonly random: Random;
  readonly ledger: SimLedger;
  readonly queues: SimQueues;
  readonly context: RouteContext;
  readonly options: ListenerSimOptions;
  readonly answer: (method: string, params: readonly unknown[]) => unknown;
  readonly ended: string[];
  readonly faults: () => LedgerFaults;
}

/** One process: the listener as it is composed, on the made-up chain, queues and clock. */
function boot({ life, disk, steps, random, ledger, queues, context, options, answer, ended, faults }: BootDeps): void {
  const logger = silentLogger;
  const clock = steps.clockOf(life);
  const metrics = createListenerMetrics(noMetrics);
  const journal = mortal(disk.journal, life, steps);
  const [book, orders] = [createJobBook({ journal }), createOrderBook({ journal })];
  const reader: ChainReader = {
    ...createChainReader({ rpc: { call: (method, params) => steps.call(life, () => answer(method, params)) } }),
    // Proven: what does not hash to the header is not believed.
    provenLogsOf: ({ hash }) =>
      steps.call(life, () => {
        const block = ledger.branch.find((one) => one.hash === hash);
        if (!block || random.uniform() < faults().missing)
          throw inconsistent('receipts that do not hash to the header');
        return block.logs;
      }),
  };
  /** A read of the chain's state, by a node that may lag. */
  const read = <T>(work: (subjects: typeof ledger.head.subjects) => T): Promise<T> =>
    steps.call(life, () => {
      if (random.uniform() < faults().error) throw unreachable('eth_call');
      const behind = random.uniform() < faults().lag ? 1 + random.below(3) : 0;
      return work((ledger.branch.at(-1 - behind) ?? ledger.head).subjects);
    });
  const isOpen = ({ id }: { readonly id: string }) =>
    read((subjects) => (subjects.get(id)?.stage ?? 'closed') !== 'closed');
  const readContext = async (signal: AbortSignal) => ({ ...context, now: (await reader.head(signal)).timestamp });
  const dispatch = createDispatch({
    producer: queues.producerOf(life),
    intake: { holds: async () => false, took: () => undefined },
    standingOf: (jobId) => read((subjects) => ({ status: STATUS[subjects.get(jobId)?.stage ?? 'none'] })),
    clock,
    logger,
    metrics,
  });
  const turns = new Turnstile();
  const alone = (work: () => Promise<void>): Promise<void> => turns.run(work);
  const deps = { dispatch, alone, context: readContext, clock, logger, metrics };
  const followChain = createFollowChain({
    ...deps,
    book,
    orders: createFollowOrders({ book: orders, dispatch, isOpen, logger }),
    lookUp: (jobId) => {
      if (!options.rescan) ended.push(`job ${jobId} was attested, and its request never seen`);
      return read((subjects) => requestOf(jobId, subjects));
    },
    outputIn: (transaction) => steps.call(life, () => outputOf(transaction)),
  });
  const follow: FollowChain = (message, signal) => alone(() => followChain(message, signal));
  const reconcileJobs = createReconcile({ ...deps, book });
  const reconcileOrders = createReconcileOrders({ ...deps, book: orders, isOpen });
  const filter = { addresses: [REGISTRY.toLowerCase()], topics: ROUTED_EVENTS.map(topicOf) };
  const verify = options.partial && !options.rescan ? 'receipts' : 'filtered';
  const fetcher = createLogFetcher({ filter, verify }, { reader });
  const listener = createListener(
    { reconcileMs: RECONCILE_MS, ...(options.rescan && { rescanMs: RESCAN_MS }) },
    {
      source: createEventSource(
        {
          startBlock: 1,
          ...options,
          finalityDepth: options.finality,
          pollMs: POLL_MS,
          maxRange: 7,
          decode: ledger.decode,
        },
        {
          reader,
          fetcher,
          cursor: createCursor<RawLog>('jobs', { journal }),
          clock,
          logger,
        },
      ),
      follow,
      rescan: createRescan(
        { blocks: 1_000, startBlock: 1 },
        { ...deps, fetcher, reader, decode: ledger.decode, book, orders },
      ),
      reconcile: async (signal) => {
        await reconcileJobs(signal);
        await reconcileOrders(signal);
      },
      clock,
      logger,
      random: () => random.uniform(),
    },
  );
  listener.done?.catch((error: unknown) => {
    if (!life.dead) ended.push(`${codeOf(error)}: ${messageOf(error)}`);
  });
  void listener.start(new AbortController().signal);
}

/** A disk at whose every write its process may die: before it, or after it. */
function mortal(journal: Journal, life: Life, steps: SimSteps): Journal {
  let depth = 0;
  const write = <T>(work: () => T): T => {
    if (depth > 0) return work();
    if (steps.mayDie(life)) throw new Error('the process has died');
    depth += 1;
    try {
      return work();
    } finally {
      depth -= 1;
      // What comes after the write is left to the next step, which a dead process does not take.
      steps.mayDie(life);
    }
  };
  return {
    ...journal,
    transact: (work) => write(() => journal.transact(work)),
    run: (...args) => {
      write(() => {
        journal.run(...args);
      });
    },
  };
}

function openDisk(): ListenerDisk {
  const journal = openJournal(':memory:', { chainId: 31_337, genesisHash: '0x00', signer: 'listener' });
  return { journal, book: createJobBook({ journal }), orders: createOrderBook({ journal }) };
}

function contextOf({ verify, expires }: ListenerSimOptions): RouteContext {
  return {
    chainId: 31_337,
    registry: REGISTRY,
    feedRegistry: FEED_REGISTRY,
    scheduler: SCHEDULER,
    operator: OPERATOR,
    feeMin: 0n,
    stakeAtRiskMax: 1_000n,
    verify,
    expireFor: new Set(expires ? [REQUESTER] : []),
    data: true,
    schedules: true,
    scheduleTipMin: 0n,
    now: NOW,
  };
}

/** The request of a job, as the chain tells it when asked for it by name. */
function requestOf(jobId: JobId, subjects: Subjects): BookedJob | undefined {
  const made = subjects.get(jobId)?.made;
  if (made?.type !== 'JobRequested') return undefined;
  return { jobId, terms: made.terms, input: made.input, request: placeOf(made.log, NOW) };
}

/** The output that an attestation's transaction carries. */
export function outputOf(transaction: Hex32): Hex {
  return `0x${transaction.slice(-8)}`;
}

const STATUS = {
  none: JobStatus.None,
  open: JobStatus.Requested,
  attested: JobStatus.Attested,
  trial: JobStatus.OnTrial,
  closed: JobStatus.Settled,
} as const satisfies Record<string, JobStatus>;
