/** How many rows of one model may run together, and how long the first may wait for company. */
export interface BatchPolicy {
  readonly maxSize: number;
  /** 0 = never wait: only what has queued up behind a running batch is joined. */
  readonly maxDelayMs: number;
}

/** Short runs go to the child together even when they cannot be stacked: up to this much engine time per request. */
const SEQUENCE_MS = 4;

/**
 * How many runs of a model may share one request to the child. A batch-safe model stacks them into one run of the
 * engine; a quick one runs them one after another, which saves the ways between the processes.
 */
export function maxJoined({ stackable, runMs }: { readonly stackable: boolean; readonly runMs: number }): number {
  return stackable ? Infinity : Math.max(1, Math.floor(SEQUENCE_MS / runMs));
}

/** What the decision needs to know about a waiting run. */
export interface Waiting {
  readonly session: string;
  /** Milliseconds, on the clock that also gives `now`. */
  readonly queuedAt: number;
  /** How many runs of its session may share a request; 1 = it runs alone. */
  readonly maxJoined: number;
}

export type BatchDecision<Run> = { readonly take: readonly Run[] } | { readonly waitMs: number };

/**
 * Decides what a free child runs next: the oldest waiting run, with all others of the same session that may join it,
 * oldest first. If the batch is not full and the oldest has not waited `maxDelayMs`, it says how long to wait.
 */
export function nextBatch<Run extends Waiting>(
  queue: readonly Run[],
  now: number,
  policy: BatchPolicy,
): BatchDecision<Run> {
  const [oldest] = queue;
  if (!oldest) return { take: [] };
  const maxSize = Math.min(policy.maxSize, oldest.maxJoined);
  if (maxSize <= 1) return { take: [oldest] };
  const take = queue.filter((run) => run.maxJoined > 1 && run.session === oldest.session).slice(0, maxSize);
  const waitMs = oldest.queuedAt + policy.maxDelayMs - now;
  // Waiting would only hold up others when somebody else is in the queue.
  const alone = take.length === queue.length;
  return take.length < maxSize && waitMs > 0 && alone ? { waitMs } : { take };
}
