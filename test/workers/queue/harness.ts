import { onTestFinished } from 'vitest';
import { catalog, type MessageOf } from '../../../workers/queue/catalog.ts';
import { type ConsumerOptions, createConsumer, type Handler } from '../../../workers/queue/consumer.ts';
import { createProducer, type Producer, type QueueDepth } from '../../../workers/queue/producer.ts';
import { systemClock } from '../../../workers/runtime/clock.ts';
import { type Logger, silentLogger } from '../../../workers/runtime/logger.ts';
import { createMetrics } from '../../../workers/runtime/metrics.ts';
import { startRedis, type TestRedis, type TestRedisOptions } from '../../support/redis.ts';
import { until, type UntilOptions } from '../../support/until.ts';

type InferenceHandler = Handler<MessageOf<'inference'>>;

export interface ConsumeOptions extends Partial<
  Pick<ConsumerOptions<typeof catalog.inference.schema>, 'concurrency' | 'drainMs' | 'lock' | 'redis'>
> {
  readonly logger?: Logger;
}

export interface QueueHarness {
  readonly redis: TestRedis;
  readonly producer: Producer;
  /** Starts a consumer of the inference queue; `backoff` is shortened so that a retry takes milliseconds. */
  consume(handler: InferenceHandler, options?: ConsumeOptions): Promise<{ stop(): Promise<void> }>;
  /**
   * The depth of the inference queue once no message waits, is delayed or runs, all three in one look: a message whose
   * lock was lost goes from running to waiting and back before it ends.
   */
  drained(options?: Pick<UntilOptions, 'deadlineMs'>): Promise<QueueDepth>;
  /** The metrics of every consumer, as Prometheus text. */
  metrics(): Promise<string>;
}

const QUICK = { ...catalog.inference, backoff: { baseMs: 5, maxMs: 10 } };

/** A private Redis with a producer; everything ends with the test. */
export async function queueHarness(options: TestRedisOptions = {}): Promise<QueueHarness> {
  const redis = await startRedis(options);
  const deps = { logger: silentLogger, clock: systemClock };
  const metrics = createMetrics({ role: 'test', version: '0', processMetrics: false });
  const producer = createProducer(redis, deps);
  const stops: (() => Promise<void>)[] = [];
  onTestFinished(async () => {
    await Promise.all(stops.map((stop) => stop()));
    await producer.stop();
    await redis.stop();
  });
  await producer.start(new AbortController().signal);
  return {
    redis,
    producer,
    consume: async (handler, { logger = silentLogger, ...options } = {}) => {
      const consumer = createConsumer(
        { queue: QUICK, redis, drainMs: 100, ...options },
        { handler, metrics, ...deps, logger },
      );
      await consumer.start(new AbortController().signal);
      let stopped: Promise<void> | undefined;
      const stop = (): Promise<void> => (stopped ??= consumer.stop());
      stops.push(stop);
      return { stop };
    },
    drained: (options) =>
      until(
        async () => {
          const depth = await producer.depth('inference');
          return depth.waiting + depth.delayed + depth.active === 0 && depth;
        },
        { what: 'an empty queue', ...options },
      ),
    metrics: async () => (await metrics.expose()).body,
  };
}
