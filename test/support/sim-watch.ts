import { createCases } from '../../workers/roles/trial/case.ts';
import { bytesOfBits } from '../../workers/roles/trial/elements.ts';
import { createTrialMetrics } from '../../workers/roles/trial/metrics.ts';
import { createTrialHandler } from '../../workers/roles/trial/play-trial.ts';
import type { TrialMessage, TrialPorts } from '../../workers/roles/trial/ports.ts';
import { viewOf } from '../../workers/roles/trial/trial-chain.ts';
import { createVerificationHandler } from '../../workers/roles/watchtower/verification.ts';
import { execute } from '../../workers/canonical/executor/execute.ts';
import type { ServedModel } from '../../workers/inference/model-shelf.ts';
import type { Hex, JobId } from '../../workers/protocol/ids.ts';
import { JobStatus } from '../../workers/protocol/job.ts';
import { TrialStatus } from '../../workers/protocol/trial.ts';
import { type ModelSpec, modelIdOf } from '../../workers/protocol/model.ts';
import { vectorRoot } from '../../workers/protocol/vector-root.ts';
import type { Handler } from '../../workers/queue/consumer.ts';
import type { MessageOf } from '../../workers/queue/catalog.ts';
import { silentLogger } from '../../workers/runtime/logger.ts';
import { noMetrics } from '../../workers/runtime/metrics.ts';
import { memoryNotes, PLAN, SPEC_OUT, THIRD, WEIGHT_TREE, WEIGHTS } from '../workers/roles/trial/bench.ts';
import { contextOf, hexOf, REQUESTED_AT, verificationOf } from './role-jobs.ts';
import { hash, OTHER } from './sample-job.ts';

type Message = MessageOf<'verification'>;

/** What the watched chain and the tower's own machine may do at the moment. */
export interface Weather {
  /** Share of the tower's transactions that vanish on their way. */
  readonly vanish: number;
  /** Whether the tower runs at all. */
  readonly online: boolean;
}

export interface SimWatchOptions {
  /** Seconds. */
  readonly window: number;
  /** Jobs that the tower re-runs between two blocks. */
  readonly capacity: number;
  /** Uniform in [0, 1). */
  readonly uniform: () => number;
  /** What the tower's own engine answers. */
  readonly own: (input: Uint8Array) => Uint8Array;
}

/** A job that was answered. Times in seconds of chain time. */
export interface WatchedJob {
  readonly id: JobId;
  readonly attestedAt: number;
  readonly until: number;
  openedAt?: number;
}

interface Queued {
  readonly message: Message;
  readonly enqueuedAt: number;
  due: number;
}

const BLOCK_SECONDS = 12;
/** After so long a transaction that is not mined is published again. */
const STALL_SECONDS = 24;
/** How soon the listener notices that messages are gone, and makes them again. */
const RECONCILE_SECONDS = 10;
const { signal } = new AbortController();

/**
 * A watchtower and the trial player behind it, in front of a chain on which only claims are attested and trials opened. Simulated
 * are the chain, the clock, Redis, the listener's reconciliation, the engine, and the publishing of transactions; the handlers of
 * both roles, the comparison, the canonical run and its judgement of the claim are the real ones.
 */
export class SimWatch {
  now = REQUESTED_AT;
  weather: Weather = { vanish: 0, online: true };
  readonly jobs = new Map<JobId, WatchedJob>();
  /** Verdicts of the first look, by name. */
  readonly verdicts = new Map<string, number>();
  looks = 0;
  /** Claims that the canonical run found right after the first look had not. */
  acquitted = 0;
  readonly #options: SimWatchOptions;
  readonly #messages = new Map<JobId, Message>();
  /** In Redis. */
  #verifications = new Map<JobId, Queued>();
  #trials = new Map<JobId, Queued>();
  #wanted = new Set<JobId>();
  /** In the journal of the signer: when each was published last. */
  readonly #journal = new Map<JobId, number>();
  readonly #pool = new Set<JobId>();
  #reconcileAt: number | undefined;
  #verify: Handler<Message>;
  #play: Handler<Message>;

