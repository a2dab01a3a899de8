import { catalog } from '../../../workers/queue/catalog.ts';
import { createConsumer } from '../../../workers/queue/consumer.ts';
import { systemClock } from '../../../workers/runtime/clock.ts';
import { silentLogger } from '../../../workers/runtime/logger.ts';
import { noMetrics } from '../../../workers/runtime/metrics.ts';

// A process that takes a message, says so, and never finishes it: to be killed by a test. Argument: the URL of Redis.
const consumer = createConsumer(
  { queue: catalog.inference, redis: { url: process.argv[2] ?? '' } },
  {
    handler: () => {
      process.stdout.write('taken\n');
      return new Promise(() => undefined);
    },
    logger: silentLogger,
    metrics: noMetrics,
    clock: systemClock,
  },
);
await consumer.start(new AbortController().signal);
