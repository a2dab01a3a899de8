import { describe, expect, it } from 'vitest';
import type { BatchPolicy } from '../../../workers/inference/batching.ts';
import type { RunReply } from '../../../workers/inference/child-protocol.ts';
import type { ChildSlot } from '../../../workers/inference/child-slot.ts';
import { createRunQueue } from '../../../workers/inference/run-queue.ts';
import { RemitError } from '../../../workers/runtime/errors.ts';
import { silentLogger } from '../../../workers/runtime/logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const POISON = 13;

/** A child that echoes its inputs and dies of a 13. */
function echo(batch: BatchPolicy) {
  const clock = new ManualClock();
  const requests: number[][] = [];
  const slot: ChildSlot = {
    backends: [],
    pid: 1,
    close: () => Promise.resolve(),
    request: (request) => {
      const inputs = 'inputs' in request ? request.inputs : [];
      requests.push(inputs.map((input) => input[0] ?? 0));
      if (inputs.some((input) => input[0] === POISON))
        return Promise.reject(new RemitError({ code: 'MODEL_CRASHED', message: 'dead' }));
      const reply: RunReply = { rows: inputs.map((output) => ({ output })), loadMs: 0, runMs: 1, childMs: 1 };
      return Promise.resolve(reply as never);
    },
  };
  const queue = createRunQueue({ batch }, { slots: [slot], clock, logger: silentLogger });
  const run = (value: number, signal = new AbortController().signal) =>
    queue.run({
      source: { key: 'k', path: '/k' },
      provider: 'cpu',
      session: 's',
      stack: true,
      maxJoined: 8,
      input: Uint8Array.of(value),
      signal,
    });
  return { clock, requests, queue, run };
}

describe('run queue', () => {
  it('gives every run of a batch that cost the child its life a second chance, alone', async () => {
    const { requests, run } = echo({ maxSize: 8, maxDelayMs: 0 });
    const results = await Promise.allSettled([run(1), run(2), run(POISON), run(4)]);
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(requests).toEqual([[1], [2, POISON, 4], [2], [POISON], [4]]);
  });

  it('waits for company up to the delay, and not longer', async () => {
    const { clock, requests, run } = echo({ maxSize: 8, maxDelayMs: 10 });
    const runs = [run(1), run(2)];
    await clock.advance(9);
    expect(requests).toEqual([]);
    await clock.advance(1);
    await Promise.all(runs);
    expect(requests).toEqual([[1, 2]]);
  });

  it('does not wait when the batch is full', async () => {
    const { requests, run } = echo({ maxSize: 2, maxDelayMs: 1000 });
    await Promise.all([run(1), run(2)]);
    expect(requests).toEqual([[1, 2]]);
  });

  it('drops a run that was given up while it waited', async () => {
    const { clock, requests, run } = echo({ maxSize: 8, maxDelayMs: 10 });
    const giveUp = new AbortController();
    const given = run(1, giveUp.signal);
    const kept = run(2);
    giveUp.abort(new Error('enough'));
    await expect(given).rejects.toThrow('enough');
    await clock.advance(10);
    await kept;
    expect(requests).toEqual([[2]]);
  });

  it('lets a load go first', async () => {
    const { requests, run, queue } = echo({ maxSize: 1, maxDelayMs: 0 });
    const order: string[] = [];
    const runs = [run(1), run(2)].map((one, index) => one.then(() => order.push(`run ${index + 1}`)));
    await Promise.all([...runs, queue.exclusive(async () => void order.push('load'))]);
    expect(order).toEqual(['run 1', 'load', 'run 2']);
    expect(requests).toEqual([[1], [2]]);
  });

  it('refuses new runs and fails waiting ones after it was closed', async () => {
    const { run, queue } = echo({ maxSize: 8, maxDelayMs: 10 });
    const waiting = run(1);
    const refused = expect(waiting).rejects.toMatchObject({ code: 'RUNNER_CLOSED', retryable: true });
    await queue.close();
    await refused;
    await expect(run(2)).rejects.toMatchObject({ code: 'RUNNER_CLOSED' });
    await expect(queue.exclusive(() => Promise.resolve())).rejects.toMatchObject({ code: 'RUNNER_CLOSED' });
  });
});
