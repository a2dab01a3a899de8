/** What a cache needs to know about an entry. */
export interface Cached {
  /** Memory that the entry is counted with. */
  readonly bytes: number;
  /** Frees it; called exactly once, on eviction. */
  dispose(): Promise<void>;
}

export interface SessionCacheOptions {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

/** Loaded sessions by key, least recently used first out. One entry always fits, whatever its size. */
export interface SessionCache<Entry extends Cached> {
  /** Marks the entry as used now. */
  get(key: string): Entry | undefined;
  /** Adds an entry and evicts others until the bounds hold again. */
  put(key: string, entry: Entry): Promise<void>;
  readonly keys: readonly string[];
  readonly bytes: number;
}

export function createSessionCache<Entry extends Cached>({
  maxEntries,
  maxBytes,
}: SessionCacheOptions): SessionCache<Entry> {
  // A Map iterates in insertion order, so re-inserting on use keeps the oldest first.
  const entries = new Map<string, Entry>();
  let bytes = 0;

  const remove = async (key: string, entry: Entry): Promise<void> => {
    entries.delete(key);
    bytes -= entry.bytes;
    await entry.dispose();
  };

  return {
    get(key) {
      const entry = entries.get(key);
      if (!entry) return undefined;
      entries.delete(key);
      entries.set(key, entry);
      return entry;
    },
    async put(key, entry) {
      const previous = entries.get(key);
      if (previous) await remove(key, previous);
      entries.set(key, entry);
      bytes += entry.bytes;
      for (const [oldKey, old] of entries) {
        if (oldKey === key || (entries.size <= maxEntries && bytes <= maxBytes)) break;
        await remove(oldKey, old);
      }
    },
    get keys() {
      return [...entries.keys()];
    },
    get bytes() {
      return bytes;
    },
  };
}
