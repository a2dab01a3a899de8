import type { Random } from '../../models/credit-score/random.ts';
import { recordHash, recordToJson } from '../../workers/protocol/attestation-record.ts';
import { type Address, type Hex, type Hex32, type JobId, ZERO_HEX32 } from '../../workers/protocol/ids.ts';
import { JobStatus } from '../../workers/protocol/job.ts';
import { type ModelSpec, modelIdOf } from '../../workers/protocol/model.ts';
import { vectorRoot } from '../../workers/protocol/vector-root.ts';
import { catalog, type MessageInput, type MessageOf } from '../../workers/queue/catalog.ts';
import type { ServedModel } from '../../workers/inference/model-shelf.ts';
import type { Handler } from '../../workers/queue/consumer.ts';
import { redisUnreachable } from '../../workers/queue/redis-errors.ts';
import { createCases } from '../../workers/roles/trial/case.ts';
import { createTrialMetrics } from '../../workers/roles/trial/metrics.ts';
import { createTrialHandler } from '../../workers/roles/trial/play-trial.ts';
import type { Notes, TrialPorts } from '../../workers/roles/trial/ports.ts';
import { createTrialChain } from '../../workers/roles/trial/trial-chain.ts';
import { createVerificationHandler } from '../../workers/roles/watchtower/verification.ts';
import { codeOf, isRetryable, messageOf } from '../../workers/runtime/errors.ts';
import { silentLogger } from '../../workers/runtime/logger.ts';
import { noMetrics } from '../../workers/runtime/metrics.ts';
import { ANSWER, PLAN, SPEC_OUT, TRACE, WEIGHT_TREE, WEIGHTS } from '../workers/roles/trial/bench.ts';
import { unreachable } from './sim-ledger-node.ts';
import { Life, type SimSteps } from './sim-steps.ts';
import { attempt, type SimTrialChain, tipOf, type TrialBranch, type TrialTransaction } from './sim-trial-chain.ts';
import { COMMITMENT_BLOCKS, type SimTrialCourt } from './sim-trial-court.ts';
import { hash, OTHER } from './sample-job.ts';

type Message = MessageOf<'trial'>;

/** Shares of the calls, of the blocks, or of the messages. */
export interface NodeFaults {
  readonly error: number;
  readonly lag: number;
  readonly redis: number;
  /** Transactions that vanish on their way to a block. */
  readonly lost: number;
  /** Blocks in which the submitter is too slow. */
  readonly late: number;
  /** Blocks at which Redis forgets everything. */
  readonly flush: number;
}

export interface TrialNodeDeps {
  readonly chain: SimTrialChain;
  readonly court: SimTrialCourt;
  readonly steps: SimSteps;
  readonly random: Random;
  readonly faults: () => NodeFaults;
  /** Of the claim; its record is the chain's. */
  readonly message: Message;
  readonly us: Address;
  readonly operator: Address;
  readonly verifies: boolean;
  /** What the claimant serves under a root, if it does. */
  readonly served: (root: Hex32) => Uint8Array | undefined;
}

interface Queued {
  readonly queue: 'verification' | 'trial';
  readonly message: Message;
  readonly enqueuedAt: number;
  finished: boolean;
}

interface Intent {
  readonly message: MessageInput<'transaction'>;
  readonly made: number;
  finished: boolean;
}

interface Journaled {
  readonly transaction: TrialTransaction;
  readonly deadline: number | undefined;
  readonly intent: string | undefined;
}

const FEES = { openerBond: 60n, demandBond: 30n, revealFeeFloor: 10n, revealGas: 1_000n };
/** A consumer's lock holds so long after its death. */
const LOCK_MS = 10_000;
const POLL_MS = 12_000;
const SECOND = 1_000;
/** A supervisor starts a process again within so many blocks. */
const DOWN_BLOCKS = 3;

