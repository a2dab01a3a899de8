import type { Hex32, JobId } from '../../workers/protocol/ids.ts';
import type { Notes } from '../../workers/roles/trial/ports.ts';
import type { Life, SimSteps } from './sim-steps.ts';

/** What a node's disk holds about one trial; it outlives the process. */
export class SimTrialNotes {
  readonly #salts = new Map<string, { salt: Hex32; commitment?: Hex32 }>();
  readonly #served = new Set<Hex32>();
  readonly #kept = new Map<string, string>();
  readonly #onForget: () => void;

  /** @param onForget is told when something is erased that was there */
  constructor(onForget: () => void) {
    this.#onForget = onForget;
  }

  get isEmpty(): boolean {
    // A salt that nothing was committed to with can be another.
    return this.#served.size === 0 && [...this.#salts.values()].every(({ commitment }) => commitment === undefined);
  }

  get keeps(): readonly string[] {
    return [...this.#kept.keys()];
  }

  /** A disk at whose every write the process may die. */
  of(life: Life, steps: SimSteps): Notes {
    const write = <T>(work: () => T): T => {
      if (steps.mayDie(life)) throw new Error('the process has died');
      const result = work();
      if (steps.mayDie(life)) throw new Error('the process has died');
      return result;
    };
    const salts = this.#salts;
    return {
      salt: (_: JobId, proof, make) =>
        write(() => {
          const known = salts.get(proof) ?? { salt: make() };
          salts.set(proof, known);
          return known.salt;
        }),
      commitments: () =>
        new Map([...salts].flatMap(([proof, { commitment }]) => (commitment ? [[proof, commitment] as const] : []))),
      noteCommitment: (_, proof, commitment) => {
        write(() => {
          const known = salts.get(proof);
          if (known) known.commitment = commitment;
        });
      },
      serve: (_, root) => {
        write(() => this.#served.add(root));
      },
      served: () => [...this.#served],
      forget: () => {
        write(() => {
          if (!this.isEmpty) this.#onForget();
          salts.clear();
          this.#served.clear();
        });
      },
      keep: (id, message) => {
        write(() => this.#kept.has(id) || this.#kept.set(id, message));
      },
      kept: () => [...this.#kept.values()],
      isKept: (id) => this.#kept.has(id),
      release: (id) => {
        write(() => this.#kept.delete(id));
      },
    };
  }
}
