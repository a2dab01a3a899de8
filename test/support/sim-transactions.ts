import { keccak256 } from 'ethers';
import { createRandom, type Random } from '../../models/credit-score/random.ts';
import { createChainReader } from '../../workers/chain/chain-reader.ts';
import { isUrgent, type TransactionIntent, type TransactionResult } from '../../workers/chain/transaction-journal.ts';
import { createTxManager, type SendOutcome, type SendRequest, type TxManager } from '../../workers/chain/tx-manager.ts';
import type { TxMetrics } from '../../workers/chain/tx-metrics.ts';
import type { Hex, Hex32 } from '../../workers/protocol/ids.ts';
import { codeOf, isRetryable } from '../../workers/runtime/errors.ts';
import { silentLogger } from '../../workers/runtime/logger.ts';
import { type Journal, openJournal } from '../../workers/store/journal.ts';
import { createTransactionLog } from '../../workers/store/transaction-log.ts';
import { ManualClock } from './manual-clock.ts';
import { SimChain, type SimTransaction } from './sim-chain.ts';
import { createSimNodes, type NodeFaults } from './sim-node.ts';
import { SimProcess } from './sim-process.ts';
import { createSimSigner, SIM_SIGNER } from './sim-signer.ts';

export interface TxSimOptions {
  readonly seed: number;
  readonly intents: number;
  /** Blocks in which things go wrong; then the world is kind. */
  readonly blocks: number;
  readonly nodes: NodeFaults;
  /** Shares of the steps of a process. */
  readonly crash: number;
  readonly slow: number;
  /** Shares of the blocks. */
  readonly reorg: number;
  readonly drop: number;
  readonly spike: number;
  /** Blocks. */
  readonly reorgDepth: number;
  readonly confirmations: number;
  readonly maxInFlight: number;
  /** Transactions that another holder of the key sends. */
  readonly thefts: number;
  /** Share of the signatures that the signer does not give, or never answers for. */
  readonly signer: number;
  /** Money for one or two transactions; more comes when the world is kind. */
  readonly poor: boolean;
}

export type SimEnd = SendOutcome['status'] | 'deadline' | 'replaced' | 'would-revert' | 'SIGNER_SHARED';

export interface TxSimReport {
  /** What must not be, in words; empty when all is well. */
  readonly violations: readonly string[];
  readonly ends: Readonly<Record<string, number>>;
  readonly lives: number;
  readonly attempts: number;
  readonly blocks: number;
  /** The same for the same run. */
  readonly digest: string;
}

const TARGET = '0x00000000000000000000000000000000000e3172';
const CHAIN_ID = 31_337;
const STARTED_AT = 1_700_000_000;
const BLOCK_SECONDS = 4;
const GWEI = 1_000_000_000n;
export const SIM_CAPS = { maxFeeCap: 200n * GWEI, urgentMaxFeeCap: 1_000n * GWEI } as const;
const BASE_FEE = 5n * GWEI;
/** Blocks after which everything must have ended once the world is kind. */
const PATIENCE = 120;
const FINALITY = 16;
const NO_FAULTS: NodeFaults = { error: 0, lag: 0, lostAnswer: 0, lostTransaction: 0 };

/** What the data of a transaction makes it do. */
const FINE = '01';
const REVERTS = '02';
const REFUSED = '03';
const dataOf = (kind: string, nth: number): Hex => `0x${kind}${nth.toString(16).padStart(8, '0')}`;

/** The real transaction manager and journal in a made-up world; the same options, the same run. */
export async function simulateTransactions(options: TxSimOptions): Promise<TxSimReport> {
  const journal = openJournal(':memory:', { chainId: CHAIN_ID, genesisHash: '0x00', signer: SIM_SIGNER });
  try {
    return await new TxSimulation(options, journal).run();
  } finally {
    journal.close();
  }
}

interface Life {
  readonly process: SimProcess;
  readonly manager: TxManager;
}

