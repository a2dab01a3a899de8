import type { Clock } from '../runtime/clock.ts';
import { refusesWrites } from './redis-errors.ts';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 10_000;
const ERRORS_PER_SECOND = 20;

/**
 * Says when a consumer should stop asking Redis. A full Redis answers each fetch with an error at once, and BullMQ asks
 * again at once: without a pause that is 12,000 errors a second (reliability.md, M5).
 */
export class Breaker {
  readonly #clock: Clock;
  #second = 0;
  #errors = 0;
  #pauses = 0;

  constructor(deps: { readonly clock: Clock }) {
    this.#clock = deps.clock;
  }

  /** Notes an error; returns for how many milliseconds to pause, or 0 to go on. */
  onError(error: unknown): number {
    const second = Math.floor(this.#clock.now() / 1_000);
    this.#errors = second === this.#second ? this.#errors + 1 : 1;
    this.#second = second;
    if (!refusesWrites(error) && this.#errors < ERRORS_PER_SECOND) return 0;
    this.#errors = 0;
    return Math.min(FIRST_PAUSE_MS * 2 ** this.#pauses++, LONGEST_PAUSE_MS);
  }

  /** Redis served a message: the next pause is short again. */
  onProgress(): void {
    this.#pauses = 0;
  }
}
