/** Jobs handled at once: each costs a few round trips to Redis. */
const PARALLEL = 32;

/** Runs `work` for every item, a bounded number at a time; the first failure rejects. */
export async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  await Promise.all(
    Array.from({ length: Math.min(PARALLEL, items.length) }, async () => {
      for (const item of rest) await work(item);
    }),
  );
}
