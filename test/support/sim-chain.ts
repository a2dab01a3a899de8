import type { UnsignedTransaction } from '../../workers/chain/transaction-bytes.ts';
import type { Hex32 } from '../../workers/protocol/ids.ts';

/** A signed transaction of the one account that this chain is about. */
export interface SimTransaction extends UnsignedTransaction {
  readonly raw: string;
  readonly hash: Hex32;
}

export interface SimMined {
  readonly transaction: SimTransaction;
  readonly succeeded: boolean;
  /** Wei per gas. */
  readonly price: bigint;
}

/** A block, and what the account has when it ends. */
export interface SimBlock {
  readonly number: number;
  readonly hash: Hex32;
  readonly parentHash: Hex32;
  /** Unix seconds. */
  readonly timestamp: number;
  readonly baseFee: bigint;
  readonly mined: readonly SimMined[];
  readonly nonce: number;
  /** Wei, without gifts. */
  readonly balance: bigint;
}

export type Branch = readonly SimBlock[];

export interface SimChainOptions {
  /** Unix seconds of the first block. */
  readonly startedAt: number;
  /** Wei. */
  readonly balance: bigint;
  /** Wei per gas. */
  readonly baseFee: bigint;
  /** Transactions of the account that fit into a block. */
  readonly capacity: number;
  /** Whether a transaction with this data reverts. */
  readonly reverts: (data: string) => boolean;
}

export const SIM_GAS = 50_000n;
/** Blocks after a reorg in which some node has not noticed. */
const BELIEVED = 4;

/** One account, its transactions and their blocks: as much of a chain as a transaction manager can see. */
export class SimChain {
  readonly #options: SimChainOptions;
  /** By nonce. */
  readonly pool = new Map<number, SimTransaction>();
  /** The branch that counts. */
  branch: Branch;
  /** Branches that count no more, each with the last block's number of `branch` at which a node may still believe in it. */
  #former: readonly { readonly branch: Branch; readonly until: number }[] = [];
  baseFee: bigint;
  /** Wei that came from outside, on every branch. */
  gifts = 0n;
  #hashes = 0;

  constructor(options: SimChainOptions) {
    this.#options = options;
    this.baseFee = options.baseFee;
    const { startedAt: timestamp, baseFee, balance } = options;
    const hash = this.#nextHash();
    this.branch = [{ number: 0, hash, parentHash: hash, timestamp, baseFee, mined: [], nonce: 0, balance }];
  }

  get head(): SimBlock {
    return lastOf(this.branch);
  }

  get formerBranches(): readonly Branch[] {
    return this.#former.filter(({ until }) => until >= this.head.number).map(({ branch }) => branch);
  }

  /** What a node says to a transaction: nothing when it takes it. The texts are geth's. */
  submit(transaction: SimTransaction): string | undefined {
    const { nonce, maxFeePerGas, maxPriorityFeePerGas, gasLimit, value } = transaction;
    const { head } = this;
    if (nonce < head.nonce) return `nonce too low: next nonce ${head.nonce}, tx nonce ${nonce}`;
    if (gasLimit * maxFeePerGas + value > head.balance + this.gifts)
      return `insufficient funds for gas * price + value: balance ${head.balance + this.gifts}`;
    const rival = this.pool.get(nonce);
    if (rival?.hash === transaction.hash) return 'already known';
    if (
      rival &&
      (maxFeePerGas * 10n < rival.maxFeePerGas * 11n || maxPriorityFeePerGas * 10n < rival.maxPriorityFeePerGas * 11n)
    )
      return 'replacement transaction underpriced';
    this.pool.set(nonce, transaction);
    return undefined;
  }

  /** The next block, `seconds` after the last one, with what pays for it and follows without a gap. */
  mine(seconds: number): void {
    const parent = this.head;
    const mined: SimMined[] = [];
    let { nonce, balance } = parent;
    while (mined.length < this.#options.capacity) {
      const transaction = this.pool.get(nonce);
      if (!transaction || transaction.maxFeePerGas < this.baseFee) break;
      const { maxFeePerGas, maxPriorityFeePerGas, gasLimit, data, value } = transaction;
      if (gasLimit * maxFeePerGas + value > balance + this.gifts) break;
      const room = maxFeePerGas - this.baseFee;
      const price = this.baseFee + (maxPriorityFeePerGas < room ? maxPriorityFeePerGas : room);
      this.pool.delete(nonce);
      balance -= gasUsed(transaction) * price;
      nonce += 1;
      mined.push({ transaction, succeeded: !this.#options.reverts(data), price });
    }
    this.#append({ mined, nonce, balance, timestamp: parent.timestamp + seconds });
  }

  /** Replaces the last `depth` blocks by as many empty ones. What was in them goes back to the pool where `kept` says so. */
  reorg(depth: number, kept: (transaction: SimTransaction) => boolean): void {
    const cut = Math.max(1, this.branch.length - depth);
    const gone = this.branch.slice(cut);
    this.#former = [...this.#former, { branch: this.branch, until: this.head.number + BELIEVED }];
    this.branch = this.branch.slice(0, cut);
    for (const { timestamp } of gone) {
      const { nonce, balance } = this.head;
      this.#append({ mined: [], nonce, balance, timestamp });
    }
    for (const { transaction } of gone.flatMap(({ mined }) => mined))
      if (kept(transaction) && !this.pool.has(transaction.nonce)) this.pool.set(transaction.nonce, transaction);
  }

  /** Every transaction that counts, oldest first. */
  get history(): readonly SimMined[] {
    return this.branch.flatMap(({ mined }) => mined);
  }

  #append(end: Pick<SimBlock, 'mined' | 'nonce' | 'balance' | 'timestamp'>): void {
    const { number, hash: parentHash } = this.head;
    const hash = this.#nextHash();
    this.branch = [...this.branch, { ...end, number: number + 1, hash, parentHash, baseFee: this.baseFee }];
  }

  #nextHash(): Hex32 {
    this.#hashes += 1;
    return `0xb${this.#hashes.toString(16).padStart(63, '0')}` as Hex32;
  }
}

/** What a transaction of this chain uses; one without data only uses up its nonce. */
export function gasUsed({ data }: Pick<SimTransaction, 'data'>): bigint {
  return data === '0x' ? 21_000n : SIM_GAS;
}

export function lastOf(branch: Branch): SimBlock {
  const block = branch.at(-1);
  if (!block) throw new Error('a branch has no block');
  return block;
}
