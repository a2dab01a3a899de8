import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MAX_STALLS } from '../../../workers/queue/catalog.ts';
import { until } from '../../support/until.ts';
import { queueHarness } from './harness.ts';
import { inferenceMessage } from './messages.ts';

function hangingConsumer(url: string) {
  const file = new URL('hanging-consumer.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [file, url], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

describe('when something dies', () => {
  it('a message whose consumer was killed runs elsewhere within 10 s', async () => {
    const { producer, consume, redis } = await queueHarness();
    const child = hangingConsumer(redis.url);
    await producer.enqueue('inference', inferenceMessage());
    await once(child.stdout, 'data');
    let ranAt = 0;
    await consume(() => Promise.resolve(void (ranAt = Date.now())));
    const killedAt = Date.now();
    child.kill('SIGKILL');
    await until(() => ranAt > 0, { what: 'the message to run elsewhere', deadlineMs: 12_000 });
    expect(ranAt - killedAt).toBeLessThan(10_000);
  });

  it('a message whose consumers keep dying is given up, counted and kept', async () => {
    const { producer, consume, redis, metrics } = await queueHarness();
    const child = hangingConsumer(redis.url);
    const { id } = await producer.enqueue('inference', inferenceMessage());
    await once(child.stdout, 'data');
    // As if as many consumers as are allowed had died with it before.
    await redis.command('HSET', `remit:inference:${id}`, 'stc', String(MAX_STALLS));
    let runs = 0;
    await consume(() => {
      runs++;
      return Promise.resolve(undefined);
    });
    child.kill('SIGKILL');
    await until(async () => (await producer.depth('inference')).failed === 1, { deadlineMs: 12_000 });
    expect(runs).toBe(0);
    expect(await metrics()).toContain('remit_test_messages_dead_total{queue="inference"');
  });

  it('consumption resumes within 5 s after Redis was killed and started again, and nothing is lost', async () => {
    const { producer, consume, redis } = await queueHarness({ durable: true });
    const seen = new Set<string>();
    await consume((message) => Promise.resolve(void seen.add(message.jobId)));
    await producer.enqueue('inference', inferenceMessage(1), { delayMs: 200 });
    await redis.kill();
    await redis.restart();
    const backAt = Date.now();
    await until(() => producer.enqueue('inference', inferenceMessage(2)).catch(() => undefined), { deadlineMs: 5_000 });
    await until(() => seen.size === 2, { what: 'both messages to run', deadlineMs: 6_000 });
    expect(Date.now() - backAt).toBeLessThan(5_000);
  });

  it('a full Redis pauses the consumer instead of spinning, and consumption resumes when there is room', async () => {
    const { producer, consume, redis, metrics } = await queueHarness();
    const seen = new Set<string>();
    for (let n = 1; n <= 20; n++) await producer.enqueue('inference', inferenceMessage(n));
    await redis.command('CONFIG', 'SET', 'maxmemory', '1');
    await consume((message) => Promise.resolve(void seen.add(message.jobId)));
    const pauses = async (): Promise<number> =>
      Number(/queue_pauses_total\{queue="inference"\} (\d+)/.exec(await metrics())?.[1] ?? 0);
    await until(async () => (await pauses()) >= 2, { deadlineMs: 5_000 });
    const errors = Number(/queue_errors_total\{queue="inference"\} (\d+)/.exec(await metrics())?.[1] ?? 0);
    expect(errors).toBeLessThan(50);
    await redis.command('CONFIG', 'SET', 'maxmemory', '0');
    await until(() => seen.size === 20, { what: 'all messages to run', deadlineMs: 12_000 });
  });

  it('a consumer keeps working through a Redis that lost everything', async () => {
    const { producer, consume, redis } = await queueHarness();
    let runs = 0;
    await consume(() => {
      runs++;
      return Promise.resolve(undefined);
    });
    await producer.enqueue('inference', inferenceMessage());
    await until(() => runs === 1);
    await redis.flush();
    await producer.enqueue('inference', inferenceMessage());
    await until(() => runs === 2, { what: 'the message to run again', deadlineMs: 8_000 });
  });
});
