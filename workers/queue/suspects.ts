import { MAX_STALLS } from './catalog.ts';

/**
 * Messages that were with a consumer when it died. After the first death a few of them run at a time, after the next only
 * one, so that the last death tells which it was; and a thousand that were on their way to a block do not wait for it one
 * after another. This is group testing: of `n` at once, the square root of `n` is the group with the fewest rounds.
 */
export class Suspects {
  readonly #atOnce: number;
  readonly #running = new Map<string, number>();

  /** @param atOnce messages that the consumer runs at the same time */
  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /** Lets message `id` in, which was with `deaths` consumers in a row when they died, unless it has to wait for others. */
  enter(id: string, deaths: number): boolean {
    const most = Math.min(MAX_STALLS, Math.max(deaths, ...this.#running.values()));
    if (this.#running.size >= Math.ceil(this.#atOnce ** (1 - most / MAX_STALLS))) return false;
    this.#running.set(id, deaths);
    return true;
  }

  leave(id: string): void {
    this.#running.delete(id);
  }
}
