import { describe, expect, it } from 'vitest';
import { Queue } from 'bullmq';
import { catalog, messageId } from '../../../workers/queue/catalog.ts';
import { RemitError } from '../../../workers/runtime/errors.ts';
import { until } from '../../support/until.ts';
import { queueHarness } from './harness.ts';
import { inferenceMessage } from './messages.ts';

/** A handler that ends only when it is told to, and what it saw. */
function hangUntilAborted() {
  const seen = { runs: 0, reason: undefined as unknown };
  const handler = (_: unknown, { signal }: { readonly signal: AbortSignal }): Promise<never> =>
    new Promise((__, reject) => {
      signal.addEventListener('abort', () => {
        seen.reason = signal.reason;
        reject(signal.reason as Error);
      });
      seen.runs += 1;
    });
  return { seen, handler };
}

describe('createConsumer', () => {
  it('gives the handler the parsed message, its id and its attempt', async () => {
    const { producer, consume } = await queueHarness();
    const seen: unknown[] = [];
    await consume((message, { id, attempt }) =>
      Promise.resolve(void seen.push({ id, attempt, jobId: message.jobId, fee: message.terms.fee })),
    );
    const { id } = await producer.enqueue('inference', inferenceMessage(3));
    await until(() => seen.length === 1);
    expect(seen[0]).toEqual({ id, attempt: 1, jobId: inferenceMessage(3).jobId, fee: '1000000000000000000' });
  });

  it('tries again after a retryable error, and gives up and keeps the message when the attempts are used up', async () => {
    const { producer, consume, metrics } = await queueHarness();
    const attempts: number[] = [];
    await consume((_, { attempt }) => {
      attempts.push(attempt);
      return Promise.reject(new RemitError({ code: 'RPC_DOWN', message: 'no node answers', retryable: true }));
    });
    await producer.enqueue('inference', inferenceMessage());
    await until(async () => (await producer.depth('inference')).failed === 1);
    expect(attempts).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(await metrics()).toContain('remit_test_message_runs_total{queue="inference",outcome="failed"} 10');
  });

  it('gives up at once what cannot succeed, counts it, and keeps it for inspection', async () => {
    const { producer, consume, metrics } = await queueHarness();
    let runs = 0;
    await consume(() => {
      runs++;
      return Promise.reject(new RemitError({ code: 'MODEL_UNKNOWN', message: 'never heard of it' }));
    });
    await producer.enqueue('inference', inferenceMessage());
    // It is counted after Redis has taken it.
    await until(async () =>
      (await metrics()).includes('remit_test_messages_dead_total{queue="inference",code="MODEL_UNKNOWN"} 1'),
    );
    expect((await producer.depth('inference')).failed).toBe(1);
    expect(runs).toBe(1);
  });

  it('gives up a stored message that does not fit the schema without calling the handler', async () => {
    const { producer, consume, redis, metrics } = await queueHarness();
    let runs = 0;
    await consume(() => {
      runs++;
      return Promise.resolve(undefined);
    });
    const raw = new Queue('inference', { connection: { host: '127.0.0.1', port: redis.port }, prefix: 'remit' });
    await raw.add('inference', { jobId: '0x1', version: 'old' }, { jobId: 'from-an-older-version', attempts: 5 });
    await until(async () => (await metrics()).includes('code="MESSAGE_INVALID"} 1'));
    expect((await producer.depth('inference')).failed).toBe(1);
    const reason = (await raw.getJob('from-an-older-version'))?.failedReason;
    await raw.close();
    expect(runs).toBe(0);
    expect(reason).toMatch(/^MESSAGE_INVALID: .*jobId/);
  });

  it('runs a message later when the handler asks for it, as often as it asks, without using up attempts', async () => {
    const { producer, consume } = await queueHarness();
    const attempts: number[] = [];
    await consume((_, { attempt }) => {
      attempts.push(attempt);
      return Promise.resolve(
        attempts.length <= catalog.inference.attempts + 2 ? { retryAfterMs: 20, why: 'not yet' } : undefined,
      );
    });
    await producer.enqueue('inference', inferenceMessage());
    await until(async () => (await producer.enqueue('inference', inferenceMessage())).outcome === 'finished');
    expect(attempts).toEqual(Array.from({ length: catalog.inference.attempts + 3 }, () => 1));
    expect((await producer.depth('inference')).failed).toBe(0);
  });

  it('runs as many messages at a time as it is told', async () => {
    const { producer, consume, drained } = await queueHarness();
    const gate = Promise.withResolvers<undefined>();
    let now = 0;
    await consume(() => (now++, gate.promise), { concurrency: 3 });
    for (let n = 1; n <= 5; n++) await producer.enqueue('inference', inferenceMessage(n));
    await until(() => now === 3);
    expect(await producer.depth('inference')).toMatchObject({ active: 3, waiting: 2 });
    gate.resolve(undefined);
    await drained();
  });

  it('finishes what runs when it is stopped, and takes nothing new', async () => {
    const { producer, consume } = await queueHarness();
    const gate = Promise.withResolvers<undefined>();
    let runs = 0;
    const consumer = await consume(() => (runs++, gate.promise), { drainMs: 5_000 });
    await producer.enqueue('inference', inferenceMessage(1));
    await producer.enqueue('inference', inferenceMessage(2));
    await until(() => runs === 1);
    const stopped = consumer.stop();
    gate.resolve(undefined);
    await stopped;
    expect((await producer.enqueue('inference', inferenceMessage(1))).outcome).toBe('finished');
    expect(await producer.depth('inference')).toMatchObject({ waiting: 1, active: 0 });
  });

  it('aborts a handler that outlasts the shutdown and puts its message back at once, with all its attempts', async () => {
    const { producer, consume } = await queueHarness();
    const { seen, handler } = hangUntilAborted();
    const first = await consume(handler);
    await producer.enqueue('inference', inferenceMessage());
    await until(() => seen.runs === 1);
    await first.stop();
    expect(seen.reason).toMatchObject({ code: 'SHUTTING_DOWN' });
    // Not after its lock has run out.
    expect((await producer.depth('inference')).active).toBe(0);
    const attempts: number[] = [];
    await consume((_, { attempt }) => Promise.resolve(void attempts.push(attempt)));
    await until(() => attempts.length > 0);
    expect(attempts).toEqual([1]);
  });

  it('stops in time although a handler never ends', async () => {
    const { producer, consume } = await queueHarness();
    const consumer = await consume(() => new Promise(() => undefined));
    await producer.enqueue('inference', inferenceMessage());
    await until(async () => (await producer.depth('inference')).active === 1);
    const before = Date.now();
    await consumer.stop();
    // A process has 25 s to end; the consumer itself waits for 4 s at most.
    expect(Date.now() - before).toBeLessThan(20_000);
  });

  it('aborts the handler when the lock of its message is lost', async () => {
    const { producer, consume, redis } = await queueHarness();
    const { seen, handler } = hangUntilAborted();
    await consume(handler);
    await producer.enqueue('inference', inferenceMessage());
    await until(() => seen.runs === 1);
    await redis.command('SET', `remit:inference:${messageId(inferenceMessage(), 'infer')}:lock`, 'somebody else');
    await until(() => seen.reason !== undefined);
    expect(seen.reason).toMatchObject({ code: 'LOCK_LOST' });
  });
});
