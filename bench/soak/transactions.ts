import { Transaction } from 'ethers';
import { createRandom, type Random } from '../../models/credit-score/random.ts';
import { percentile } from '../../scripts/demo/wording.ts';
import { canonicalValues } from '../../test/support/emitter.ts';
import type { Fault, RpcRequest } from '../../test/support/rpc-proxy.ts';
import type { TxLife } from '../../test/support/tx-bench.ts';
import { emission, gwei, nonceOf, openTxStage, pooled, type TxStage } from '../../test/support/tx-stage.ts';
import { until } from '../../test/support/until.ts';
import { toQuantity } from '../../workers/chain/chain-values.ts';
import { isRetryable } from '../../workers/runtime/errors.ts';
import type { SoakDeps } from './soak-part.ts';

export interface TransactionsReport {
  readonly transactions: number;
  /** Without effect on the chain, with more than one, ended otherwise than mined. */
  readonly missing: number;
  readonly doubled: number;
  readonly otherEnds: number;
  /** Nonces below the highest one that the chain has not used; nonces that were thought stolen. */
  readonly gaps: number;
  readonly foreign: number;
  /** Attempts that offered more than their cap. */
  readonly aboveCap: number;
  /** Blocks of normal fees from the first publication, or from the reorg that dropped it, to the block. */
  readonly blocksToInclusion: { readonly p50: number; readonly p99: number; readonly most: number };
  readonly blocks: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly bumps: number;
  readonly residentMb: { readonly start: number; readonly end: number; readonly most: number };
}

const CAP = gwei(50);
const URGENT_CAP = gwei(150);
const NORMAL_FEE = gwei(1);
const BLOCK_MS = 120;
const REORG_DEPTH = 12;
const AT_ONCE = 200;
const URGENT_SHARE = 0.05;
/** Blocks from one spike, reorg or start to the next, and how long a spike lasts. */
const EVERY = { spike: 80, reorg: 60, restart: 90 } as const;
const SPIKE_BLOCKS = 20;
const RETRY_MS = 100;
/** Blocks in which nothing goes wrong at the end. */
const CALM_BLOCKS = 400;

export async function soakTransactions(transactions: number, deps: SoakDeps): Promise<TransactionsReport> {
  const stage = await openTxStage({ automine: false });
  try {
    return await new TransactionSoak(transactions, stage, deps).run();
  } finally {
    await stage.stop();
  }
}

class TransactionSoak {
  readonly #transactions: number;
  readonly #stage: TxStage;
  readonly #deps: SoakDeps;
  readonly #random: Random;
  readonly #faults: Record<string, number> = {};
  readonly #ends = new Map<number, string>();
  readonly #urgent = new Set<number>();
  /** By value: normal blocks made when it began to wait, and when it was last seen in a block. */
  readonly #waitsSince = new Map<number, number>();
  readonly #includedAt = new Map<number, { readonly tick: number; readonly block: number }>();
  readonly #seenInPool = new Set<string>();
  #life: TxLife | undefined;
  #tick = 0;
  #normalTicks = 0;
  #calm = false;
  #over = false;
  #aboveCap = 0;
  #bumps = 0;
  #foreign = 0;
  #mostMb = 0;

  constructor(transactions: number, stage: TxStage, deps: SoakDeps) {
    this.#transactions = transactions;
    this.#stage = stage;
    this.#deps = deps;
    this.#random = createRandom(deps.seed);
  }

