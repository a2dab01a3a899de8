import { describe, expect, it } from 'vitest';
import { createProducer } from '../../../workers/queue/producer.ts';
import { systemClock } from '../../../workers/runtime/clock.ts';
import { silentLogger } from '../../../workers/runtime/logger.ts';
import { until } from '../../support/until.ts';
import { queueHarness } from './harness.ts';
import { inferenceMessage } from './messages.ts';

describe('enqueue', () => {
  it('refuses a message that does not fit its schema and names the fields', async () => {
    const { producer } = await queueHarness();
    const wrong = { ...inferenceMessage(), input: 'hello', chainId: -1 };
    await expect(producer.enqueue('inference', wrong)).rejects.toMatchObject({
      code: 'MESSAGE_INVALID',
      retryable: false,
      message: expect.stringMatching(/chainId.*input/) as string,
    });
  });

  it('refuses a message that is too large', async () => {
    const { producer } = await queueHarness();
    await expect(
      producer.enqueue('inference', { ...inferenceMessage(), input: `0x${'00'.repeat(8_192)}` }),
    ).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
    await expect(
      producer.enqueue('inference', { ...inferenceMessage(), input: `0x${'00'.repeat(4_096)}` }),
    ).resolves.toMatchObject({ outcome: 'added' });
  });

  it('is idempotent: however often and by whomever the same step of a job is enqueued, it waits once', async () => {
    const { producer, redis } = await queueHarness();
    const other = createProducer(redis, { logger: silentLogger, clock: systemClock });
    const results = await Promise.all(
      [1, 2, 3, 4].map((n) => (n % 2 ? producer : other).enqueue('inference', inferenceMessage())),
    );
    await other.stop();
    expect(new Set(results.map(({ id }) => id)).size).toBe(1);
    expect((await producer.enqueue('inference', inferenceMessage())).outcome).toBe('present');
    expect(await producer.depth('inference')).toEqual({ waiting: 1, delayed: 0, active: 0, failed: 0 });
  });

  it('does not run a finished message again; enqueueAgain does', async () => {
    const { producer, consume } = await queueHarness();
    let runs = 0;
    await consume(() => {
      runs++;
      return Promise.resolve(undefined);
    });
    await producer.enqueue('inference', inferenceMessage());
    await until(async () => (await producer.enqueue('inference', inferenceMessage())).outcome === 'finished');
    expect(runs).toBe(1);
    expect((await producer.enqueueAgain('inference', inferenceMessage())).outcome).toBe('added');
    await until(() => runs === 2);
  });

  it('accepts the same id again after Redis lost everything', async () => {
    const { producer, redis } = await queueHarness();
    await producer.enqueue('inference', inferenceMessage());
    await redis.flush();
    expect((await producer.enqueue('inference', inferenceMessage())).outcome).toBe('added');
  });

  it('fails at once while Redis is away, retryably, and works again when it is back', async () => {
    const { producer, redis } = await queueHarness();
    await redis.kill();
    const before = Date.now();
    await expect(until(() => producer.enqueue('inference', inferenceMessage()))).rejects.toMatchObject({
      code: 'REDIS_UNREACHABLE',
      retryable: true,
    });
    // Less than the 5 s that a command is waited for.
    expect(Date.now() - before).toBeLessThan(4_000);
    await redis.restart();
    await until(() => producer.enqueue('inference', inferenceMessage()).catch(() => undefined));
  });

  it('says that Redis is full', async () => {
    const { producer, redis } = await queueHarness();
    await redis.command('CONFIG', 'SET', 'maxmemory', '1');
    await expect(producer.enqueue('inference', inferenceMessage())).rejects.toMatchObject({
      code: 'REDIS_FULL',
      retryable: true,
    });
  });

  it('reports an unreachable Redis at the start', async () => {
    const { redis } = await queueHarness();
    await redis.kill();
    const producer = createProducer(redis, { logger: silentLogger, clock: systemClock });
    await expect(producer.start(new AbortController().signal)).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' });
    await producer.stop();
  });

  it('runs a delayed message when its time has come, not before', async () => {
    const { producer, consume } = await queueHarness();
    let ranAt = 0;
    await consume(() => Promise.resolve(void (ranAt = Date.now())));
    const enqueuedAt = Date.now();
    await producer.enqueue('inference', inferenceMessage(), { delayMs: 300 });
    await until(() => ranAt > 0);
    expect(ranAt - enqueuedAt).toBeGreaterThanOrEqual(299);
  });

  it('keeps two namespaces on one Redis apart', async () => {
    const { producer, redis } = await queueHarness();
    const other = createProducer({ ...redis, namespace: 'bob' }, { logger: silentLogger, clock: systemClock });
    await producer.enqueue('inference', inferenceMessage());
    expect((await other.enqueue('inference', inferenceMessage())).outcome).toBe('added');
    await other.stop();
  });
});

describe('retract', () => {
  it('takes back a waiting or delayed message, whose id is then free again', async () => {
    const { producer } = await queueHarness();
    for (const delayMs of [0, 60_000]) {
      await producer.enqueue('inference', inferenceMessage(), { delayMs });
      expect(await producer.retract('inference', inferenceMessage(), 'infer')).toBe('removed');
      expect(await producer.retract('inference', inferenceMessage(), 'infer')).toBe('absent');
    }
  });

  it('leaves a running and a finished message alone', async () => {
    const { producer, consume, drained } = await queueHarness();
    const gate = Promise.withResolvers<undefined>();
    await consume(() => gate.promise);
    await producer.enqueue('inference', inferenceMessage());
    await until(async () => (await producer.depth('inference')).active === 1);
    expect(await producer.retract('inference', inferenceMessage(), 'infer')).toBe('active');
    gate.resolve(undefined);
    await drained();
    expect(await producer.retract('inference', inferenceMessage(), 'infer')).toBe('finished');
  });
});

describe('wake', () => {
  it('runs a message now that waits for later, and says when there is none', async () => {
    const { producer, consume } = await queueHarness();
    const message = inferenceMessage();
    const key = { chainId: message.chainId, registry: message.registry, jobId: message.jobId };
    expect(await producer.wake('inference', key, 'infer')).toBe(false);
    await producer.enqueue('inference', message, { delayMs: 3_600_000 });
    expect(await producer.wake('inference', key, 'infer')).toBe(true);
    expect(await producer.wake('inference', key, 'infer')).toBe(false);
    let runs = 0;
    await consume(() => {
      runs++;
      return Promise.resolve(undefined);
    });
    await until(() => runs === 1);
  });
});
