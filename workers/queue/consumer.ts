import { DelayedError, type Job, UnrecoverableError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type * as z from 'zod';
import type { Clock } from '../runtime/clock.ts';
import { withTimeout } from '../runtime/abort.ts';
import { codeOf, isRetryable, messageOf, RemitError } from '../runtime/errors.ts';
import { throttledWarn } from '../runtime/log-throttle.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { reached } from '../runtime/milestone.ts';
import { backoffMs } from '../runtime/retry.ts';
import type { Service } from '../runtime/service.ts';
import { Breaker } from './breaker.ts';
import { LOCK_MS, MAX_STALLS, type QueueDefinition, STALLED_CHECK_MS } from './catalog.ts';
import { connectConsumer, hostOf, keyPrefix, type RedisAddress } from './connection.ts';
import { createConsumerMetrics } from './consumer-metrics.ts';
import { parseMessage } from './producer.ts';
import { explainRedis, redisUnreachable } from './redis-errors.ts';
import { Suspects } from './suspects.ts';

/** The handler could not act yet: run the message again after this many milliseconds, without using up an attempt. */
export interface Later {
  readonly retryAfterMs: number;
  /** For the log: `challenge window open`. */
  readonly why: string;
}

export interface MessageContext {
  readonly id: string;
  /** 1 for the first run. Runs that ended in `Later` do not count. */
  readonly attempt: number;
  /** When the message was first enqueued, local milliseconds since the Unix epoch. */
  readonly enqueuedAt: number;
  /** Aborts when the lock is lost (somebody else may run the message) or the time to shut down is over. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/**
 * Does what a message asks. It may run more than once, even at the same time elsewhere, so it reads the truth before it
 * acts. An error with `retryable: false` ends the message; any other is tried again until the attempts are used up.
 */
export type Handler<M> = (message: M, context: MessageContext) => Promise<Later | undefined>;

export interface ConsumerOptions<S extends z.ZodType> {
  readonly queue: QueueDefinition<S>;
  readonly redis: RedisAddress;
  /** Messages at the same time. Defaults to 1. */
  readonly concurrency?: number;
  /** Time a running handler is given at shutdown before its signal aborts, in milliseconds. Defaults to 20 s. */
  readonly drainMs?: number;
  /** How long a dead consumer's lock holds, and how often it is looked for; milliseconds. Defaults to the catalogue's. */
  readonly lock?: { readonly holdsMs: number; readonly checkMs: number };
}

export interface ConsumerDeps<S extends z.ZodType> {
  readonly handler: Handler<z.output<S>>;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** Uniform in [0, 1), for the backoff. */
  readonly random?: () => number;
}

const DRAIN_MS = 20_000;
/** After its signal aborted, a handler has this long to end; and Redis as long to take its end. */
const GRACE_MS = 2_000;
const START_TIMEOUT_MS = 10_000;
/** How long a suspect waits while others run. */
const SUSPECT_MS = 500;

/** Runs the messages of one queue. Start throws `RemitError` REDIS_UNREACHABLE; see `checkRedis` for the other refusals. */
export function createConsumer<S extends z.ZodType>(options: ConsumerOptions<S>, deps: ConsumerDeps<S>): Service {
  const { queue, redis, concurrency = 1, drainMs = DRAIN_MS } = options;
  const { lock = { holdsMs: LOCK_MS, checkMs: STALLED_CHECK_MS } } = options;
  const { handler, clock, random = Math.random } = deps;
  const logger = deps.logger.child({ queue: queue.name });
  const metrics = createConsumerMetrics(queue.name, deps.metrics);
  const warn = throttledWarn(logger, clock);
  const breaker = new Breaker({ clock });
  const running = new Map<Job, { readonly aborter: AbortController; readonly end: Promise<unknown> }>();
  const stopping = new AbortController();
  const suspects = new Suspects(concurrency);
  let draining = false;
  let connection: Redis | undefined;
  let close: () => Promise<void> = () => Promise.resolve();

  async function run(job: Job, token: string | undefined): Promise<void> {
    const id = job.id ?? '';
    const attempt = job.attemptsMade + 1;
    const child = logger.child({ message: id, attempt });
    const isSuspect = job.stalledCounter > 0;
    if (isSuspect && !suspects.enter(id, job.stalledCounter))
      await putOff(job, token, { retryAfterMs: SUSPECT_MS, why: 'others are suspected as well' }, child);
    const aborter = new AbortController();
    const startedAt = clock.now();
    const ended = Promise.withResolvers<undefined>();
    running.set(job, { aborter, end: ended.promise });
    try {
      reached('message-taken', id);
      const message = parseMessage(queue, job.data);
      const later = await handler(message, {
        id,
        attempt,
        enqueuedAt: job.timestamp,
        signal: aborter.signal,
        logger: child,
      });
      if (later) await postpone(job, token, later, child);
      metrics.ran('done', clock.now() - startedAt);
    } catch (error) {
      if (error instanceof DelayedError) {
        metrics.ran('later', clock.now() - startedAt);
        throw error;
      }
      if (aborter.signal.aborted && stopping.signal.aborted) {
        metrics.ran('released', clock.now() - startedAt);
        await postpone(job, token, { retryAfterMs: 0, why: 'shutting down' }, child);
      }
      const retryable = isRetryable(error);
      metrics.ran(retryable ? 'failed' : 'refused', clock.now() - startedAt);
      child.warn({ error, code: codeOf(error), retryable }, 'message failed');
      if (retryable) throw error;
      throw new UnrecoverableError(`${codeOf(error)}: ${messageOf(error)}`);
    } finally {
      running.delete(job);
      suspects.leave(id);
      ended.resolve(undefined);
    }
  }

  /** Puts the message back for later; always throws what tells BullMQ that this was done. */
  async function postpone(job: Job, token: string | undefined, later: Later, child: Logger): Promise<never> {
    if (job.stalledCounter > 0) await forgive(job);
    return putOff(job, token, later, child);
  }

  async function putOff(
    job: Job,
    token: string | undefined,
    { retryAfterMs, why }: Later,
    child: Logger,
  ): Promise<never> {
    await job.moveToDelayed(Date.now() + Math.max(0, Math.ceil(retryAfterMs)), token);
    child.debug({ retryAfterMs, why }, 'message postponed');
    throw new DelayedError();
  }

  /** Its run has ended, so it was not what killed the consumers before. */
  async function forgive({ id = '' }: Job): Promise<void> {
    await connection?.hset(`${keyPrefix(redis)}:${queue.name}:${id}`, 'stc', '0');
  }

  function watch(worker: Worker): void {
    worker.on('error', (error) => {
      metrics.redisError();
      warn({ reason: messageOf(error) }, 'queue error');
      const pauseMs = breaker.onError(error);
      if (pauseMs > 0 && !worker.isPaused()) void pause(worker, pauseMs, messageOf(error));
    });
    worker.on('completed', ({ id = '' }) => {
      breaker.onProgress();
      reached('message-done', id);
    });
    worker.on('stalled', (id) => {
      metrics.stalled();
      logger.warn({ message: id }, 'message of a dead consumer taken back');
    });
    worker.on('lockRenewalFailed', (ids) => {
      for (const [job, { aborter }] of running) {
        if (!ids.includes(job.id ?? '')) continue;
        aborter.abort(
          new RemitError({
            code: 'LOCK_LOST',
            message: `the lock of message ${job.id ?? ''} is lost`,
            retryable: true,
          }),
        );
      }
    });
    worker.on('failed', (job, error) => {
      // finishedOn is set only when the message will not be tried again.
      if (job && job.finishedOn === undefined) return;
      if (job && job.stalledCounter > MAX_STALLS) {
        const { code, message, fix } = quarantined(queue.name, job.id ?? '');
        metrics.dead(code);
        logger.error({ code, message: job.id, reason: message, fix }, 'message quarantined');
        return;
      }
      metrics.dead(/^([A-Z][A-Z0-9_]+): /.exec(error.message)?.[1] ?? codeOf(error));
      logger.error({ message: job?.id, reason: error.message }, 'message given up, kept for inspection');
    });
  }

  async function pause(worker: Worker, pauseMs: number, reason: string): Promise<void> {
    try {
      metrics.paused();
      logger.warn({ pauseMs, reason }, 'redis refuses work, consumer pauses');
      await worker.pause(true);
      await clock.sleep(pauseMs, stopping.signal);
      // A consumer that is being stopped must not take new messages.
      if (!draining) await worker.resume();
    } catch (error) {
      if (!stopping.signal.aborted) logger.error({ error }, 'consumer could not resume');
    }
  }

  /** True when every running handler has ended within `ms`. */
  async function drained(ms: number): Promise<boolean> {
    const ends = [...running.values()].map(({ end }) => end);
    return withTimeout(ms, () => Promise.all(ends), { clock }).then(
      () => true,
      () => running.size === 0,
    );
  }

  return {
    name: `consumer:${queue.name}`,
    start: async (signal) => {
      const client = connectConsumer(redis, { logger, clock });
      connection = client;
      const worker = new Worker(queue.name, (job, token) => run(job, token), {
        connection: client,
        prefix: keyPrefix(redis),
        autorun: false,
        concurrency,
        lockDuration: lock.holdsMs,
        stalledInterval: lock.checkMs,
        maxStalledCount: MAX_STALLS,
        // The default of 15 s would be the outage's length again after every lost connection.
        runRetryDelay: 1_000,
        settings: { backoffStrategy: (attemptsMade) => backoffMs(attemptsMade, queue.backoff, random()) },
      });
      watch(worker);
      close = async () => {
        await withTimeout(GRACE_MS, () => worker.close(running.size > 0), { clock }).catch((error: unknown) => {
          logger.warn({ reason: messageOf(error) }, 'consumer closed without redis');
        });
        client.disconnect();
      };
      try {
        await withTimeout(START_TIMEOUT_MS, () => worker.waitUntilReady(), { clock, signal, what: 'connecting' });
      } catch (error) {
        await close();
        throw error instanceof RemitError && error.code === 'TIMEOUT'
          ? redisUnreachable(hostOf(redis), error.message)
          : explainRedis(error, hostOf(redis));
      }
      worker.run().catch((error: unknown) => {
        logger.error({ error }, 'consumer loop ended');
      });
      const beforeClose = close;
      close = async () => {
        draining = true;
        await worker.pause(true);
        if (!(await drained(drainMs))) {
          stopping.abort();
          for (const { aborter } of running.values()) {
            aborter.abort(new RemitError({ code: 'SHUTTING_DOWN', message: 'the process stops', retryable: true }));
          }
          if (!(await drained(GRACE_MS)))
            logger.warn({ messages: running.size }, 'handlers did not end, their messages will run elsewhere');
        }
        stopping.abort();
        await beforeClose();
      };
    },
    stop: () => close(),
  };
}

function quarantined(queue: string, id: string): RemitError {
  return new RemitError({
    code: 'MESSAGE_QUARANTINED',
    message: `message ${id} of ${queue} was with ${MAX_STALLS + 1} consumers in a row when they died, and is not run again`,
    fix: 'find out why the process died (its last log lines, the kernel log, its memory); then remove the message, and the listener makes it again',
    context: { queue, id },
  });
}
