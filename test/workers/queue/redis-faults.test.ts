import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { queueHarness } from './harness.ts';
import { inferenceMessage } from './messages.ts';

/** Shorter than an operator's, which together take 9 s: see `catalog.test.ts`. */
const LOCK = { holdsMs: 1_000, checkMs: 300 };

function hangingConsumer(url: string) {
  const file = new URL('hanging-consumer.ts', import.meta.url).pathname;
  const args = [file, url, String(LOCK.holdsMs), String(LOCK.checkMs)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

describe('when something dies', () => {
  it('a message whose consumer was killed runs elsewhere once its lock has run out', async () => {
    const { producer, consume, redis } = await queueHarness();
    const child = hangingConsumer(redis.url);
    const { id } = await producer.enqueue('inference', inferenceMessage());
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const ran = Promise.withResolvers<string>();
    const handler = (_: unknown, { id }: { readonly id: string }): Promise<undefined> => {
      ran.resolve(id);
      return Promise.resolve(undefined);
    };
    await consume(handler, { lock: LOCK });
    expect(await ran.promise).toBe(id);
  });
});