  async run(): Promise<TransactionsReport> {
    const startMb = this.#residentMb();
    this.#stage.proxy.fault('*', (request) => this.#fault(request));
    for (let value = 0; value < this.#transactions; value += 1)
      if (this.#random.uniform() < URGENT_SHARE) this.#urgent.add(value);
    await this.#live();
    let next = 0;
    const clients = Promise.all(
      Array.from({ length: Math.min(AT_ONCE, this.#transactions) }, async () => {
        while (next < this.#transactions) await this.#send(next++);
      }),
    );
    let failed = false;
    clients.catch(() => {
      failed = true;
      // The others would ask on for ever.
      this.#over = true;
    });
    const goesOn = (): boolean => !failed && this.#ends.size < this.#transactions;
    while (goesOn()) {
      // The last ones would wait for each other's misfortunes for ever.
      if (this.#ends.size >= 0.995 * this.#transactions) this.#calm = true;
      await this.#step();
    }
    await clients;
    await this.#becomeQuiet();
    return this.#report(startMb);
  }

  async #becomeQuiet(): Promise<void> {
    this.#calm = true;
    for (let block = 0; block < CALM_BLOCKS && (await this.#unrest()) > 0; block += 1) await this.#step();
  }

  async #unrest(): Promise<number> {
    const life = this.#life;
    if (!life) return 1;
    const used = await nonceOf(this.#stage.anvil, life.address);
    return life.journal.nextNonce() - used + (await pooled(this.#stage.anvil, life.address)).length;
  }

  /** Asks until the effect is there, whoever answers. */
  async #send(value: number): Promise<void> {
    while (!this.#over) {
      const life = this.#life;
      if (life) {
        try {
          const outcome = await life.manager.send(emission(value, { urgent: this.#urgent.has(value) }));
          this.#ends.set(value, outcome.status);
          return;
        } catch (error) {
          if (!isRetryable(error)) throw error;
        }
      }
      await this.#deps.clock.sleep(RETRY_MS);
    }
  }

  async #live(): Promise<void> {
    for (;;) {
      try {
        this.#life = await this.#stage.bench.open({
          urls: [this.#stage.proxy.url],
          pool: { rounds: 4, backoffMs: 5 },
          manager: {
            ...{ pollMs: 25, stallMs: 2 * BLOCK_MS, waitMs: 600_000, maxInFlight: 32 },
            fees: { maxFeeCap: CAP, urgentMaxFeeCap: URGENT_CAP },
          },
        });
        return;
      } catch (error) {
        if (!isRetryable(error)) throw error;
      }
    }
  }

  async #restart(): Promise<void> {
    const life = this.#life;
    if (!life) return;
    this.#life = undefined;
    await life.stop();
    this.#bumps += life.seen.bumps;
    this.#foreign += life.seen.stolen;
    await this.#live();
  }

  /** One block, and what goes wrong before it. */
  async #step(): Promise<void> {
    const { anvil, proxy } = this.#stage;
    this.#tick += 1;
    this.#mostMb = Math.max(this.#mostMb, this.#residentMb());
    if (!this.#calm) {
      if (this.#tick % EVERY.restart === 0) await this.#happen('restart', () => this.#restart());
      if (this.#tick % EVERY.reorg === 0) await this.#happen('reorg', () => this.#reorg());
      await this.#drop();
    }
    const isSpike = !this.#calm && this.#tick % EVERY.spike >= EVERY.spike - SPIKE_BLOCKS;
    await anvil.rpc('anvil_setNextBlockBaseFeePerGas', [toQuantity(isSpike ? 100n * NORMAL_FEE : NORMAL_FEE)]);
    if (isSpike) this.#count('blocks of 100 times the fee');
    else this.#normalTicks += 1;
    await anvil.mine();
    await this.#readBlock();
    if (this.#tick % 200 === 0) this.#deps.say(`block ${this.#tick}: ${this.#ends.size} have ended`);
    // However busy the machine is: the manager has looked at this block twice before the next one.
    const looks = (): number => proxy.calls.get('eth_getTransactionCount') ?? 0;
    const before = looks();
    await Promise.all([
      this.#deps.clock.sleep(BLOCK_MS),
      until(() => looks() >= before + 2, { what: 'a look at the chain', deadlineMs: 60_000, everyMs: 5 }),
    ]);
  }

  async #happen(what: string, work: () => Promise<void>): Promise<void> {
    this.#count(what);
    await work();
  }

  async #reorg(): Promise<void> {
    const { anvil } = this.#stage;
    const head = await anvil.blockNumber();
    await anvil.reorg(REORG_DEPTH);
    for (const [value, { block }] of this.#includedAt) {
      if (block <= head - REORG_DEPTH) continue;
      this.#includedAt.delete(value);
      this.#waitsSince.set(value, this.#normalTicks);
      this.#count('reorganised transactions');
    }
  }

  /** One in ten of those that have come into the pool. */
  async #drop(): Promise<void> {
    const { anvil } = this.#stage;
    const { address } = this.#life ?? {};
    if (address === undefined) return;
    const now = await pooled(anvil, address);
    for (const { hash } of now) {
      if (this.#seenInPool.has(hash)) continue;
      this.#seenInPool.add(hash);
      if (this.#random.uniform() >= 0.1) continue;
      this.#count('dropped transactions');
      this.#seenInPool.delete(hash);
      await anvil.rpc('anvil_dropTransaction', [hash]);
    }
  }

  async #readBlock(): Promise<void> {
    const block = await this.#stage.anvil.rpc<{ number: string; transactions: { input: string }[] }>(
      'eth_getBlockByNumber',
      ['latest', true],
    );
    for (const { input } of block.transactions)
      if (input !== '0x') this.#includedAt.set(Number(input), { tick: this.#normalTicks, block: Number(block.number) });
  }

  #fault({ method, params }: RpcRequest): Fault | undefined {
    if (method === 'eth_sendRawTransaction') this.#published(String(params[0]));
    if (this.#calm) return undefined;
    const luck = this.#random.uniform();
    if (luck < 0.02) return this.#told('429', { kind: 'status', status: 429 });
    if (method === 'eth_getTransactionCount' && luck < 0.12)
      return this.#told('old nonces', {
        kind: 'rewrite',
        rewrite: (nonce) => toQuantity(Math.max(0, Number(nonce) - 1 - this.#random.below(3))),
      });
    if (method !== 'eth_sendRawTransaction') return undefined;
    if (luck < 0.05)
      return this.#told('answers lost', { kind: 'lost-answer', code: -32_000, message: 'the flux capacitor is cold' });
    if (luck < 0.07)
      return this.#told('refused as underpriced', { kind: 'error', code: -32_000, message: 'transaction underpriced' });
    return luck < 0.08 ? this.#told('connections lost', { kind: 'drop' }) : undefined;
  }

  #published(raw: string): void {
    const { data, maxFeePerGas } = Transaction.from(raw);
    const value = data === '0x' ? undefined : Number(data);
    const cap = value === undefined || this.#urgent.has(value) ? URGENT_CAP : CAP;
    if ((maxFeePerGas ?? 0n) > cap) this.#aboveCap += 1;
    if (value !== undefined && !this.#waitsSince.has(value)) this.#waitsSince.set(value, this.#normalTicks);
  }

  #told(what: string, fault: Fault): Fault {
    this.#count(what);
    return fault;
  }

  #count(what: string): void {
    this.#faults[what] = (this.#faults[what] ?? 0) + 1;
  }

  async #report(startMb: number): Promise<TransactionsReport> {
    const { anvil } = this.#stage;
    const life = this.#life;
    if (!life) throw new Error('unreachable');
    const effects = Map.groupBy(await canonicalValues(anvil), (value) => value);
    const values = Array.from({ length: this.#transactions }, (_, value) => value);
    const waits = values.map(
      (value) => (this.#includedAt.get(value)?.tick ?? Infinity) - (this.#waitsSince.get(value) ?? 0),
    );
    return {
      transactions: this.#transactions,
      missing: values.filter((value) => !effects.has(value)).length,
      doubled: [...effects.values()].filter(({ length }) => length > 1).length,
      otherEnds: [...this.#ends.values()].filter((end) => end !== 'mined').length,
      gaps: await this.#unrest(),
      foreign: this.#foreign + life.seen.stolen,
      aboveCap: this.#aboveCap,
      blocksToInclusion: {
        p50: percentile(waits, 0.5),
        p99: percentile(waits, 0.99),
        most: waits.reduce((most, wait) => Math.max(most, wait), 0),
      },
      blocks: this.#tick,
      faults: this.#faults,
      bumps: this.#bumps + life.seen.bumps,
      residentMb: { start: startMb, end: this.#residentMb(), most: this.#mostMb },
    };
  }

  #residentMb(): number {
    return Math.round(process.memoryUsage.rss() / 2 ** 20);
  }
}
