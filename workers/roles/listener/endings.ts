import type { Clock } from '../../runtime/clock.ts';

/** A message that ended without its effect is first made again after this long, then twice as long each time. */
const FIRST_AGAIN_MS = 30_000;
const LAST_AGAIN_MS = 3_600_000;

/** When messages that have run to their end are looked at again, by their ids: ever more slowly. */
export class Endings {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #known = new Map<string, { readonly againAt: number; readonly waitMs: number }>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** Whether the ended message `id` is to be looked at now; the next time is then set. */
  isDue(id: string): boolean {
    const now = this.#clock.now();
    const ending = this.#known.get(id) ?? { againAt: now + FIRST_AGAIN_MS, waitMs: FIRST_AGAIN_MS };
    if (now < ending.againAt) {
      this.#known.set(id, ending);
      return false;
    }
    const waitMs = Math.min(2 * ending.waitMs, LAST_AGAIN_MS);
    this.#known.set(id, { againAt: now + waitMs, waitMs });
    return true;
  }

  /** Forgets messages about anything else than `subjects`, 32 bytes of hex each. */
  keep(subjects: readonly string[]): void {
    const wanted = new Set(subjects.map((subject) => subject.slice(2)));
    for (const id of this.#known.keys()) if (!wanted.has(id.split('-')[2] ?? '')) this.#known.delete(id);
  }
}
