import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type * as z from 'zod';
import { withTimeout } from '../runtime/abort.ts';
import { RemitError } from '../runtime/errors.ts';
import type { Service } from '../runtime/service.ts';
import {
  catalog,
  type JobKey,
  keyOf,
  MAX_STALLS,
  type MessageInput,
  messageId,
  QUEUE_NAMES,
  type QueueDefinition,
  type QueueName,
} from './catalog.ts';
import { type ConnectionDeps, connectProducer, hostOf, keyPrefix, type RedisAddress } from './connection.ts';
import { readRedisMemory, type RedisMemory } from './redis-check.ts';
import { explainRedis, redisUnreachable } from './redis-errors.ts';

/**
 * `added`; or nothing changed because the id is waiting or running (`present`), has run to its end (`finished`), or was with
 * too many consumers when they died (`quarantined`): that one is not made again until somebody removes it.
 */
export type EnqueueOutcome = 'added' | 'present' | 'finished' | 'quarantined';
/** `removed`; or nothing changed because it runs now (`active`), has run (`finished`), or is unknown (`absent`). */
export type RetractOutcome = 'removed' | 'active' | 'finished' | 'absent';

export interface EnqueueOptions {
  /** Local wait before it may run, in milliseconds. What is due is decided by chain time in the handler. */
  readonly delayMs?: number;
  /** 1 runs first. Messages without a priority run before all that have one. */
  readonly priority?: number;
}

export interface QueueDepth {
  readonly waiting: number;
  readonly delayed: number;
  readonly active: number;
  readonly failed: number;
}

export interface Enqueued {
  readonly id: string;
  readonly outcome: EnqueueOutcome;
}

export interface Producer extends Service {
  /** Idempotent: the id follows from the message, and a second message with a known id changes nothing. */
  enqueue<N extends QueueName>(queue: N, message: MessageInput<N>, options?: EnqueueOptions): Promise<Enqueued>;
  /** As `enqueue`, but a finished message with the same id is removed first: after a reorg its effect may be gone. */
  enqueueAgain<N extends QueueName>(queue: N, message: MessageInput<N>, options?: EnqueueOptions): Promise<Enqueued>;
  /** Takes back a message that has not begun. One that ends in the same moment may be forgotten, which is harmless. */
  retract(queue: QueueName, job: JobKey, phase: string): Promise<RetractOutcome>;
  /** Runs a message now that waits for a later time. Nothing depends on it: what is not woken runs when its time comes. */
  wake(queue: QueueName, job: JobKey, phase: string): Promise<boolean>;
  depth(queue: QueueName): Promise<QueueDepth>;
  /** Memory of the whole Redis. */
  memory(): Promise<RedisMemory>;
  /** Forgets messages that were done this long ago, a thousand per queue at a time; failed ones stay for inspection. */
  trim(olderThanMs: number): Promise<void>;
}

/** Messages that one `trim` takes from a queue at most. */
const TRIMMED = 1_000;
/** No command to Redis is waited for longer than this. */
const TIMEOUT_MS = 5_000;

/**
 * The one way into the queues. Throws `RemitError` MESSAGE_INVALID, MESSAGE_TOO_LARGE, REDIS_UNREACHABLE, REDIS_FULL,
 * REDIS_READ_ONLY; the last three are retryable and may have added the message (adding it again is harmless).
 */
