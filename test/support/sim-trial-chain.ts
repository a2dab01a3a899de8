import type { Random } from '../../models/credit-score/random.ts';
import type { Address } from '../../workers/protocol/ids.ts';
import { JobStatus } from '../../workers/protocol/job.ts';
import { type BlockTime, type Change, type CourtState, NOTHING_YET, Refused } from './sim-trial-court.ts';

/** Something that is sent to the chain, by a name that is its own. */
export interface TrialTransaction {
  readonly id: string;
  readonly name: string;
  readonly from: Address;
  readonly change: Change;
  /** Wei per gas; a block that costs more leaves it out. Anything, where it is not given. */
  readonly maxFee?: bigint;
}

export interface TrialBlock extends BlockTime {
  readonly hash: string;
  readonly state: CourtState;
  readonly mined: readonly { readonly transaction: TrialTransaction; readonly refused: string | undefined }[];
}

export type TrialBranch = readonly TrialBlock[];

export const BLOCK_SECONDS = 12;
export const GWEI = 1_000_000_000n;
/** Of a block in calm weather, wei per gas. */
export const CALM_FEE = 5n * GWEI;
/** No reorg reaches further back. */
export const REORG_MAX = 4;

export interface Place {
  readonly number: number;
  /** Why it was refused there, if it was. */
  readonly refused: string | undefined;
  /** So deep that it stays. */
  readonly isFinal: boolean;
}

/** The chain of one job on trial, which forgets its last blocks now and then. */
export class SimTrialChain {
  readonly #random: Random;
  #hashes = 0;
  /** Numbers of the blocks that hold a transaction. */
  readonly #places = new Map<string, number>();
  #former: { readonly branch: TrialBranch; readonly until: number }[] = [];
  branch: TrialBranch;
  reorgs = 0;
  /** Of the next block. */
  baseFee = CALM_FEE;

  constructor(random: Random, startedAt: number) {
    this.#random = random;
    const first = { number: 10, timestamp: startedAt, baseFee: CALM_FEE, hash: this.#nextHash() };
    this.branch = [{ ...first, state: NOTHING_YET, mined: [] }];
  }

  get head(): TrialBlock {
    return tipOf(this.branch);
  }

  /** What a node shows that may be behind, or still on a branch that was dropped. */
  view(lag: number): TrialBranch {
    if (this.#random.uniform() >= lag) return this.branch;
    this.#former = this.#former.filter(({ until }) => until >= this.head.number);
    const stale = this.#former[this.#random.below(this.#former.length + 1)];
    return stale?.branch ?? this.branch.slice(0, Math.max(1, this.branch.length - 1 - this.#random.below(3)));
  }

  /** The next block, with these transactions in this order; what the contract refuses is in it, and changes nothing. */
  mine(transactions: readonly TrialTransaction[]): TrialBlock {
    const { number, timestamp, state: before } = this.head;
    const { baseFee } = this;
    const block = { number: number + 1, timestamp: timestamp + BLOCK_SECONDS - 2 + this.#random.below(5), baseFee };
    let state = before;
    const mined: TrialBlock['mined'][number][] = [];
    for (const transaction of transactions) {
      if ((transaction.maxFee ?? baseFee) < baseFee) continue;
      const [next, refused] = attempt(transaction.change, state, block);
      state = next;
      mined.push({ transaction, refused });
    }
    for (const { transaction } of mined) this.#places.set(transaction.id, block.number);
    const made = { ...block, hash: this.#nextHash(), state, mined };
    this.branch = [...this.branch, made];
    return made;
  }

  /** Drops up to `depth` blocks; as many others have to be mined in their place. */
  drop(depth: number): number {
    const kept = Math.max(1, this.branch.length - depth);
    const dropped = this.branch.length - kept;
    if (dropped === 0) return 0;
    this.reorgs += 1;
    this.#former.push({ branch: this.branch, until: this.head.number + 3 });
    for (const { mined } of this.branch.slice(kept))
      for (const { transaction } of mined) this.#places.delete(transaction.id);
    this.branch = this.branch.slice(0, kept);
    return dropped;
  }

  /** Where a transaction is in the branch that counts, and what became of it there; undefined when it is not in it. */
  placeOf(id: string): Place | undefined {
    const number = this.#places.get(id);
    if (number === undefined) return undefined;
    const block = this.branch[number - (this.branch[0]?.number ?? 0)];
    const refused = block?.mined.find(({ transaction }) => transaction.id === id)?.refused;
    return { number, refused, isFinal: this.head.number - number > REORG_MAX };
  }

  /** Blocks on top of the one that ended the job; undefined while it lasts. */
  get endedFor(): number | undefined {
    const end = this.branch.find(({ state }) => state.status > JobStatus.OnTrial);
    return end && this.head.number - end.number;
  }

  #nextHash(): string {
    this.#hashes += 1;
    return `0x${this.#hashes.toString(16).padStart(64, '0')}`;
  }
}

/** The state after a call, or the same and why not. */
export function attempt(
  change: Change,
  state: CourtState,
  block: BlockTime,
): readonly [CourtState, string | undefined] {
  try {
    return [change(state, block), undefined];
  } catch (error) {
    if (error instanceof Refused) return [state, error.message];
    throw error;
  }
}

export function tipOf(branch: TrialBranch): TrialBlock {
  const block = branch.at(-1);
  if (!block) throw new Error('a branch has no block');
  return block;
}
