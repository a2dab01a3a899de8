import type { Clock } from './clock.ts';
import { codeOf, messageOf } from './errors.ts';
import { throttledWarn } from './log-throttle.ts';
import type { Logger } from './logger.ts';
import type { Service } from './service.ts';

export interface PeriodicOptions {
  readonly name: string;
  /** Milliseconds from the end of one run to the next. */
  readonly everyMs: number;
}

export interface PeriodicDeps {
  /** What throws is logged, at most once a minute, and tried again next time. */
  readonly work: () => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Does something at once and then again and again. A stop waits for the run under way. */
export function createPeriodic({ name, everyMs }: PeriodicOptions, { work, clock, logger }: PeriodicDeps): Service {
  const warn = throttledWarn(logger, clock, 60_000);
  const stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await work().catch((error: unknown) => {
        warn({ service: name, code: codeOf(error), reason: messageOf(error) }, 'not done, tried again later');
      });
      await clock.sleep(everyMs, stopping.signal).catch(() => undefined);
    }
  }

  return {
    name,
    start() {
      running = run();
      return Promise.resolve();
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
