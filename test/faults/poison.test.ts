import { spawn } from 'node:child_process';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MAX_STALLS, messageId } from '../../workers/queue/catalog.ts';
import { systemClock } from '../../workers/runtime/clock.ts';
import { silentLogger } from '../../workers/runtime/logger.ts';
import { createSupervisor } from '../../workers/runtime/supervisor.ts';
import { jobOf } from '../support/sample-job.ts';
import { until } from '../support/until.ts';
import { queueHarness } from '../workers/queue/harness.ts';
import { inferenceMessage } from '../workers/queue/messages.ts';

const CONSUMER = new URL('poison-consumer.ts', import.meta.url).pathname;
const JOBS = 20;
const POISON = 7;

interface Line {
  readonly msg: string;
  readonly level: number;
  readonly jobId?: string;
  readonly code?: string;
  readonly message?: string;
}

describe('F46 · a message that kills whoever takes it', () => {
  it('is started three times, then quarantined with an alarm; those it ran with are done, and all others', async () => {
    const { producer, drained, redis } = await queueHarness();
    const lines: Line[] = [];
    let restarts = 0;
    const supervisor = createSupervisor(
      { children: ['consumer'], restart: { baseMs: 50, maxMs: 100 } },
      {
        spawn: () =>
          spawn(process.execPath, [CONSUMER, redis.url, jobOf(POISON)], { stdio: ['ignore', 'pipe', 'pipe'] }),
        onLine: (_, line) => void lines.push(JSON.parse(line) as Line),
        onRestart: () => (restarts += 1),
        clock: systemClock,
        logger: silentLogger,
      },
    );
    onTestFinished(() => supervisor.stop());
    for (let n = 1; n <= JOBS; n += 1) await producer.enqueue('inference', inferenceMessage(n));
    await supervisor.start(new AbortController().signal);

    const id = messageId(inferenceMessage(POISON), 'infer');
    const alarm = await until(() => lines.find(({ code }) => code === 'MESSAGE_QUARANTINED'), {
      what: 'the quarantine',
      deadlineMs: 30_000,
    });
    expect(alarm).toMatchObject({ level: 50, message: id, msg: 'message quarantined' });
    const starts = lines.filter(({ msg, jobId }) => msg === 'started' && jobId === jobOf(POISON));
    expect({ starts: starts.length, restarts }).toEqual({ starts: MAX_STALLS + 1, restarts: MAX_STALLS + 1 });
    const { failed } = await drained({ deadlineMs: 20_000 });
    const begun = (): ReadonlySet<unknown> =>
      new Set(lines.filter(({ msg }) => msg === 'started').map(({ jobId }) => jobId));
    // Redis may know of the last one before its line has come through the pipe.
    await until(() => begun().size === JOBS, { what: 'a start of every message' });
    expect(failed).toBe(1);

    // Nobody makes it again before a person has looked; then it is a message like any other.
    expect((await producer.enqueue('inference', inferenceMessage(POISON))).outcome).toBe('quarantined');
    expect((await producer.enqueueAgain('inference', inferenceMessage(POISON))).outcome).toBe('quarantined');
    await supervisor.stop();
    await redis.command('DEL', `remit:inference:${id}`);
    await redis.command('ZREM', 'remit:inference:failed', id);
    expect((await producer.enqueue('inference', inferenceMessage(POISON))).outcome).toBe('added');
  });

  it('deaths in a row count: a run that ends, ends the suspicion', async () => {
    const { producer, consume, redis } = await queueHarness();
    const { id } = await producer.enqueue('inference', inferenceMessage());
    const key = `remit:inference:${id}`;
    await redis.command('HSET', key, 'stc', String(MAX_STALLS));
    await consume(() => Promise.resolve({ retryAfterMs: 60_000, why: 'not yet' }));
    await until(async () => (await producer.depth('inference')).delayed === 1);
    expect(await redis.command('HGET', key, 'stc')).toBe('0');
  });
});
