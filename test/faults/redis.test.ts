import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { JobStatus } from '../../workers/protocol/job.ts';
import { messageId } from '../../workers/queue/catalog.ts';
import { checkRedis, createRedisHealthCheck } from '../../workers/queue/redis-check.ts';
import { createIntake } from '../../workers/roles/listener/intake.ts';
import { createListenerMetrics } from '../../workers/roles/listener/metrics.ts';
import { systemClock } from '../../workers/runtime/clock.ts';
import { createLogger, silentLogger } from '../../workers/runtime/logger.ts';
import { noMetrics } from '../../workers/runtime/metrics.ts';
import { effort } from '../support/effort.ts';
import { startRedis, type TestRedis, type TestRedisOptions } from '../support/redis.ts';
import { jobOf } from '../support/sample-job.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { queueHarness, type QueueHarness } from '../workers/queue/harness.ts';
import { inferenceMessage } from '../workers/queue/messages.ts';
import { blockOf, createBench, requested } from '../workers/roles/listener/bench.ts';

const never = new AbortController().signal;

async function redisWith(options: TestRedisOptions): Promise<TestRedis> {
  const redis = await startRedis(options);
  onTestFinished(() => redis.stop());
  return redis;
}

/** A proxy in front of a Redis, and the address that leads through it. */
async function proxied(redis: Pick<TestRedis, 'port'>) {
  const proxy = await startTcpProxy(redis);
  onTestFinished(() => proxy.stop());
  return { proxy, address: { url: `redis://127.0.0.1:${proxy.port}` } };
}

/** The listener's book over a real Redis, and an operator whose answers the chain takes once each. */
async function operatorOn(harness: QueueHarness, intake = { maxWaiting: 1_000_000, trimMs: 0 }) {
  const { producer } = harness;
  const deps = { producer, clock: systemClock, logger: silentLogger, metrics: createListenerMetrics(noMetrics) };
  const bench = createBench({}, { producer, intake: createIntake(intake, deps) });
  const answers = new Map<string, number>();
  return {
    ...bench,
    answers,
    /** Jobs `from` to `to`, requested in one block. */
    request: (from: number, to: number, input = '0x00000000') =>
      bench.follow(
        blockOf(
          from,
          ...Array.from({ length: to - from + 1 }, (_, i) => ({ ...requested(from + i, from), input }) as never),
        ),
      ),
    work: () =>
      harness.consume(
        ({ jobId }) => {
          if (bench.chain.statuses.get(jobId) !== JobStatus.Attested) {
            answers.set(jobId, (answers.get(jobId) ?? 0) + 1);
            bench.chain.statuses.set(jobId, JobStatus.Attested);
            bench.book.close(jobOf(Number(jobId)), 1);
          }
          return Promise.resolve(undefined);
        },
        { concurrency: 4 },
      ),
  };
}

describe('F17 · Redis restarts with its data', () => {
  const durations = [6, 15, 60].slice(0, effort({ test: 1, nightly: 3 }));

  it.each(durations)('after %i s away: work goes on within 5 s of its return, and nothing is lost', async (seconds) => {
    const { producer, consume, drained, redis } = await queueHarness({ durable: true });
    const seen = new Set<string>();
    const gate = Promise.withResolvers<undefined>();
    await consume(
      async ({ jobId }) => {
        if (jobId === jobOf(1)) await gate.promise;
        seen.add(jobId);
        return undefined;
      },
      { concurrency: 2 },
    );
    await producer.enqueue('inference', inferenceMessage(1));
    await until(async () => (await producer.depth('inference')).active === 1);
    for (let n = 2; n <= 20; n += 1) await producer.enqueue('inference', inferenceMessage(n), { delayMs: 100 * n });
    const goneAt = Date.now();
    await redis.kill();
    // It ends while nobody can be told.
    gate.resolve(undefined);
    await expect(producer.enqueue('inference', inferenceMessage(21))).rejects.toMatchObject({
      code: 'REDIS_UNREACHABLE',
      retryable: true,
    });
    await until(() => Date.now() - goneAt >= 1_000 * seconds, { deadlineMs: 1_100 * seconds });
    await redis.restart();
    const backAt = Date.now();
    await until(() => producer.enqueue('inference', inferenceMessage(21)).catch(() => undefined));
    await until(() => seen.has(jobOf(21)), { what: 'a message of after the outage' });
    expect(Date.now() - backAt).toBeLessThan(5_000);
    await until(() => seen.size === 21, { what: 'all messages to run', deadlineMs: 15_000 });
    expect((await drained({ deadlineMs: 15_000 })).failed).toBe(0);
  });
});

