import type { Random } from '../../models/credit-score/random.ts';
import type { SendRequest } from '../../workers/chain/tx-manager.ts';
import { type AttestationRecord, recordToJson } from '../../workers/protocol/attestation-record.ts';
import type { Address, Hex, Hex32 } from '../../workers/protocol/ids.ts';
import { JobStatus } from '../../workers/protocol/job.ts';
import { catalog, type MessageOf } from '../../workers/queue/catalog.ts';
import type { Handler } from '../../workers/queue/consumer.ts';
import { codeOf, isRetryable, messageOf } from '../../workers/runtime/errors.ts';
import { silentLogger } from '../../workers/runtime/logger.ts';
import { OTHER } from './sample-job.ts';
import { Life, type SimSteps } from './sim-steps.ts';
import type { createCalls } from './sim-trial-calls.ts';
import { REORG_MAX, type SimTrialChain, type TrialTransaction } from './sim-trial-chain.ts';
import type { Change } from './sim-trial-court.ts';
import type { NodeFaults } from './sim-trial-options.ts';
import { SimTrialNotes } from './sim-trial-notes.ts';
import { type ClaimMessage, createPlayer, type Player, type QueueOfNode } from './sim-trial-player.ts';
import { SimTrialSigner } from './sim-trial-signer.ts';

export interface TrialNodeDeps {
  readonly chain: SimTrialChain;
  readonly calls: ReturnType<typeof createCalls>;
  readonly steps: SimSteps;
  readonly random: Random;
  readonly faults: () => NodeFaults;
  /** Of the claim; its record is the chain's. */
  readonly message: ClaimMessage;
  readonly us: Address;
  readonly operator: Address;
  readonly verifies: boolean;
  /** What the claimant serves under a root, if it does. */
  readonly served: (root: Hex32) => Uint8Array | undefined;
  /** What its answer does, for a claimant. */
  readonly attestation: Change;
  /** What this node can fetch by its digest. */
  readonly published: (digest: string) => Uint8Array | undefined;
}

type Ids = Readonly<Record<'verification' | 'trial', string>>;

interface Queued {
  readonly queue: QueueOfNode;
  readonly message: MessageOf<QueueOfNode>;
  readonly enqueuedAt: number;
  finished: boolean;
}

const ATTEST = 'attest';
/** The step of a key, whichever try of it this is. */
const stepOf = (key: string): string => /-tx-(.*-[0-9a-f]{16})(-\d+)?$/.exec(key)?.[1] ?? key;
/** A consumer's lock holds so long after its death. */
const LOCK_MS = 10_000;
const SECOND = 1_000;
/** Between two looks at what Redis may have lost. */
const KEEP_BLOCKS = 5;
/** A supervisor starts a process again within so many blocks. */
const DOWN_BLOCKS = 3;

/** One honest node: watchtower, player and submitter, with the queues, the journal and the disk that outlive its process. */
export class SimTrialNode {
  readonly #deps: TrialNodeDeps;
  readonly #queue = new Map<string, Queued>();
  readonly #notes: SimTrialNotes;
  #life = new Life();
  #player: Player | undefined;
  /** Blocks until what Redis may have lost is made again. */
  #keepsIn = 0;
  /** What is said of the answer that stands now. */
  #about: { readonly of: AttestationRecord; readonly message: ClaimMessage; readonly ids: Ids } | undefined;
  /** Blocks since the process died. */
  #down = 0;
  lives = 0;
  readonly signer: SimTrialSigner;
  readonly oddities: string[] = [];
  /** What was committed to, by what it would prove. */
  readonly commitments = new Map<string, Set<Hex>>();
  /** How often each call was asked for. */
  readonly asked = new Map<string, number>();
  readonly verdicts: string[] = [];

