import type { Random } from '../../models/credit-score/random.ts';
import type { Address } from '../../workers/protocol/ids.ts';
import { type BlockTime, type Change, type CourtState, NOTHING_YET, Refused } from './sim-trial-court.ts';

/** Something that is sent to the chain, by a name that is its own. */
export interface TrialTransaction {
  readonly id: string;
  readonly name: string;
  readonly from: Address;
  readonly change: Change;
}

export interface TrialBlock extends BlockTime {
  readonly hash: string;
  readonly state: CourtState;
  readonly mined: readonly { readonly transaction: TrialTransaction; readonly refused: string | undefined }[];
}

export type TrialBranch = readonly TrialBlock[];

export const BLOCK_SECONDS = 12;
/** No reorg reaches further back. */
export const REORG_MAX = 4;

/** The chain of one job on trial, which forgets its last blocks now and then. */
export class SimTrialChain {
  readonly #random: Random;
  #hashes = 0;
  #former: { readonly branch: TrialBranch; readonly until: number }[] = [];
  branch: TrialBranch;
  reorgs = 0;

  constructor(random: Random, startedAt: number) {
    this.#random = random;
    this.branch = [{ number: 10, timestamp: startedAt, hash: this.#nextHash(), state: NOTHING_YET, mined: [] }];
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
    const block = { number: number + 1, timestamp: timestamp + BLOCK_SECONDS - 2 + this.#random.below(5) };
    let state = before;
    const mined: TrialBlock['mined'][number][] = [];
    for (const transaction of transactions) {
      const [next, refused] = attempt(transaction.change, state, block);
      state = next;
      mined.push({ transaction, refused });
    }
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
    this.branch = this.branch.slice(0, kept);
    return dropped;
  }

  /** Whether a transaction is in the branch that counts, and so deep that it stays. */
  standing(id: string): 'absent' | 'mined' | 'final' {
    const at = this.branch.findLast(({ mined }) => mined.some(({ transaction }) => transaction.id === id));
    if (!at) return 'absent';
    return this.head.number - at.number >= REORG_MAX + 1 ? 'final' : 'mined';
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
