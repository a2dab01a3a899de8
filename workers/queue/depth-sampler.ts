import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { createPeriodic } from '../runtime/periodic.ts';
import type { Service } from '../runtime/service.ts';
import type { QueueName } from './catalog.ts';
import type { Producer } from './producer.ts';

export interface DepthSamplerOptions {
  readonly queues: readonly QueueName[];
  /** Milliseconds between samples. Defaults to 5 s. */
  readonly everyMs?: number;
}

export interface DepthSamplerDeps {
  readonly producer: Pick<Producer, 'depth'>;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Keeps the gauge `queue_depth_messages{queue,state}` fresh. */
export function createDepthSampler(
  { queues, everyMs = 5_000 }: DepthSamplerOptions,
  { producer, metrics, clock, logger }: DepthSamplerDeps,
): Service {
  const gauge = metrics.gauge({
    name: 'queue_depth_messages',
    help: 'Messages in a queue by state.',
    labels: ['queue', 'state'],
  });

  async function sample(): Promise<void> {
    for (const queue of queues) {
      for (const [state, value] of Object.entries(await producer.depth(queue)))
        gauge.set(value as number, { queue, state });
    }
  }

  return createPeriodic({ name: 'queue-depth', everyMs }, { work: sample, clock, logger });
}
