import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { QUEUE_NAMES } from '../../workers/queue/catalog.ts';
import { RemitError } from '../../workers/runtime/errors.ts';
import { until } from '../support/until.ts';
import { queueHarness } from '../workers/queue/harness.ts';
import { inferenceMessage, settlementMessage } from '../workers/queue/messages.ts';

describe('F48 · a step of a job fails', () => {
  it('no message has parents that could wait for it: only these parts of BullMQ are used', () => {
    const used = globSync('workers/**/*.ts').flatMap((file) => {
      const imports = readFileSync(file, 'utf8').matchAll(/import (?:type )?\{([^}]*)\} from 'bullmq'/g);
      return [...imports].flatMap(([, names = '']) =>
        names.split(',').map((name) => name.trim().replace(/^type /, '')),
      );
    });
    expect([...new Set(used)].sort()).toEqual(['DelayedError', 'Job', 'Queue', 'UnrecoverableError', 'Worker']);
    const mentions = globSync('workers/**/*.ts').filter((file) =>
      /FlowProducer|waiting-children|parent:/.test(readFileSync(file, 'utf8')),
    );
    expect(mentions).toEqual([]);
  });

  it('so the failed one is kept and counted, nothing hangs on it, and the next step is made only by a step that succeeded', async () => {
    const { producer, consume, drained, redis } = await queueHarness();
    const later = settlementMessage(2);
    await consume(async ({ jobId }) => {
      if (jobId === inferenceMessage(1).jobId)
        throw new RemitError({ code: 'MODEL_REFUSED', message: 'it cannot be answered' });
      await producer.enqueue('settlement', later);
      return undefined;
    });
    await producer.enqueue('inference', inferenceMessage(1));
    await producer.enqueue('inference', inferenceMessage(2));
    await until(async () => (await producer.depth('settlement')).waiting === 1);
    // The message that made it still runs for a moment.
    expect(await drained()).toEqual({ waiting: 0, delayed: 0, active: 0, failed: 1 });
    expect(await producer.depth('settlement')).toEqual({ waiting: 1, delayed: 0, active: 0, failed: 0 });
    for (const queue of QUEUE_NAMES) expect(await redis.command('EXISTS', `remit:${queue}:waiting-children`)).toBe(0);
  });
});
