import type { Clock } from './clock.ts';
import type { Logger } from './logger.ts';

/** Writes at most one warning per `everyMs`; the next one says how many were left out. */
export function throttledWarn(
  logger: Logger,
  clock: Clock,
  everyMs = 1_000,
): (fields: object, message: string) => void {
  let next = Number.NEGATIVE_INFINITY;
  let suppressed = 0;
  return (fields, message) => {
    if (clock.now() < next) {
      suppressed++;
      return;
    }
    next = clock.now() + everyMs;
    logger.warn(suppressed > 0 ? { ...fields, suppressed } : fields, message);
    suppressed = 0;
  };
}
