import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
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
});
