import type { ChainSignal } from '../../../../workers/chain/event-source.ts';
import type { ChainEvent } from '../../../../workers/chain/events.ts';
import type { Hex, JobId } from '../../../../workers/protocol/ids.ts';
import { ZERO_HEX32 } from '../../../../workers/protocol/ids.ts';
import { JobStatus, type Terms } from '../../../../workers/protocol/job.ts';
import { catalog, keyOf, messageId, type QueueDefinition, type QueueName } from '../../../../workers/queue/catalog.ts';
import type { EnqueueOutcome, Producer } from '../../../../workers/queue/producer.ts';
import { silentLogger } from '../../../../workers/runtime/logger.ts';
import { noMetrics } from '../../../../workers/runtime/metrics.ts';
import { createDispatch } from '../../../../workers/roles/listener/dispatch.ts';
import { createFollowChain } from '../../../../workers/roles/listener/follow-chain.ts';
import { createFollowOrders } from '../../../../workers/roles/listener/follow-orders.ts';
import type { Intake } from '../../../../workers/roles/listener/intake.ts';
import { createListenerMetrics } from '../../../../workers/roles/listener/metrics.ts';
import { createReconcileOrders } from '../../../../workers/roles/listener/reconcile-orders.ts';
import { createReconcile } from '../../../../workers/roles/listener/reconcile.ts';
import type { RouteContext } from '../../../../workers/roles/listener/routes.ts';
import { createJobBook, type BookedJob } from '../../../../workers/store/job-book.ts';
import { createOrderBook } from '../../../../workers/store/order-book.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { OPERATOR, REQUESTER, REGISTRY, NOW, hash, jobOf, TERMS } from '../../../support/sample-job.ts';
import { FEED_REGISTRY, SCHEDULER } from '../../../support/sample-orders.ts';
import { temporaryJournal } from '../../../support/temporary-journal.ts';

export const CONTEXT: RouteContext = {
  chainId: 31_337,
  registry: REGISTRY,
  operator: OPERATOR,
  feeMin: 0n,
  stakeAtRiskMax: 1_000n,
  verify: 'none',
  expireFor: new Set(),
  feedRegistry: FEED_REGISTRY,
  scheduler: SCHEDULER,
  data: true,
  schedules: true,
  scheduleTipMin: 0n,
  now: NOW,
};

const log = (blockNumber: number) => ({
  blockNumber,
  blockHash: hash(blockNumber),
  transactionHash: hash(1_000 + blockNumber),
  logIndex: 0,
});

export const requested = (job: number, block: number, terms: Partial<Terms> = {}): ChainEvent => ({
  type: 'JobRequested',
  jobId: jobOf(job),
  requester: REQUESTER,
  terms: { ...TERMS, ...terms },
  input: '0x00000000',
  log: log(block),
});
export const attested = (job: number, block: number, operator = OPERATOR, challengeEnd = NOW + 60): ChainEvent => ({
  type: 'JobAttested',
  jobId: jobOf(job),
  operator,
  outputRoot: hash(9),
  outputContent: ZERO_HEX32,
  challengeEnd: BigInt(challengeEnd),
  log: log(block),
});
export const settled = (job: number, block: number): ChainEvent => ({
  type: 'JobSettled',
  jobId: jobOf(job),
  operator: OPERATOR,
  operatorAmount: 9n,
  publisherAmount: 1n,
  treasuryAmount: 0n,
  log: log(block),
});

export const blockOf = (
  number: number,
  ...events: ChainEvent[]
): Extract<ChainSignal<ChainEvent>, { type: 'events' }> => ({
  type: 'events',
  block: { number, hash: hash(number), timestamp: NOW },
  events,
});
export const reorgOf = (ancestor: number, ...dropped: ReturnType<typeof blockOf>[]): ChainSignal<ChainEvent> => ({
  type: 'reorg',
  commonAncestor: { number: ancestor, hash: hash(ancestor), timestamp: NOW },
  dropped,
});

/** A queue in memory with the promises of the real one. */
export class FakeQueues implements Pick<Producer, 'enqueue' | 'enqueueAgain' | 'retract' | 'wake'> {
  readonly messages = new Map<
    string,
    { queue: QueueName; message: unknown; delayMs: number; active?: boolean; finished: boolean }
  >();
  /** Calls that fail before one succeeds. */
  failures = 0;

  get waiting(): string[] {
    return [...this.messages]
      .filter(([, { finished }]) => !finished)
      .map(([id]) => `${Number(id.split('-')[2]?.slice(-4))}-${id.split('-')[3]}`);
  }