export function createProducer(address: RedisAddress, deps: ConnectionDeps): Producer {
  const redis = hostOf(address);
  const queues = new Map<QueueName, Queue>();
  let connection: Redis | undefined;

  function queueOf(name: QueueName): Queue {
    const known = queues.get(name);
    if (known) return known;
    connection ??= connectProducer(address, deps);
    const queue = new Queue(catalog[name].name, { connection, prefix: keyPrefix(address) });
    // The connection's own listener logs; this one only keeps the emitter from throwing.
    queue.on('error', () => undefined);
    queues.set(name, queue);
    return queue;
  }

  async function command<T>(name: QueueName, work: (queue: Queue) => Promise<T>): Promise<T> {
    try {
      return await withTimeout(TIMEOUT_MS, () => work(queueOf(name)), {
        clock: deps.clock,
        what: `redis command on ${name}`,
      });
    } catch (error) {
      if (error instanceof RemitError && error.code === 'TIMEOUT') throw redisUnreachable(redis, error.message);
      throw explainRedis(error, redis);
    }
  }

  async function add<N extends QueueName>(
    name: N,
    message: MessageInput<N>,
    options: EnqueueOptions,
    again: boolean,
  ): Promise<Enqueued> {
    const definition = catalog[name] as QueueDefinition;
    const { id, data } = prepare(definition, message);
    return command(name, async (queue) => {
      const known = await queue.getJob(id);
      if (known?.finishedOn !== undefined && known.stalledCounter > MAX_STALLS) return { id, outcome: 'quarantined' };
      if (known && (known.finishedOn === undefined || !again)) {
        return { id, outcome: known.finishedOn === undefined ? 'present' : 'finished' };
      }
      if (known) await queue.remove(id);
      await queue.add(definition.name, data, {
        jobId: id,
        attempts: definition.attempts,
        backoff: { type: 'custom' },
        removeOnComplete: { count: definition.keep.completed, age: definition.keep.seconds },
        removeOnFail: { count: definition.keep.failed, age: definition.keep.seconds },
        stackTraceLimit: 3,
        ...(options.delayMs !== undefined && { delay: Math.max(0, Math.ceil(options.delayMs)) }),
        ...(options.priority !== undefined && { priority: options.priority }),
      });
      return { id, outcome: 'added' };
    });
  }

  return {
    name: 'producer',
    start: async () => {
      await command('inference', (queue) => queue.waitUntilReady());
    },
    stop: async () => {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
      connection?.disconnect();
    },
    enqueue: (queue, message, options = {}) => add(queue, message, options, false),
    enqueueAgain: (queue, message, options = {}) => add(queue, message, options, true),
    retract: (name, job, phase) =>
      command(name, async (queue) => {
        const id = messageId(job, phase);
        // Not the whole message: most of those that are taken back are gone or have run, and are large.
        const [known, finishedOn] = (await connection?.hmget(queue.toKey(id), 'timestamp', 'finishedOn')) ?? [];
        if (known == null) return 'absent';
        if (finishedOn != null) return 'finished';
        // Refuses, by returning 0, a message that a consumer holds.
        return (await queue.remove(id)) === 1 ? 'removed' : 'active';
      }),
    wake: (name, job, phase) =>
      command(name, async (queue) => {
        const known = await queue.getJob(messageId(job, phase));
        if (!(await known?.isDelayed())) return false;
        // Another look may have begun in this moment, which is as good.
        return (
          known?.promote().then(
            () => true,
            () => false,
          ) ?? false
        );
      }),
    depth: (name) =>
      command(name, async (queue) => {
        const {
          wait = 0,
          prioritized = 0,
          delayed = 0,
          active = 0,
          failed = 0,
        } = await queue.getJobCounts('wait', 'prioritized', 'delayed', 'active', 'failed');
        return { waiting: wait + prioritized, delayed, active, failed };
      }),
    memory: () =>
      command('inference', async () => {
        return readRedisMemory((await connection?.info('memory')) ?? '');
      }),
    trim: async (olderThanMs) => {
      for (const name of QUEUE_NAMES) await command(name, (queue) => queue.clean(olderThanMs, TRIMMED, 'completed'));
    },
  };
}

/** The message as it is stored, and its id. */
function prepare(definition: QueueDefinition, message: unknown): { readonly id: string; readonly data: unknown } {
  const data = parseMessage(definition, message);
  const bytes = Buffer.byteLength(JSON.stringify(data));
  if (bytes > definition.maxBytes) {
    throw new RemitError({
      code: 'MESSAGE_TOO_LARGE',
      message: `a message for ${definition.name} has ${bytes} bytes; ${definition.maxBytes} are allowed`,
      fix: 'put large inputs and outputs into the store and send their content id',
      context: { queue: definition.name, bytes },
    });
  }
  return { id: messageId(keyOf(definition, data), definition.phase(data)), data };
}

/** The message as its schema describes it. Throws `RemitError` MESSAGE_INVALID that names every wrong field. */
export function parseMessage<S extends z.ZodType>(definition: QueueDefinition<S>, message: unknown): z.output<S> {
  const parsed = definition.schema.safeParse(message);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message: reason }) => `${path.join('.') || 'message'}: ${reason}`);
  throw new RemitError({
    code: 'MESSAGE_INVALID',
    message: `a message for ${definition.name} does not fit its schema: ${issues.join('; ')}`,
    fix: 'run the same version of every role; a message of an older version is made again from the chain once removed',
    context: { queue: definition.name, issues },
  });
}
