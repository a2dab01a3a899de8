import { catalog } from '../../../workers/queue/catalog.ts';
import { createConsumer } from '../../../workers/queue/consumer.ts';
import { systemClock } from '../../../workers/runtime/clock.ts';
import { silentLogger } from '../../../workers/runtime/logger.ts';
import { noMetrics } from '../../../workers/runtime/metrics.ts';

// A process that takes a message, says so, and never finishes it: to be killed by a test. Arguments: the URL of Redis, and
// how long the lock of a message holds and how often dead ones are looked for, in milliseconds.
const [, , url = '', holdsMs, checkMs] = process.argv;
const consumer = createConsumer(
  { queue: catalog.inference, redis: { url }, lock: { holdsMs: Number(holdsMs), checkMs: Number(checkMs) } },
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
