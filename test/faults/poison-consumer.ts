import { catalog } from '../../workers/queue/catalog.ts';
import { createConsumer } from '../../workers/queue/consumer.ts';
import { systemClock } from '../../workers/runtime/clock.ts';
import { createLogger } from '../../workers/runtime/logger.ts';
import { noMetrics } from '../../workers/runtime/metrics.ts';

// A consumer that one message kills in the middle of its run. Arguments: the URL of Redis, the id of the job that kills.
const [url = '', poison] = process.argv.slice(2);
const logger = createLogger({ level: 'info', name: 'poison' });
const consumer = createConsumer(
  { queue: catalog.inference, redis: { url }, concurrency: 8, lock: { holdsMs: 1_000, checkMs: 500 } },
  {
    handler: async ({ jobId }) => {
      logger.info({ jobId }, 'started');
      // It dies while the others that it runs with are in the middle of their work.
      await systemClock.sleep(jobId === poison ? 50 : 150);
      if (jobId === poison) process.kill(process.pid, 'SIGKILL');
      return undefined;
    },
    logger,
    metrics: noMetrics,
    clock: systemClock,
  },
);
await consumer.start(new AbortController().signal);
process.once('SIGTERM', () => {
  void consumer.stop().then(() => process.exit(0));
});
