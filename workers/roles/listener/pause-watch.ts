import type { Logger } from '../../runtime/logger.ts';
import type { ListenerMetrics } from './metrics.ts';

export interface PauseWatchDeps {
  /** Whether the registry takes no new requests. */
  readonly requestsPaused: (signal: AbortSignal) => Promise<boolean>;
  readonly logger: Logger;
  readonly metrics: Pick<ListenerMetrics, 'requestsPaused'>;
}

/**
 * Looks whether an administrator has paused requests, and says so once: no job comes then, and nothing else would tell why.
 * Jobs that are under way go on, because a pause stops neither attestations nor settlements.
 */
export function createPauseWatch({
  requestsPaused,
  logger,
  metrics,
}: PauseWatchDeps): (signal: AbortSignal) => Promise<void> {
  let known = false;
  return async (signal) => {
    const paused = await requestsPaused(signal);
    metrics.requestsPaused(paused);
    if (paused === known) return;
    known = paused;
    if (paused) logger.warn({}, 'requests are paused by an administrator: no new jobs until they are not');
    else logger.info({}, 'requests are open again');
  };
}
