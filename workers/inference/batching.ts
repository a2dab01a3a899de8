/** How many rows of one model may run together, and how long the first may wait for company. */
export interface BatchPolicy {
  readonly maxSize: number;
  /** 0 = never wait: only what has queued up behind a running batch is joined. */
  readonly maxDelayMs: number;
}

/** What the decision needs to know about a waiting run. */
export interface Waiting {
  readonly session: string;
  /** Milliseconds, on the clock that also gives `now`. */
  readonly queuedAt: number;
  /** False when its model is not batch-safe, or when it must run alone. */
  readonly joinable: boolean;
}

export type BatchDecision<Run> = { readonly take: readonly Run[] } | { readonly waitMs: number };

/**
 * Decides what a free child runs next: the oldest waiting run, with all others of the same session that may join it,
 * oldest first. If the batch is not full and the oldest has not waited `maxDelayMs`, it says how long to wait.
 */
export function nextBatch<Run extends Waiting>(queue: readonly Run[], now: number, policy: BatchPolicy): BatchDecision<Run> {
  const [oldest] = queue;
  if (!oldest) return { take: [] };
  if (!oldest.joinable || policy.maxSize <= 1) return { take: [oldest] };
  const take = queue.filter((run) => run.joinable && run.session === oldest.session).slice(0, policy.maxSize);
  const waitMs = oldest.queuedAt + policy.maxDelayMs - now;
  // Waiting would only hold up others when somebody else is in the queue.
  const alone = take.length === queue.length;
  return take.length < policy.maxSize && waitMs > 0 && alone ? { waitMs } : { take };
}