  constructor(deps: TrialNodeDeps) {
    this.#deps = deps;
    const { chain, steps, random, faults, us, calls, attestation } = deps;
    const decode = ({ key, data, value = 0n }: SendRequest) =>
      key === ATTEST
        ? { name: key, change: attestation }
        : { name: stepOf(key), change: calls.decoded(us, data, value).change };
    this.signer = new SimTrialSigner({ chain, steps, random, faults, us, decode });
    this.#notes = new SimTrialNotes(() => {
      this.#onForget();
    });
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
    if (random.uniform() < faults().flush) this.#queue.clear();
    if (random.uniform() >= faults().late) this.#listen();
    this.#keepsIn -= 1;
    if (this.#keepsIn <= 0) [this.#keepsIn] = [KEEP_BLOCKS, this.#player?.keep()];
    return this.signer.publish(isCensored);
  }

  die(): void {
    this.#life.dead = true;
  }

  /** Messages that have not run to their end. */
  get unfinished(): readonly string[] {
    return [...this.#queue].flatMap(([id, { finished }]) => (finished ? [] : [id]));
  }

  /** Nothing is under way any more. */
  get isIdle(): boolean {
    return this.unfinished.length === 0 && this.signer.pending().length === 0 && !this.keepsNotes;
  }

  get keepsNotes(): boolean {
    return !this.#notes.isEmpty || this.#notes.keeps.length > 0;
  }

  /** What is noted is of use until nothing can bring the trial back. */
  #onForget(): void {
    const { chain } = this.#deps;
    const { endedFor } = chain;
    if (endedFor === undefined) this.oddities.push('notes were erased while the job was open');
    else if (endedFor < REORG_MAX) this.oddities.push(`notes were erased ${endedFor} blocks after the end`);
  }

  /** Messages for what the chain says now; the listener itself is another simulation's. */
  #listen(): void {
    const { chain, verifies, operator, message } = this.#deps;
    const { state } = chain.head;
    if (!state.record) return;
    if (this.#about?.of !== state.record) {
      const at = chain.branch.find(({ number }) => number === state.attestBlock);
      const place = { blockNumber: state.attestBlock, blockHash: at?.hash ?? message.attest.blockHash };
      const attest = { ...message.attest, ...place };
      const about = { ...message, record: recordToJson(state.record), attest } as ClaimMessage;
      const ids = { verification: catalog.verification.phase(about), trial: catalog.trial.phase(about) };
      this.#about = { of: state.record, message: about, ids };
    }
    const { message: about, ids } = this.#about;
    const isOurs = state.record.operator === operator;
    if (state.status === JobStatus.Attested && verifies && !isOurs)
      this.#enqueue('verification', ids.verification, about, false);
    if (state.status === JobStatus.OnTrial && (verifies || isOurs)) this.#enqueue('trial', ids.trial, about, true);
  }

  #enqueue(queue: QueueOfNode, id: string, message: MessageOf<QueueOfNode>, again: boolean): void {
    const known = this.#queue.get(id);
    if (known && !(again && known.finished)) return;
    const queued = { queue, message, enqueuedAt: this.#deps.steps.now, finished: false };
    this.#queue.set(id, queued);
    void this.#consume(id, queued, this.#life, 0);
  }

  #start(): void {
    const { steps, calls, us } = this.#deps;
    this.#life = new Life();
    this.lives += 1;
    this.#down = 0;
    this.#player = createPlayer({
      ...this.#deps,
      life: this.#life,
      signer: this.signer,
      notes: this.#notes.of(this.#life, steps),
      decode: (data, value): { readonly change: Change } => calls.decoded(us, data as Hex, value),
      onVerdict: (verdict) => this.verdicts.push(verdict),
      toPlayer: (message) => {
        this.#enqueue('trial', catalog.trial.phase(message), message, true);
      },
      toSubmitter: (message) => {
        this.#onIntent(message);
        this.#enqueue('transaction', catalog.transaction.phase(message), message, true);
      },
    });
    for (const [id, queued] of this.#queue) if (!queued.finished) void this.#consume(id, queued, this.#life, LOCK_MS);
  }

  async #consume(id: string, queued: Queued, life: Life, delayMs: number): Promise<void> {
    const { steps } = this.#deps;
    const handler = this.#player?.handlers[queued.queue] as Handler<MessageOf<QueueOfNode>> | undefined;
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

  #onIntent({ step, data }: MessageOf<'transaction'>): void {
    const known = this.#queue.get(catalog.transaction.phase({ step } as never));
    if (!known || known.finished) this.asked.set(step, (this.asked.get(step) ?? 0) + 1);
    if (!step.startsWith('commit')) return;
    const proof = step.split('-').slice(0, 3).join('-');
    this.commitments.set(proof, (this.commitments.get(proof) ?? new Set()).add(data));
  }

  /** Signs its answer, and publishes that until it stands. */
  attest(): void {
    this.signer.sign({ key: ATTEST, to: OTHER, data: '0x', urgent: true });
  }
}

function isDead(life: Life): boolean {
  return life.dead;
}
