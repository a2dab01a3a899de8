import type { Clock } from './clock.ts';
import { withTimeout } from './abort.ts';
import { RemitError } from './errors.ts';
import type { Logger } from './logger.ts';

/** A part of a process that runs until it is told to stop. */
export interface Service {
  readonly name: string;
  /** Resolves when the service works. `signal` aborts when starting should be given up. */
  start(signal: AbortSignal): Promise<void>;
  /** Takes no new work, finishes or releases what it holds, closes. Called once, only after a successful start. */
  stop(): Promise<void>;
  /** Settles when the service ends without being told to; a rejection is the reason. Read after the start. */
  readonly done?: Promise<void>;
}

/** What `process` offers; tests give an `EventEmitter`. */
export interface SignalSource {
  on(event: string, listener: (argument: unknown) => void): unknown;
  off(event: string, listener: (argument: unknown) => void): unknown;
}

export interface RunDeps {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly signals: SignalSource;
  /** Time for all services together to stop, in milliseconds. Defaults to 25 s, inside the 30 s orchestrators give. */
  readonly drainMs?: number;
  /** Called when every service works. */
  readonly onReady?: () => void;
}

export const EXIT_OK = 0;
export const EXIT_FAILED = 1;
/** EX_CONFIG: starting again changes nothing until a person does (`RestartPreventExitStatus=78`). */
export const EXIT_CONFIG = 78;

const DRAIN_MS = 25_000;

type Ending = { readonly why: string; readonly code: number };

/**
 * Starts `services` in order, runs until SIGTERM, SIGINT, an uncaught error or the end of a service, then stops them in
 * reverse within `drainMs`. Resolves with the exit code; a second signal resolves at once. Never rejects.
 */
export async function runUntilSignal(services: readonly Service[], deps: RunDeps): Promise<number> {
  const { logger, clock, signals, drainMs = DRAIN_MS, onReady } = deps;
  const ending = Promise.withResolvers<Ending>();
  const forced = Promise.withResolvers<number>();
  const starting = new AbortController();
  let ended = false;

  function end(why: string, code: number): void {
    if (ended) return;
    ended = true;
    starting.abort(new RemitError({ code: 'SHUTTING_DOWN', message: why, retryable: true }));
    ending.resolve({ why, code });
  }
  function onSignal(name: string): () => void {
    return () => {
      if (ended) {
        logger.warn({ signal: name }, 'second signal, leaving at once');
        forced.resolve(EXIT_FAILED);
      }
      end(name, EXIT_OK);
    };
  }
  function onFatal(why: string): (error: unknown) => void {
    return (error) => {
      logger.error({ error }, why);
      end(why, EXIT_FAILED);
    };
  }

  const listeners: [string, (argument: unknown) => void][] = [
    ['SIGTERM', onSignal('SIGTERM')],
    ['SIGINT', onSignal('SIGINT')],
    ['unhandledRejection', onFatal('unhandled rejection')],
    ['uncaughtException', onFatal('uncaught exception')],
  ];
  for (const [event, listener] of listeners) signals.on(event, listener);

  async function run(): Promise<number> {
    const started: Service[] = [];
    try {
      for (const service of services) {
        starting.signal.throwIfAborted();
        await service.start(starting.signal);
        started.push(service);
        logger.info({ service: service.name }, 'service started');
        service.done?.then(
          () => {
            end(`${service.name} ended`, EXIT_FAILED);
          },
          onFatal(`${service.name} failed`),
        );
      }
      onReady?.();
    } catch (error) {
      if (!starting.signal.aborted) {
        const name = services[started.length]?.name;
        logger.error(
          { service: name, error, ...(error instanceof RemitError && { code: error.code, fix: error.fix }) },
          'service did not start',
        );
        end('start failed', exitCodeOf(error));
      }
    }
    const { why, code } = await ending.promise;
    logger.info({ why }, 'stopping');
    const clean = await stopAll(started.reverse(), { logger, clock, drainMs });
    return clean ? code : Math.max(code, EXIT_FAILED);
  }

  try {
    return await Promise.race([run(), forced.promise]);
  } finally {
    for (const [event, listener] of listeners) signals.off(event, listener);
  }
}

/** 78 when a person has to change something first, else 1. */
export function exitCodeOf(error: unknown): number {
  return error instanceof Error && 'retryable' in error && error.retryable === false ? EXIT_CONFIG : EXIT_FAILED;
}

async function stopAll(
  services: readonly Service[],
  { logger, clock, drainMs }: { logger: Logger; clock: Clock; drainMs: number },
): Promise<boolean> {
  const deadline = clock.now() + drainMs;
  let clean = true;
  for (const service of services) {
    try {
      // Past the deadline a stop is still begun, so that what needs no waiting is released.
      await withTimeout(Math.max(0, deadline - clock.now()), () => service.stop(), {
        clock,
        what: `stopping ${service.name}`,
      });
      logger.info({ service: service.name }, 'service stopped');
    } catch (error) {
      clean = false;
      logger.error({ service: service.name, error }, 'service did not stop in time');
    }
  }
  return clean;
}