/** One honest node: its watchtower and its player, with the queues, the journal and the disk that outlive its process. */
export class SimTrialNode {
  readonly #deps: TrialNodeDeps;
  readonly #queue = new Map<string, Queued>();
  readonly #intents = new Map<string, Intent>();
  readonly #journal = new Map<string, Journaled>();
  readonly #notes = new Map<string, { salt: Hex32; commitment?: Hex32 }>();
  #served: Hex32[] = [];
  #life = new Life();
  #made = 0;
  /** Blocks since the process died. */
  #down = 0;
  lives = 0;
  readonly oddities: string[] = [];
  /** What was committed to, by what it would prove. */
  readonly commitments = new Map<string, Set<Hex>>();
  readonly verdicts: string[] = [];

  constructor(deps: TrialNodeDeps) {
    this.#deps = deps;
    this.#start();
  }

  /** What the listener and the submitter do for one block. Returns what reaches it. */
  onBlock(isCensored: boolean): readonly TrialTransaction[] {
    const { random, faults } = this.#deps;
    if (this.#life.dead) {
      this.#down += 1;
      if (this.#down >= DOWN_BLOCKS || random.uniform() < 0.4) this.#start();
      return [];
    }
    if (random.uniform() < faults().flush) {
      this.#queue.clear();
      this.#intents.clear();
    }
    if (random.uniform() >= faults().late) this.#listen();
    if (random.uniform() >= faults().late) this.#sign();
    return this.#publish(isCensored);
  }

  /** Journaled before anything else happens, and published until it is final. */
  insist(transaction: TrialTransaction): void {
    this.#journal.set(transaction.id, { transaction, deadline: undefined, intent: undefined });
  }

  die(): void {
    this.#life.dead = true;
  }

  /** Messages for what the chain says now; the listener itself is another simulation's. */
  #listen(): void {
    const { chain, verifies, operator, message } = this.#deps;
    const { state } = chain.head;
    if (!state.record) return;
    const at = chain.branch.find(({ number }) => number === state.attestBlock);
    const place = {
      ...message.attest,
      blockNumber: state.attestBlock,
      blockHash: at?.hash ?? message.attest.blockHash,
    };
    const about = { ...message, record: recordToJson(state.record), attest: place } as Message;
    const isOurs = state.record.operator === operator;
    if (state.status === JobStatus.Attested && verifies && !isOurs) this.#enqueue('verification', about, false);
    if (state.status === JobStatus.OnTrial && (verifies || isOurs)) this.#enqueue('trial', about, true);
  }

  #enqueue(queue: Queued['queue'], message: Message, again: boolean): void {
    const id = catalog[queue].phase(message);
    const known = this.#queue.get(id);
    if (known && !(again && known.finished)) return;
    const queued = { queue, message, enqueuedAt: this.#deps.steps.now, finished: false };
    this.#queue.set(id, queued);
    void this.#consume(id, queued, this.#life, 0);
  }

  /** New intents are signed, unless they would revert. */
  #sign(): void {
    const { chain, court, us, faults } = this.#deps;
    const { state, number, timestamp } = tipOf(chain.view(faults().lag));
    for (const [key, intent] of this.#intents) {
      const id = `${key}#${intent.made}`;
      if (intent.finished || this.#journal.has(id)) continue;
      const { data, value, deadline, step } = intent.message;
      const { change } = court.decoded(us, data as Hex, BigInt(value));
      const [, refused] = attempt(change, state, { number: number + 1, timestamp: timestamp + 1 });
      if (refused !== undefined) intent.finished = true;
      else this.#journal.set(id, { transaction: { id, name: step, from: us, change }, deadline, intent: key });
    }
  }