  /** A consumer has it from here on. */
  begin(job: number, phase: string): void {
    const found = this.find(job, phase);
    if (!found) throw new Error(`no message ${phase} of job ${job}`);
    found.active = true;
  }

  finish(job: number, phase: string): void {
    const found = this.find(job, phase);
    if (!found) throw new Error(`no message ${phase} of job ${job}`);
    found.finished = true;
  }

  find(job: number, phase: string) {
    const id = messageId({ chainId: 31_337, registry: REGISTRY, jobId: jobOf(job) }, phase);
    return this.messages.get([...this.messages.keys()].find((key) => key === id || key.startsWith(`${id}-`)) ?? id);
  }

  enqueue: Producer['enqueue'] = async (queue, message, options) =>
    this.#add(queue, message, options?.delayMs ?? 0, false);
  enqueueAgain: Producer['enqueueAgain'] = async (queue, message, options) =>
    this.#add(queue, message, options?.delayMs ?? 0, true);
  /** What was woken, by its id. */
  readonly woken: string[] = [];
  wake: Producer['wake'] = async (_, key, phase) => {
    this.#mayFail();
    this.woken.push(messageId(key, phase));
    return true;
  };
  retract: Producer['retract'] = async (_, key, phase) => {
    this.#mayFail();
    const id = messageId(key, phase);
    const found = this.messages.get(id);
    if (!found) return 'absent';
    if (found.finished) return 'finished';
    if (found.active) return 'active';
    this.messages.delete(id);
    return 'removed';
  };

  #add(queue: QueueName, message: unknown, delayMs: number, again: boolean): { id: string; outcome: EnqueueOutcome } {
    this.#mayFail();
    const definition = catalog[queue] as QueueDefinition;
    const parsed = definition.schema.parse(message);
    const id = messageId(keyOf(definition, parsed), definition.phase(parsed));
    const known = this.messages.get(id);
    if (known && !(again && known.finished)) return { id, outcome: known.finished ? 'finished' : 'present' };
    this.messages.set(id, { queue, message: parsed, delayMs, finished: false });
    return { id, outcome: 'added' };
  }

  #mayFail(): void {
    if (this.failures === 0) return;
    this.failures -= 1;
    throw new Error('redis is away');
  }
}

export interface BenchOptions {
  /** Default: there is room for everything. */
  readonly intake?: Intake;
  /** Default: queues in memory. */
  readonly producer?: Producer;
}

/** Follower and reconciler over a real book, with queues and chain in memory. */
export function createBench(context: Partial<RouteContext> = {}, options: BenchOptions = {}) {
  const journal = temporaryJournal('listener');
  const queues = new FakeQueues();
  const clock = new ManualClock();
  const metrics = createListenerMetrics(noMetrics);
  const book = createJobBook({ journal });
  const chain = {
    statuses: new Map<JobId, JobStatus>(),
    outputs: new Map<JobId, Hex>(),
    unseen: new Map<JobId, BookedJob>(),
    asked: 0,
    /** Orders that the chain calls open. */
    openOrders: new Set<string>(),
    now: NOW,
  };
  const dispatch = createDispatch({
    producer: options.producer ?? queues,
    intake: options.intake ?? { holds: async () => false, took: () => undefined },
    standingOf: async (jobId) => {
      chain.asked += 1;
      return { status: chain.statuses.get(jobId) ?? JobStatus.None };
    },
    clock,
    logger: silentLogger,
    metrics,
  });
  const read = async (): Promise<RouteContext> => ({ ...CONTEXT, ...context, now: chain.now });
  const alone = (work: () => Promise<void>): Promise<void> => work();
  const deps = { book, dispatch, alone, context: read, clock, logger: silentLogger, metrics };
  const orders = createOrderBook({ journal });
  const isOpen = async ({ id }: { readonly id: string }): Promise<boolean> => chain.openOrders.has(id);
  const follow = createFollowChain({
    ...deps,
    orders: createFollowOrders({ book: orders, dispatch, isOpen, logger: silentLogger }),
    lookUp: async (jobId) => chain.unseen.get(jobId),
    outputIn: async (_, jobId) => chain.outputs.get(jobId),
  });
  const reconcile = createReconcile(deps);
  const reconcileOrders = createReconcileOrders({ ...deps, book: orders, isOpen });
  const { signal } = new AbortController();
  return {
    queues,
    clock,
    book,
    chain,
    follow: (message: ChainSignal<ChainEvent>) => follow(message, signal),
    orders,
    reconcile: () => reconcile(signal),
    reconcileOrders: () => reconcileOrders(signal),
  };
}