  constructor(options: SimWatchOptions) {
    this.#options = options;
    ({ verify: this.#verify, play: this.#play } = this.#begin());
  }

  /** An answer to `input` becomes known with the next look. */
  attest(input: Uint8Array, claimed: Uint8Array): WatchedJob {
    const { window } = this.#options;
    const id = hash(this.jobs.size + 1) as JobId;
    const until = this.now + window;
    const made = verificationOf({
      ...{ spec: SPEC_OUT, vector: input, jobId: id, outputRoot: vectorRoot(claimed), output: hexOf(claimed) },
      terms: { challengeWindow: window },
    });
    const message = { ...made, record: { ...made.record, challengeEnd: String(until) } };
    const job: WatchedJob = { id, attestedAt: this.now, until };
    this.jobs.set(id, job);
    this.#messages.set(id, message);
    this.#enqueue(this.#verifications, message);
    return job;
  }

  /** The process ends and begins again: what it held in memory is gone. */
  restart(): void {
    ({ verify: this.#verify, play: this.#play } = this.#begin());
  }

  /** All messages are gone; the listener makes those of open windows again. */
  loseRedis(): void {
    this.#verifications = new Map();
    this.#trials = new Map();
    this.#wanted = new Set();
    this.#reconcileAt = this.now + RECONCILE_SECONDS;
  }

  /** One block, and what the tower does until the next. */
  async step(): Promise<void> {
    this.now += BLOCK_SECONDS;
    this.#mine();
    if (!this.weather.online) return;
    if (this.#reconcileAt !== undefined && this.now >= this.#reconcileAt) this.#reconcile();
    await this.#work(this.#verifications, this.#verify, this.#options.capacity);
    await this.#work(this.#trials, this.#play, Infinity);
    this.#publish();
  }

  #mine(): void {
    for (const id of this.#pool) {
      const job = this.jobs.get(id);
      if (job && job.openedAt === undefined && this.now <= job.until) job.openedAt = this.now;
      this.#journal.delete(id);
    }
    this.#pool.clear();
    for (const { id, until } of this.#forgettable()) if (this.now > until) this.#messages.delete(id);
  }

  *#forgettable(): Generator<WatchedJob> {
    for (const id of this.#messages.keys()) {
      const job = this.jobs.get(id);
      // Windows end in the order in which they began.
      if (!job || job.until >= this.now) return;
      yield job;
    }
  }

  #reconcile(): void {
    this.#reconcileAt = undefined;
    for (const message of this.#messages.values()) this.#enqueue(this.#verifications, message);
  }

  async #work(queue: Map<JobId, Queued>, handle: Handler<Message>, capacity: number): Promise<void> {
    let left = capacity;
    for (const [id, one] of [...queue]) {
      if (one.due > this.now) continue;
      if (left-- <= 0) return;
      this.looks += 1;
      const context = contextOf(silentLogger, { enqueuedAt: one.enqueuedAt * 1_000, signal });
      const later = await handle(one.message, context);
      if (later) one.due = this.now + later.retryAfterMs / 1_000;
      else queue.delete(id);
      if (!later && queue === this.#trials && this.jobs.get(id)?.openedAt === undefined) this.acquitted += 1;
    }
  }

  /** What the transaction manager does: journal first, publish, and again while it is not mined. */
  #publish(): void {
    for (const id of this.#wanted) if (!this.#journal.has(id)) this.#journal.set(id, -Infinity);
    this.#wanted.clear();
    for (const [id, last] of this.#journal) {
      if (this.now - last < STALL_SECONDS) continue;
      this.#journal.set(id, this.now);
      if (this.#options.uniform() >= this.weather.vanish) this.#pool.add(id);
    }
  }

  #enqueue(queue: Map<JobId, Queued>, message: Message): void {
    if (!queue.has(message.jobId)) queue.set(message.jobId, { message, enqueuedAt: this.now, due: this.now });
  }

  #begin(): { readonly verify: Handler<Message>; readonly play: Handler<Message> } {
    const clock = { now: () => this.now * 1_000, sleep: () => new Promise<void>(() => undefined) };
    const spec: ModelSpec = SPEC_OUT;
    const model = { modelId: modelIdOf(spec), spec, triable: true } as ServedModel;
    const timings = { modelMs: 0, inputMs: 0, queuedMs: 0, runMs: 0, hashMs: 0, workMs: 0 };
    const statusOf = (id: JobId): JobStatus =>
      this.jobs.get(id)?.openedAt === undefined ? JobStatus.Attested : JobStatus.OnTrial;
    const verify = createVerificationHandler(
      { sampleRatio: 1, sampleSalt: '' },
      {
        chain: {
          standingOf: (id) => Promise.resolve({ status: statusOf(id) }),
          head: () => Promise.resolve({ timestamp: this.now }),
          vectorIn: () => Promise.resolve(undefined),
        },
        models: { specOf: () => Promise.resolve(SPEC_OUT) },
        work: {
          run: ({ input }) => {
            const output = this.#options.own(bytesOf(input));
            return Promise.resolve({ model, output, outputRoot: vectorRoot(output), timings });
          },
        },
        blobs: { get: () => Promise.reject(new Error('nothing is published')) },
        verdicts: {
          keep: ({ verdict }) => this.verdicts.set(verdict, (this.verdicts.get(verdict) ?? 0) + 1),
        },
        trials: {
          enqueueAgain: (_, { jobId }) => {
            const message = this.#messages.get(jobId as JobId);
            if (message) this.#enqueue(this.#trials, message);
            return Promise.resolve();
          },
        },
        metrics: { found: () => undefined, skipped: () => undefined },
        clock,
      },
    );
    const ports: TrialPorts = {
      chain: {
        look: (message) => Promise.resolve({ view: this.#viewOf(message), docket: undefined, exhibits: undefined }),
        vectorIn: () => Promise.resolve(undefined),
        settings: () =>
          Promise.resolve({
            openerBond: 60n,
            demandBond: 30n,
            revealFeeFloor: 10n,
            revealGas: 1_000n,
            commitmentBlocks: 2,
          }),
        balanceOf: () => Promise.resolve(10n ** 30n),
      },
      specs: { specOf: () => Promise.resolve(SPEC_OUT) },
      canonical: {
        open: () =>
          Promise.resolve({
            spec: SPEC_OUT,
            plan: PLAN,
            weights: { tree: WEIGHT_TREE, length: WEIGHTS.length },
            run: (input: Uint32Array) => Promise.resolve(execute(PLAN, { input, weights: WEIGHTS })),
          }),
      },
      blobs: { get: () => Promise.reject(new Error('nothing is published')) },
      outputs: { find: () => Promise.resolve(undefined) },
      traces: { put: () => Promise.resolve(), remove: () => Promise.resolve() },
      peers: { fetch: () => Promise.resolve(undefined) },
      notes: memoryNotes(),
      transactions: {
        enqueueAgain: (_, { jobId, step }) => {
          if (step.startsWith('open')) this.#wanted.add(jobId as JobId);
          return Promise.resolve();
        },
      },
      metrics: createTrialMetrics(noMetrics),
      clock,
      random: () => hash(99),
    };
    const play = createTrialHandler(
      {
        ...{ us: THIRD, operator: THIRD, court: OTHER, challenges: true, pollMs: 4_000, serveWaitMs: 60_000 },
        finalityDepth: 4,
        policy: { urgentSeconds: 1_800, commitBlocks: 0, hurrySeconds: 20, readChunksMax: 64 },
      },
      { ...ports, cases: createCases(ports) },
    );
    return { verify, play };
  }

  /** What comes after the opening is another test's: an opened trial is over here. */
  #viewOf(message: TrialMessage) {
    const isOpened = this.jobs.get(message.jobId)?.openedAt !== undefined;
    return viewOf({
      message,
      status: isOpened ? JobStatus.Slashed : JobStatus.Attested,
      state: { status: TrialStatus.None, marked: false, openDemands: 0, hearingEnd: 0 },
      file: { docket: undefined, exhibits: undefined, demands: [], marked: false, ending: undefined },
      ...{ isReplaced: false, hasBond: false, commitments: new Map(), now: this.now, block: 1, baseFee: 7n },
    });
  }
}

/** The canonical answer to an input vector. */
export function canonicalAnswer(input: Uint32Array): Uint8Array {
  return bytesOfBits(execute(PLAN, { input, weights: WEIGHTS }).slice(256));
}

const bytesOf = (hex: Hex): Uint8Array => Buffer.from(hex.slice(2), 'hex');
