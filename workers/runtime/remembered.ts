import { isRetryable } from './errors.ts';

/** Outcomes of expensive work by key: what was begun once is not begun again. */
export interface Remembered<K, V> {
  /**
   * What the key stands for: made on first use, afterwards the same to every caller. A final refusal is remembered too;
   * what was aborted by `signal` or may succeed later is forgotten, and made again by the next caller.
   *
   * @throws what `make` throws
   */
  get(key: K, signal: AbortSignal): Promise<V>;
  /** The next `get` makes it anew. */
  forget(key: K): void;
}

export interface RememberedOptions {
  /** Outcomes held at once, at least 1; beyond it the one that was begun first is dropped. */
  readonly atMost: number;
}

export interface RememberedDeps<K, V> {
  readonly make: (key: K, signal: AbortSignal) => Promise<V>;
}

/** An empty memory. Callers that come while `make` runs share its run, and the signal of the caller that began it. */
export function createRemembered<K, V>(
  { atMost }: RememberedOptions,
  { make }: RememberedDeps<K, V>,
): Remembered<K, V> {
  const outcomes = new Map<K, Promise<V>>();
  return {
    async get(key, signal) {
      const known = outcomes.get(key);
      if (known) return known;
      const making = make(key, signal);
      outcomes.set(key, making);
      const [oldest] = outcomes.keys();
      if (outcomes.size > atMost && oldest !== undefined) outcomes.delete(oldest);
      try {
        return await making;
      } catch (error) {
        // What an abort ended says nothing about the key. The key may have been made anew meanwhile.
        if ((signal.aborted || isRetryable(error)) && outcomes.get(key) === making) outcomes.delete(key);
        throw error;
      }
    },
    forget(key) {
      outcomes.delete(key);
    },
  };
}