  #publish(isCensored: boolean): readonly TrialTransaction[] {
    const { chain, random, faults } = this.#deps;
    const sent: TrialTransaction[] = [];
    for (const [id, { transaction, deadline, intent }] of this.#journal) {
      const standing = chain.standing(id);
      const known = intent === undefined ? undefined : this.#intents.get(intent);
      const isOver = deadline !== undefined && chain.head.timestamp > deadline;
      if (standing !== 'absent' || isOver) {
        if (known && `${intent}#${known.made}` === id) known.finished = true;
        if (standing === 'final' || (isOver && standing === 'absent')) this.#journal.delete(id);
      } else if (!isCensored && random.uniform() >= faults().lost) sent.push(transaction);
    }
    return sent;
  }

  #start(): void {
    this.#life = new Life();
    this.lives += 1;
    this.#down = 0;
    this.#handlers = this.#compose(this.#life);
    for (const [id, queued] of this.#queue) if (!queued.finished) void this.#consume(id, queued, this.#life, LOCK_MS);
  }

  #handlers: Readonly<Record<Queued['queue'], Handler<Message>>> | undefined;

  async #consume(id: string, queued: Queued, life: Life, delayMs: number): Promise<void> {
    const { steps } = this.#deps;
    const handler = this.#handlers?.[queued.queue];
    const clock = steps.clockOf(life);
    const { signal } = new AbortController();
    if (delayMs > 0) await clock.sleep(delayMs);
    while (handler && this.#queue.get(id) === queued && !queued.finished) {
      let waitMs: number | undefined;
      try {
        const context = { id, attempt: 1, enqueuedAt: queued.enqueuedAt, signal, logger: silentLogger };
        waitMs = (await handler(queued.message, context))?.retryAfterMs;
      } catch (error) {
        if (isDead(life)) return;
        if (!isRetryable(error)) this.oddities.push(`gave up ${id}: ${codeOf(error)}: ${messageOf(error)}`);
        waitMs = isRetryable(error) ? SECOND : undefined;
      }
      if (isDead(life)) return;
      if (waitMs === undefined) queued.finished = true;
      else await clock.sleep(Math.max(waitMs, SECOND));
    }
  }

  #compose(life: Life): Readonly<Record<Queued['queue'], Handler<Message>>> {
    const { chain, steps, random, faults, us, operator, served } = this.#deps;
    const read = <T>(work: (branch: TrialBranch) => T): Promise<T> =>
      steps.call(life, () => {
        if (random.uniform() < faults().error) throw unreachable('a read');
        return work(chain.view(faults().lag));
      });
    const local = <T>(work: () => T): Promise<T> => steps.call(life, work);
    const redis = (work: () => void): Promise<void> =>
      steps.call(
        life,
        () => {
          const fails = random.uniform() < faults().redis;
          if (fails && random.uniform() < 0.5) throw redisUnreachable('sim', 'away');
          work();
          if (fails) throw redisUnreachable('sim', 'away');
        },
        'redis',
      );
    const stateOf = (branch: TrialBranch) => tipOf(branch).state;
    const standingOf = () =>
      read((branch) => {
        const { status, record } = stateOf(branch);
        return { status, requestBlock: 0, requestedAt: 0, commitment: record ? recordHash(record) : ZERO_HEX32 };
      });
    const head = () =>
      read((branch) => ({ number: tipOf(branch).number, timestamp: tipOf(branch).timestamp, baseFeePerGas: 1n }));
    const court = createTrialChain(
      { us },
      {
        view: { standingOf },
        files: { of: () => read((branch) => stateOf(branch).file) },
        reads: {
          stateOf: () =>
            read((branch) => {
              const { trial, file, hearingEnd } = stateOf(branch);
              const openDemands = file.demands.filter(({ content }) => content === undefined).length;
              return { status: trial, marked: file.marked, openDemands, hearingEnd };
            }),
          committedAt: (commitment) => read((branch) => stateOf(branch).committed.get(commitment)),
          hasBond: (_, demander) => read((branch) => stateOf(branch).bonds.has(demander)),
          settings: () => read(() => ({ ...FEES, commitmentBlocks: COMMITMENT_BLOCKS })),
          balanceOf: () => read(() => 10n ** 30n),
        },
        head,
        vectorIn: () => read(() => undefined),
      },
    );
    const clock = steps.clockOf(life);
    const specs = { specOf: () => local(() => SPEC_OUT) };
    const weights = { tree: WEIGHT_TREE, length: WEIGHTS.length };
    const ports: TrialPorts = {
      ...{ chain: court, specs, clock, notes: this.#notesOf(life), metrics: createTrialMetrics(noMetrics) },
      canonical: { open: () => local(() => ({ spec: SPEC_OUT, plan: PLAN, weights, run: () => local(() => TRACE) })) },
      blobs: { get: () => Promise.reject(new Error('nothing is published')) },
      outputs: { find: () => Promise.resolve(undefined) },
      traces: { put: () => local(() => undefined), remove: () => local(() => undefined) },
      peers: { fetch: (root) => local(() => served(root)) },
      transactions: {
        enqueueAgain: (_, message) =>
          redis(() => {
            this.#intend(message);
          }),
      },
      random: () => hash(random.below(2 ** 31)),
    };
    const spec: ModelSpec = SPEC_OUT;
    const model = { modelId: modelIdOf(spec), spec, triable: true } as ServedModel;
    const timings = { modelMs: 0, inputMs: 0, queuedMs: 0, runMs: 0, hashMs: 0, workMs: 0 };
    const verification = createVerificationHandler(
      { sampleRatio: 1, sampleSalt: '' },
      {
        chain: { standingOf, head, vectorIn: () => read(() => undefined) },
        models: specs,
        work: {
          run: () => local(() => ({ model, output: ANSWER, outputRoot: vectorRoot(ANSWER), timings })),
        },
        blobs: ports.blobs,
        verdicts: { keep: ({ verdict }) => this.verdicts.push(verdict) },
        trials: {
          enqueueAgain: (_, message) =>
            redis(() => {
              this.#enqueue('trial', message as Message, true);
            }),
        },
        metrics: { found: () => undefined, skipped: () => undefined },
        clock,
      },
    );
    const trial = createTrialHandler(
      {
        ...{ us, operator, court: OTHER, challenges: true, pollMs: POLL_MS, serveWaitMs: 24_000 },
        policy: { urgentSeconds: 120, commitBlocks: 0, hurrySeconds: 60, readChunksMax: 64 },
      },
      { ...ports, cases: createCases(ports) },
    );
    return { verification, trial };
  }

  #intend(message: MessageInput<'transaction'>): void {
    const { step, data } = message;
    const known = this.#intents.get(step);
    if (known && !known.finished) return;
    this.#made += 1;
    this.#intents.set(step, { message, made: this.#made, finished: false });
    if (!step.startsWith('commit')) return;
    const proof = step.split('-').slice(0, 3).join('-');
    this.commitments.set(proof, (this.commitments.get(proof) ?? new Set()).add(data as Hex));
  }

  /** A disk at whose every write the process may die. */
  #notesOf(life: Life): Notes {
    const { steps } = this.#deps;
    const write = <T>(work: () => T): T => {
      if (steps.mayDie(life)) throw new Error('the process has died');
      const result = work();
      if (steps.mayDie(life)) throw new Error('the process has died');
      return result;
    };
    const notes = this.#notes;
    return {
      salt: (_: JobId, proof, make) =>
        write(() => {
          const known = notes.get(proof) ?? { salt: make() };
          notes.set(proof, known);
          return known.salt;
        }),
      commitments: () =>
        new Map([...notes].flatMap(([proof, { commitment }]) => (commitment ? [[proof, commitment] as const] : []))),
      noteCommitment: (_, proof, commitment) => {
        write(() => {
          const known = notes.get(proof);
          if (known) known.commitment = commitment;
        });
      },
      serve: (_, root) => {
        write(() => this.#served.push(root));
      },
      served: () => this.#served,
      forget: () => {
        write(() => {
          notes.clear();
          this.#served = [];
        });
      },
    };
  }
}

function isDead(life: Life): boolean {
  return life.dead;
}
