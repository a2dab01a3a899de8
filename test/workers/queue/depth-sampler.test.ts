import { expect, it } from 'vitest';
import { createDepthSampler } from '../../../workers/queue/depth-sampler.ts';
import { silentLogger } from '../../../workers/runtime/logger.ts';
import { createMetrics } from '../../../workers/runtime/metrics.ts';
import { ManualClock } from '../../support/manual-clock.ts';

it('queue depths are sampled on time, through a failure, until the sampler stops', async () => {
  const clock = new ManualClock();
  const metrics = createMetrics({ role: 'test', version: '0', processMetrics: false });
  let waiting = 1;
  const producer = {
    depth: () =>
      waiting === 2
        ? Promise.reject(new Error('away'))
        : Promise.resolve({ waiting, delayed: 0, active: 0, failed: 0 }),
  };
  const sampler = createDepthSampler(
    { queues: ['inference'], everyMs: 1_000 },
    { producer, metrics, clock, logger: silentLogger },
  );
  const seen = async () => /state="waiting"\} (\d)/.exec((await metrics.expose()).body)?.[1];
  await sampler.start(new AbortController().signal);
  await clock.advance(0);
  expect(await seen()).toBe('1');
  for (const next of [2, 3]) {
    waiting = next;
    await clock.advance(1_000);
  }
  expect(await seen()).toBe('3');
  await sampler.stop();
  expect(clock.sleepers).toBe(0);
});