describe('F18 · Redis loses everything', () => {
  it('a consumer keeps working', async () => {
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

  it('under load, three times: the queues are filled again from the book within 30 s, and every job is answered once', async () => {
    const jobs = effort({ test: 600, nightly: 10_000 });
    const harness = await queueHarness();
    const { request, work, reconcile, answers } = await operatorOn(harness);
    await request(1, jobs);
    await work();
    for (const share of [0.1, 0.4, 0.7]) {
      await until(() => answers.size >= share * jobs, { deadlineMs: 60_000 });
      await harness.redis.flush();
      const flushedAt = Date.now();
      await reconcile();
      expect(Date.now() - flushedAt).toBeLessThan(30_000);
    }
    await until(() => answers.size === jobs, { what: 'every job to be answered', deadlineMs: 60_000 });
    expect([...answers.values()].every((times) => times === 1)).toBe(true);
  });
});

describe('F19 · Redis loses a part: its append-only file is damaged', () => {
  const JOBS = 300;
  const files = (folder: string, pattern: string): string =>
    globSync(join(folder, 'appendonlydir', pattern))
      .sort()
      .at(-1) ?? '';

  async function filled() {
    const harness = await queueHarness({ durable: true });
    const operator = await operatorOn(harness);
    await operator.request(1, JOBS);
    const { redis } = harness;
    const aof = files(redis.folder, '*.incr.aof');
    await redis.kill();
    return { harness, operator, redis, aof, bytes: await readFile(aof) };
  }

  async function expectMended({ harness, operator }: Awaited<ReturnType<typeof filled>>): Promise<void> {
    const left = await until(() => harness.producer.depth('inference').catch(() => undefined));
    expect(left.waiting).toBeGreaterThan(0);
    expect(left.waiting).toBeLessThan(JOBS);
    await operator.reconcile();
    expect((await harness.producer.depth('inference')).waiting).toBe(JOBS);
    await operator.work();
    await until(() => operator.answers.size === JOBS, { what: 'every job to be answered', deadlineMs: 20_000 });
    expect([...operator.answers.values()].every((times) => times === 1)).toBe(true);
  }

  it('the end is missing: Redis starts with what is left, and the rest comes from the book', async () => {
    const stage = await filled();
    await truncate(stage.aof, Math.floor((stage.bytes.length * 2) / 3) + 7);
    await stage.redis.restart();
    await expectMended(stage);
  });

  it('the middle is unreadable: Redis refuses it until redis-check-aof has mended it', async () => {
    const stage = await filled();
    const file = await open(stage.aof, 'r+');
    await file.write('x'.repeat(4_096), Math.floor(stage.bytes.length / 2));
    await file.close();
    await expect(stage.redis.restart()).rejects.toMatchObject({ code: 'STACK_PROCESS_FAILED' });
    const repair = spawn('redis-check-aof', ['--fix', files(stage.redis.folder, '*.manifest')], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    repair.stdin.end('y\ny\n');
    expect(await once(repair, 'exit')).toEqual([0, null]);
    await stage.redis.restart();
    await expectMended(stage);
  });
});

describe('F20 · Redis is full', () => {
  it('the listener stops at 80 %, so that the work that empties it goes on, and takes up again by itself', async () => {
    const harness = await queueHarness({ args: ['--maxmemory', '12mb'] });
    const { redis, producer } = harness;
    const { request, work, reconcile, answers, book } = await operatorOn(harness);
    const jobs = 1_000;
    const input = `0x${'ab'.repeat(6_500)}`;
    for (let first = 1; first <= jobs; first += 100) await request(first, first + 99, input);
    const { usedBytes, maxBytes } = await producer.memory();
    expect(usedBytes / maxBytes).toBeGreaterThan(0.75);
    expect(usedBytes / maxBytes).toBeLessThan(0.95);
    const { waiting } = await producer.depth('inference');
    expect(waiting).toBeLessThan(jobs);
    expect(book.open()).toHaveLength(jobs);
    await work();
    // What was done is forgotten while there is no room, and what waits in the book comes in.
    await until(async () => (await reconcile(), answers.size === jobs), {
      what: 'every job to be answered',
      deadlineMs: 45_000,
      everyMs: 300,
    });
    expect([...answers.values()].every((times) => times === 1)).toBe(true);
    expect(Number(/evicted_keys:(\d+)/.exec(String(await redis.command('INFO', 'stats')))?.[1])).toBe(0);
  });

  it('and refuses writes: the consumer pauses, complains at most once a second, and goes on when there is room', async () => {
    const { producer, consume, redis, metrics } = await queueHarness({ args: ['--maxmemory', '12mb'] });
    for (let n = 1; n <= 20; n += 1) await producer.enqueue('inference', inferenceMessage(n));
    for (let n = 0; ; n += 1) {
      const filled = await redis.command('SET', `junk:${n}`, 'x'.repeat(65_536)).catch((error: unknown) => error);
      if (filled instanceof Error) break;
    }
    await redis.command('CONFIG', 'SET', 'maxmemory', '1mb');
    await expect(producer.enqueue('inference', inferenceMessage(21))).rejects.toMatchObject({
      code: 'REDIS_FULL',
      retryable: true,
    });
    const lines: { readonly level: number; readonly time: number; readonly msg: string }[] = [];
    const logger = createLogger(
      { level: 'info', name: 'test' },
      { write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]) },
    );
    const seen = new Set<string>();
    await consume(({ jobId }) => Promise.resolve(void seen.add(jobId)), { logger });
    const count = async (name: string): Promise<number> =>
      Number(new RegExp(`${name}\\{queue="inference"\\} (\\d+)`).exec(await metrics())?.[1] ?? 0);
    await until(async () => (await count('queue_pauses_total')) >= 2);
    expect(await count('queue_errors_total')).toBeLessThan(50);
    expect(seen.size).toBe(0);
    for (const message of ['queue error', 'redis refuses work, consumer pauses']) {
      const times = lines.filter(({ msg, level }) => msg === message && level >= 40).map(({ time }) => time);
      expect(times.length).toBeGreaterThan(0);
      expect(times.slice(1).every((time, i) => time - (times[i] ?? 0) >= 990)).toBe(true);
    }
    expect(lines.filter(({ level }) => level >= 50)).toEqual([]);
    await redis.command('CONFIG', 'SET', 'maxmemory', '0');
    await until(() => seen.size === 20, { what: 'all messages to run', deadlineMs: 15_000 });
  });
});

describe('F21 · the wrong Redis is refused at the start', () => {
  it('one that may throw messages away, with the command that mends it', async () => {
    const redis = await redisWith({ args: ['--maxmemory-policy', 'allkeys-lru'] });
    await expect(checkRedis(redis)).rejects.toMatchObject({
      code: 'REDIS_EVICTION_POLICY',
      retryable: false,
      fix: expect.stringContaining('CONFIG SET maxmemory-policy noeviction') as string,
    });
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    expect(await checkRedis(redis)).toMatchObject({ evictionPolicy: 'noeviction', appendOnly: false });
  });

  it('a replica', async () => {
    const [primary, replica] = await Promise.all([redisWith({}), redisWith({})]);
    await replica.command('REPLICAOF', '127.0.0.1', String(primary.port));
    await expect(checkRedis(replica)).rejects.toMatchObject({ code: 'REDIS_REPLICA', retryable: false });
    await replica.command('REPLICAOF', 'NO', 'ONE');
    expect(await checkRedis(replica)).toMatchObject({ evictionPolicy: 'noeviction' });
  });

  it('an old version', async () => {
    const redis = await redisWith({});
    const { version } = await checkRedis(redis);
    const { proxy, address } = await proxied(redis);
    const old = version.replace(/^\d/, '5');
    proxy.rewrite = (answer) =>
      Buffer.from(answer.toString('latin1').replace(`redis_version:${version}`, `redis_version:${old}`), 'latin1');
    await expect(checkRedis(address)).rejects.toMatchObject({ code: 'REDIS_VERSION', retryable: false });
    proxy.rewrite = (answer) => answer;
    expect(await checkRedis(address)).toMatchObject({ version });
  });
});

describe('F22 · the network to Redis is bad', () => {
  it('500 ms late: locks are renewed all the same, and a second consumer does not take the message', async () => {
    const { producer, consume, drained, redis } = await queueHarness();
    const { proxy, address } = await proxied(redis);
    const gate = Promise.withResolvers<undefined>();
    const aborted: unknown[] = [];
    let runs = 0;
    await consume(
      (_, { signal }) => {
        runs += 1;
        signal.addEventListener('abort', () => aborted.push(signal.reason));
        return gate.promise;
      },
      { redis: address },
    );
    proxy.latencyMs = 500;
    await producer.enqueue('inference', inferenceMessage());
    await until(() => runs === 1);
    await consume(() => Promise.resolve(void (runs += 1)));
    const key = `remit:inference:${messageId(inferenceMessage(), 'infer')}:lock`;
    let left = Number.POSITIVE_INFINITY;
    let renewals = 0;
    await until(
      async () => {
        const now = Number(await redis.command('PTTL', key));
        if (now > left) renewals += 1;
        left = now;
        return renewals >= 2;
      },
      { what: 'two renewals', deadlineMs: 20_000 },
    );
    gate.resolve(undefined);
    await drained();
    expect({ runs, aborted }).toEqual({ runs: 1, aborted: [] });
  });

  it('connections fall silent without an end: the producer says so, the consumer makes new ones', async () => {
    const { producer, consume, drained, redis } = await queueHarness();
    const { proxy, address } = await proxied(redis);
    const seen: string[] = [];
    await consume(({ jobId }) => Promise.resolve(void seen.push(jobId)), { redis: address });
    await producer.enqueue('inference', inferenceMessage(1));
    await until(() => seen.length === 1);
    proxy.freeze();
    await producer.enqueue('inference', inferenceMessage(2));
    await until(() => seen.includes(jobOf(2)), { what: 'the consumer to come back', deadlineMs: 40_000 });
    expect((await drained({ deadlineMs: 20_000 })).failed).toBe(0);
  });

  it('connections are reset in the middle of the work: everything has its effect', async () => {
    const { producer, consume, drained, redis } = await queueHarness();
    const { proxy, address } = await proxied(redis);
    const seen = new Set<string>();
    await consume(
      ({ jobId }) => {
        seen.add(jobId);
        if (seen.size % 10 === 0) proxy.reset();
        return Promise.resolve(undefined);
      },
      { redis: address, concurrency: 2 },
    );
    for (let n = 1; n <= 50; n += 1) await producer.enqueue('inference', inferenceMessage(n));
    await until(() => seen.size === 50, { what: 'all messages to run', deadlineMs: 30_000 });
    expect((await drained({ deadlineMs: 20_000 })).failed).toBe(0);
  });
});

describe('F23 · Redis cannot write to its disk', () => {
  it('it refuses writes, which is said and waited for, and work goes on when there is space', async () => {
    const { producer, consume, redis } = await queueHarness({ diskMib: 16, args: ['--save', '1 1'] });
    const health = createRedisHealthCheck(redis);
    for (let n = 1; n <= 5; n += 1) await producer.enqueue('inference', inferenceMessage(n));
    const filler = join(redis.folder, 'filler');
    await writeFile(filler, Buffer.alloc(17 << 20)).catch(() => undefined);
    await until(async () => /rdb_last_bgsave_status:err/.test(String(await redis.command('INFO', 'persistence'))), {
      what: 'a failed save',
      deadlineMs: 20_000,
    });
    await expect(producer.enqueue('inference', inferenceMessage(6))).rejects.toMatchObject({
      code: 'REDIS_READ_ONLY',
      retryable: true,
    });
    expect(await health.check(never)).toMatchObject({
      state: 'failing',
      detail: expect.stringMatching(/disk/) as string,
    });
    const seen = new Set<string>();
    await consume(({ jobId }) => Promise.resolve(void seen.add(jobId)));
    await rm(filler);
    await until(() => producer.enqueue('inference', inferenceMessage(6)).catch(() => undefined), {
      deadlineMs: 20_000,
    });
    await until(() => seen.size === 6, { what: 'all messages to run', deadlineMs: 20_000 });
    expect((await health.check(never)).state).toBe('ok');
  });
});
