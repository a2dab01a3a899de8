import type { TransactionJournal } from '../../workers/chain/transaction-journal.ts';
import type { Clock } from '../../workers/runtime/clock.ts';
import type { Random } from '../../models/credit-score/random.ts';
import type { ManualClock } from './manual-clock.ts';

export interface SimProcessDeps {
  readonly random: Random;
  readonly clock: ManualClock;
  /** Shares of the steps at which it dies, and at which time passes. */
  readonly fate: () => { readonly crash: number; readonly slow: number };
}

const SLOW_MS = 3_000;

/**
 * A process that may die at every step: at each call to the outside and each write to the disk, before or after it had its
 * effect. What is left of a dead one never goes on: its calls are not answered, its sleeps do not end, its disk is closed.
 */
export class SimProcess {
  readonly #deps: SimProcessDeps;
  readonly #ended = Promise.withResolvers<'died'>();
  #dead = false;

  constructor(deps: SimProcessDeps) {
    this.#deps = deps;
  }

  isDead(): boolean {
    return this.#dead;
  }

  get died(): Promise<'died'> {
    return this.#ended.promise;
  }

  die(): void {
    this.#dead = true;
    this.#ended.resolve('died');
  }

  readonly clock: Clock = {
    now: () => this.#deps.clock.now(),
    sleep: (ms, signal) =>
      this.#dead ? never() : this.#deps.clock.sleep(ms, signal).then(() => (this.#dead ? never() : undefined)),
  };

  /** A call to the outside. */
  readonly step = async <T>(work: () => T, signal?: AbortSignal): Promise<T> => {
    const { random, clock, fate } = this.#deps;
    if (this.#isFatal()) return never();
    if (random.uniform() < fate().slow) await clock.sleep(random.below(SLOW_MS), signal);
    if (this.#dead) return never();
    const result = work();
    return this.#isFatal() ? never() : result;
  };

  /** The disk: every write, alone or together with others, is a step. */
  disk(journal: TransactionJournal): TransactionJournal {
    let depth = 0;
    const whole = <T>(work: () => T): T => {
      depth += 1;
      try {
        return work();
      } finally {
        depth -= 1;
      }
    };
    const write = <T>(work: () => T): T => {
      if (depth > 0) return work();
      this.#mayDie();
      const result = work();
      this.#mayDie();
      return result;
    };
    return {
      // Reading has no effect, and what a dead process does with it has none either.
      ...journal,
      create: (...args) => {
        write(() => {
          journal.create(...args);
        });
      },
      addAttempt: (...args) => {
        write(() => {
          journal.addAttempt(...args);
        });
      },
      setStatus: (...args) => {
        write(() => {
          journal.setStatus(...args);
        });
      },
      transact: (work) => write(() => journal.transact(() => whole(work))),
      grouped: async (work) => {
        if (this.#isFatal()) return never();
        const result = await journal.grouped(() => {
          // The group is written a moment later, and the next process may have opened the file by then.
          if (this.#dead) throw new Error('the process has died');
          return whole(work);
        });
        return this.#isFatal() ? never() : result;
      },
    };
  }

  #isFatal(): boolean {
    const { random, fate } = this.#deps;
    if (!this.#dead && random.uniform() < fate().crash) this.die();
    return this.#dead;
  }

  #mayDie(): void {
    if (this.#isFatal()) throw new Error('the process has died');
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
