import type { Random } from '../../models/credit-score/random.ts';
import type { Clock } from '../../workers/runtime/clock.ts';

interface Pending {
  readonly life: Life;
  /** Calls of one lane happen in their order. */
  readonly lane: string | undefined;
  readonly happen: () => void;
}

interface Sleeper {
  readonly due: number;
  readonly life: Life;
  readonly wake: () => void;
}

/** One run of a process, from its start to its death. What is left of a dead one never goes on. */
export class Life {
  dead = false;
}

/** Everything that is under way, one step at a time, in an order that a seed decides. */
export class SimSteps {
  readonly #random: Random;
  #pending: Pending[] = [];
  #sleepers: Sleeper[] = [];
  now: number;
  /** Share of the steps at which the process dies, before or after the step had its effect. */
  crash = 0;

  constructor(random: Random, startMs: number) {
    this.#random = random;
    this.now = startMs;
  }

  /** A call to the outside: it happens some time, or the process dies. */
  call<T>(life: Life, work: () => T, lane?: string): Promise<T> {
    if (life.dead) return never();
    return new Promise<T>((resolve, reject) => {
      const happen = (): void => {
        if (this.mayDie(life)) return;
        let settle: () => void;
        try {
          const value = work();
          settle = () => {
            resolve(value);
          };
        } catch (error) {
          settle = () => {
            reject(error instanceof Error ? error : new Error(String(error)));
          };
        }
        if (!this.mayDie(life)) settle();
      };
      this.#pending.push({ life, lane, happen });
    });
  }

  clockOf(life: Life): Clock {
    return {
      now: () => this.now,
      sleep: (ms, signal) => {
        if (life.dead) return never();
        return new Promise((resolve, reject) => {
          signal?.addEventListener('abort', () => {
            reject(signal.reason as Error);
          });
          this.#sleepers.push({ due: this.now + ms, life, wake: resolve });
        });
      },
    };
  }

  mayDie(life: Life): boolean {
    if (!life.dead && this.crash > 0 && this.#random.uniform() < this.crash) life.dead = true;
    return life.dead;
  }

  /** One call happens, or the next sleeper wakes. False when nothing is under way. */
  async step(): Promise<boolean> {
    this.#pending = this.#pending.filter(({ life }) => !life.dead);
    this.#sleepers = this.#sleepers.filter(({ life }) => !life.dead);
    const due = this.#sleepers.filter((one) => one.due <= this.now);
    const ready = this.#pending.filter(
      (one, at) =>
        one.lane === undefined ||
        this.#pending.findIndex((other) => other.lane === one.lane && other.life === one.life) === at,
    );
    const picked = this.#random.below(ready.length + due.length);
    const call = ready[picked];
    if (call) {
      this.#pending = this.#pending.filter((one) => one !== call);
      call.happen();
    } else {
      const sleeper = due[picked - ready.length] ?? this.#next();
      if (!sleeper) return false;
      this.#sleepers = this.#sleepers.filter((one) => one !== sleeper);
      this.now = Math.max(this.now, sleeper.due);
      sleeper.wake();
    }
    await settle();
    return true;
  }

  #next(): Sleeper | undefined {
    return this.#sleepers.toSorted((a, b) => a.due - b.due)[0];
  }
}

/** Lets everything run that waits for nothing. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