class TxSimulation {
  readonly #options: TxSimOptions;
  readonly #journal: Journal;
  readonly #random: Random;
  readonly #clock = new ManualClock({ startMs: STARTED_AT * 1_000 });
  readonly #chain: SimChain;
  readonly #signed = new Map<string, SimTransaction>();
  /** Chain time at which each attempt was first handed to a node. */
  readonly #sentAt = new Map<Hex32, number>();
  readonly #ends = new Map<string, SimEnd>();
  readonly #intents: readonly SendRequest[];
  readonly #violations: string[] = [];
  readonly #trace: string[] = [];
  #life: Life | undefined;
  #lives = 0;
  #thefts = 0;
  #stolen = 0;
  #kind = false;

  constructor(options: TxSimOptions, journal: Journal) {
    this.#options = options;
    this.#journal = journal;
    this.#random = createRandom(options.seed);
    this.#chain = new SimChain({
      startedAt: STARTED_AT,
      balance: options.poor ? 20_000_000n * GWEI : 10n ** 21n,
      baseFee: BASE_FEE,
      capacity: 4,
      reverts: (data) => data.startsWith(`0x${REVERTS}`),
    });
    this.#intents = Array.from({ length: options.intents }, (_, nth) => this.#draft(nth));
  }

  async run(): Promise<TxSimReport> {
    const { blocks, intents } = this.#options;
    let begun = 0;
    for (let block = 0; block < blocks; block += 1) {
      const due = Math.min(intents, Math.ceil(((block + 1) * intents) / (blocks * 0.8)));
      while (begun < due) void this.#client(this.#intents[begun++]!);
      this.#misfortune();
      await this.#block();
    }
    this.#kind = true;
    this.#chain.baseFee = BASE_FEE;
    this.#chain.gifts += 10n ** 21n;
    let waited = 0;
    while (!this.#isQuiet() && waited < PATIENCE) {
      await this.#block();
      waited += 1;
    }
    if (waited === PATIENCE) this.#blame(`not quiet after ${PATIENCE} kind blocks: ${this.#unrest()}`);
    await this.#blocks(FINALITY + 2);
    await this.#examine();
    const stopped = this.#life?.process.isDead() ? undefined : this.#life?.manager.stop();
    await this.#clock.advance(60_000);
    await stopped;
    return this.#report();
  }

  /** Things that happen to the chain between two blocks. */
  #misfortune(): void {
    const chain = this.#chain;
    const { reorg, reorgDepth, drop, spike, thefts, blocks } = this.#options;
    const chance = (share: number): boolean => this.#random.uniform() < share;
    if (chance(spike)) chain.baseFee = BASE_FEE * [1n, 10n, 100n, 300n][this.#random.below(4)]!;
    if (chance(reorg)) {
      const keeps = this.#random.uniform();
      chain.reorg(1 + this.#random.below(reorgDepth), () => this.#random.uniform() < keeps);
    }
    for (const nonce of [...chain.pool.keys()]) if (chance(drop)) chain.pool.delete(nonce);
    if (this.#thefts < thefts && chance((2 * thefts) / blocks)) this.#steal();
    if (this.#life && chance(0.01)) this.#life.process.die();
  }

  #steal(): void {
    this.#thefts += 1;
    const raw = `0xf7${this.#thefts.toString(16).padStart(62, '0')}`;
    const fees = { maxFeePerGas: 5_000n * GWEI, maxPriorityFeePerGas: 2_000n * GWEI };
    const body = { to: TARGET, data: '0x', value: 0n, gasLimit: 21_000n };
    const { nonce } = this.#chain.head;
    const transaction: SimTransaction = {
      ...{ raw, hash: raw as Hex32, type: 2, chainId: CHAIN_ID, nonce },
      ...body,
      ...fees,
    };
    this.#chain.pool.set(nonce, transaction);
  }

  async #block(): Promise<void> {
    if ((!this.#life || this.#life.process.isDead()) && (this.#kind || this.#random.uniform() < 0.5)) this.#live();
    await this.#clock.advance(BLOCK_SECONDS * 1_000);
    this.#chain.mine(BLOCK_SECONDS);
  }

  async #blocks(count: number): Promise<void> {
    for (let block = 0; block < count; block += 1) await this.#block();
  }

  /** A new process with the disk of the one before. */
  #live(): void {
    this.#lives += 1;
    const { nodes, crash, slow, confirmations, maxInFlight } = this.#options;
    const { slow: none, crash: never } = { slow: 0, crash: 0 };
    const process = new SimProcess({
      random: this.#random,
      clock: this.#clock,
      fate: () => (this.#kind ? { crash: never, slow: none } : { crash, slow }),
    });
    const rpc = createSimNodes({
      chain: this.#chain,
      random: this.#random,
      faults: () => (this.#kind ? NO_FAULTS : nodes),
      step: process.step,
      decode: (raw) => this.#decode(raw),
      onSend: (transaction) => {
        this.#checkSent(transaction);
      },
      refuses: (data) => data.startsWith(`0x${REFUSED}`),
    });
    const log = createTransactionLog<TransactionIntent, TransactionResult>({ journal: this.#journal });
    const manager = createTxManager(
      {
        chainId: CHAIN_ID,
        fees: SIM_CAPS,
        ...{ pollMs: 2_000, stallMs: 12_000, waitMs: 60_000, signMs: 5_000, finalityDepth: FINALITY },
        ...{ confirmations, maxInFlight },
      },
      {
        rpc,
        reader: createChainReader({ rpc }),
        signer: createSimSigner({
          process,
          luck: () => this.#luck(),
          onSigned: (transaction) => void this.#signed.set(transaction.raw, transaction),
        }),
        journal: process.disk(log),
        clock: process.clock,
        logger: silentLogger,
        metrics: this.#metrics(),
      },
    );
    this.#life = { process, manager };
    manager.start().catch(() => {
      process.die();
    });
  }

  #metrics(): TxMetrics {
    const nothing = (): void => undefined;
    return {
      ...{ pending: nothing, bumped: nothing, publishFailed: nothing, feeSpent: nothing, balance: nothing },
      runway: nothing,
      nonceStolen: () => void (this.#stolen += 1),
    };
  }

  #luck(): 'signed' | 'refused' | 'never' {
    const drawn = this.#kind ? 1 : this.#random.uniform();
    if (drawn >= this.#options.signer) return 'signed';
    return drawn < this.#options.signer / 2 ? 'never' : 'refused';
  }

  #decode(raw: string): SimTransaction {
    const transaction = this.#signed.get(raw);
    if (!transaction) throw new Error('nobody signed this');
    return transaction;
  }

  /** Attempts are on the disk before anybody sees them. */
  #checkSent({ hash, nonce, data }: SimTransaction): void {
    if (!this.#journal.get('SELECT 1 FROM attempts WHERE hash = ?', hash))
      this.#blame(`nonce ${nonce} (${data}) was sent before it was recorded`);
    if (!this.#sentAt.has(hash)) this.#sentAt.set(hash, this.#chain.head.timestamp);
    this.#trace.push(`${this.#clock.now()} ${hash}`);
  }

  #draft(nth: number): SendRequest {
    const { uniform, below } = this.#random;
    const kind = uniform() < 0.8 ? FINE : uniform() < 0.7 ? REVERTS : REFUSED;
    const now = STARTED_AT + Math.floor((nth * this.#options.blocks * BLOCK_SECONDS) / this.#options.intents);
    const estimated = uniform() < 0.3;
    return {
      to: TARGET,
      data: dataOf(kind, nth),
      key: `key-${nth}`,
      ...(!estimated && { gasLimit: 80_000n, ...(uniform() < 0.5 && { simulate: 'none' as const }) }),
      ...(uniform() < 0.3 && { deadline: now + 8 + below(160) }),
      ...(uniform() < 0.2 && { urgent: true }),
      ...(uniform() < 0.2 && { urgentFrom: now + below(160) }),
    };
  }

  /** Asks until it is told an end, whatever happens to the process. */
  async #client(request: SendRequest): Promise<void> {
    for (;;) {
      const end = await this.#ask(request);
      if (end) {
        this.#ends.set(request.key, end);
        this.#trace.push(`${this.#clock.now()} ${request.key} ${end}`);
        return;
      }
      await this.#clock.sleep(500 + this.#random.below(4_000));
    }
  }

  async #ask(request: SendRequest): Promise<SimEnd | undefined> {
    const life = this.#life;
    if (!life || life.process.isDead()) return undefined;
    try {
      const outcome = await Promise.race([life.manager.send(request), life.process.died]);
      if (outcome === 'died' || life.process.isDead()) return undefined;
      return outcome.status === 'abandoned' ? outcome.why : outcome.status;
    } catch (error) {
      if (life.process.isDead() || isRetryable(error)) return undefined;
      if (codeOf(error) !== 'SIGNER_SHARED') this.#blame(`${request.key} ended with ${codeOf(error)}`);
      return 'SIGNER_SHARED';
    }
  }

  #isQuiet(): boolean {
    return this.#unrest() === '';
  }

  #unrest(): string {
    const { head, pool } = this.#chain;
    const next = this.#count('SELECT coalesce(max(nonce), -1) + 1 AS n FROM transactions');
    const pending = this.#count("SELECT count(*) AS n FROM transactions WHERE status = 'pending'");
    return [
      this.#ends.size < this.#options.intents && `${this.#options.intents - this.#ends.size} without an end`,
      pending > 0 && `${pending} pending`,
      head.nonce < next && `nonce ${head.nonce} of ${next}`,
      pool.size > 0 && `${pool.size} in the pool`,
    ]
      .filter((one) => one !== false)
      .join(', ');
  }

  #count(sql: string): number {
    return Number(this.#journal.get(sql)?.['n'] ?? 0);
  }

  /** Everything that must hold when all has ended. */
  async #examine(): Promise<void> {
    const effects = Map.groupBy(
      this.#chain.history.filter(({ succeeded, transaction: { data } }) => succeeded && data !== '0x'),
      ({ transaction: { data } }) => data,
    );
    for (const { key, data } of this.#intents) {
      const count = effects.get(data)?.length ?? 0;
      const first = this.#ends.get(key);
      if (count > 1) this.#blame(`${key} happened ${count} times`);
      const end = await this.#finalEnd(key);
      if (end !== undefined && (end === 'mined') !== (count === 1))
        this.#blame(`${key} is ${end} and happened ${count} times`);
      // Only a reorg may change what was said.
      if (first !== end && end !== undefined && this.#options.reorg === 0)
        this.#blame(`${key} was ${first}, is ${end}`);
    }
    this.#examineFees();
    if (this.#stolen > this.#thefts) this.#blame(`${this.#stolen} nonces called stolen, ${this.#thefts} were`);
    if (this.#thefts === 0 && this.#stolen > 0) this.#blame(`${this.#stolen} nonces called stolen, none was`);
  }

  async #finalEnd(key: string): Promise<SimEnd | undefined> {
    const row = this.#journal.get('SELECT status FROM transactions WHERE key = ?', key);
    const request = this.#intents.find((one) => one.key === key);
    // What was never signed is not asked again: now it might be.
    if (!row || !request || !this.#life || this.#stolen > 1) return undefined;
    const told: (SimEnd | undefined)[] = [];
    void this.#ask(request).then((end) => told.push(end));
    for (let block = 0; told.length === 0 && block < PATIENCE; block += 1) await this.#block();
    const [end] = told;
    if (end === undefined) this.#blame(`${key} has no end when it is asked for again`);
    return end;
  }

  #examineFees(): void {
    const rows = this.#journal.all(
      'SELECT a.hash, a.max_fee, t.key, t.nonce, t.request FROM attempts a JOIN transactions t ON t.key = a.key',
    );
    const intents = rows.map(({ nonce, request }) => ({ nonce, of: JSON.parse(String(request)) as TransactionIntent }));
    for (const row of rows) {
      const at = { timestamp: this.#sentAt.get(row['hash'] as Hex32) ?? Infinity };
      // What holds back something urgent is as urgent.
      const mayPayMore = intents.some(({ nonce, of }) => Number(nonce) >= Number(row['nonce']) && isUrgent(of, at));
      const cap = mayPayMore ? SIM_CAPS.urgentMaxFeeCap : SIM_CAPS.maxFeeCap;
      const fee = BigInt(String(row['max_fee']));
      if (fee > cap) this.#blame(`${String(row['key'])} offered ${fee}, more than ${cap}`);
    }
  }

  #blame(what: string): void {
    this.#violations.push(what);
  }

  #report(): TxSimReport {
    const ends: Record<string, number> = {};
    for (const end of this.#ends.values()) ends[end] = (ends[end] ?? 0) + 1;
    return {
      violations: this.#violations,
      ends,
      lives: this.#lives,
      attempts: this.#signed.size,
      blocks: this.#chain.head.number,
      digest: keccak256(Buffer.from(this.#trace.join('\n'))),
    };
  }
}
