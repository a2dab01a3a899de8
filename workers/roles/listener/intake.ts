import { catalog, type QueueName } from '../../queue/catalog.ts';
import type { Producer } from '../../queue/producer.ts';
import type { Clock } from '../../runtime/clock.ts';
import { messageOf } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { ListenerMetrics } from './metrics.ts';

export interface IntakeOptions {
  /** Jobs that may wait for an executor. */
  readonly maxWaiting: number;
  /** Share of Redis' memory from which on no new job is taken. Defaults to 0.8. */
  readonly maxMemory?: number;
  /** What was done this long ago is forgotten when memory is short, milliseconds. Defaults to 15 minutes: no reorg asks for it again. */
  readonly trimMs?: number;
}

export interface IntakeDeps {
  readonly producer: Pick<Producer, 'depth' | 'memory' | 'trim'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
  readonly metrics: Pick<ListenerMetrics, 'intakePaused'>;
}

/**
 * Whether there is room for new work. What is held back stays in the book, and the reconciler brings it when there is
 * room, so nothing waits behind it. Messages about what is owed already are never held back: a full Redis would stop even
 * the work that empties it.
 */
export interface Intake {
  holds(queue: QueueName): Promise<boolean>;
  /** A job was given to its queue. */
  took(queue: QueueName): void;
}

export type IntakeReason = 'backlog' | 'redis-memory';

/** The queue of new work, answered or not as we like. */
const NEW_WORK = 'inference';
const MOST_MEMORY = 0.8;
const LOOK_MS = 1_000;
/** What a message and its places in the queue may take in Redis. */
const JOB_BYTES = 2 * catalog[NEW_WORK].maxBytes;
const TRIM_MS = 900_000;

export function createIntake(options: IntakeOptions, deps: IntakeDeps): Intake {
  const { maxWaiting, maxMemory = MOST_MEMORY, trimMs = TRIM_MS } = options;
  const { producer, clock, logger, metrics } = deps;
  let paused: IntakeReason | undefined;
  /** How many more fit, as far as the last look knows. */
  let room = 0;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;

  async function look(): Promise<void> {
    const [{ waiting, delayed, active }, { usedBytes, maxBytes }] = await Promise.all([
      producer.depth(NEW_WORK),
      producer.memory(),
    ]);
    const places = maxWaiting - (waiting + delayed + active);
    const inMemory = maxBytes > 0 ? Math.floor((maxMemory * maxBytes - usedBytes) / JOB_BYTES) : places;
    room = Math.min(places, inMemory);
    lookedAt = clock.now();
    say(room > 0 ? undefined : inMemory <= 0 ? 'redis-memory' : 'backlog');
    if (inMemory <= 0) await producer.trim(trimMs);
  }

  function say(reason: IntakeReason | undefined): void {
    if (reason === paused) return;
    paused = reason;
    if (reason === undefined) logger.info({}, 'intake open again');
    else {
      metrics.intakePaused(reason);
      logger.warn({ reason, maxWaiting }, 'intake pauses, new jobs wait in the book');
    }
  }

  return {
    async holds(queue) {
      if (queue !== NEW_WORK) return false;
      const isOld = clock.now() >= lookedAt + LOOK_MS;
      const isUsedUp = room <= 0 && paused === undefined;
      if (isOld || isUsedUp) {
        looking ??= look()
          // Whoever enqueues next hears of the outage itself.
          .catch((error: unknown) => {
            room = 1;
            logger.debug({ reason: messageOf(error) }, 'intake not looked at');
          })
          .finally(() => (looking = undefined));
        await looking;
      }
      return room <= 0;
    },
    took(queue) {
      if (queue === NEW_WORK) room -= 1;
    },
  };
}
