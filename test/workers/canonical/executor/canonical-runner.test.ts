import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { CanonicalRunner } from '../../../../workers/canonical/executor/canonical-runner.ts';
import { type Instruction, MAP, OP, SPACE, TYPE } from '../../../../workers/canonical/plan/instruction.ts';
import type { Plan } from '../../../../workers/canonical/plan/plan.ts';
import { VectorTree } from '../../../../workers/canonical/tree/vector-tree.ts';

const negate: Instruction = {
  op: OP.MAP,
  fn: MAP.NEG,
  type: TYPE.F32,
  start: 0,
  a: 0,
  b: 0,
  dims: [3],
  window: [],
  operands: [{ space: SPACE.INPUT, type: TYPE.F32, base: 0, steps: [1], coordinates: [], pad: 0 }],
};
const plan: Plan = { instructions: [negate], inputLength: 3, weightsLength: 0, traceLength: 3 };
const input = new Uint32Array(Float32Array.of(1, -2, 0).buffer);
const weights = new Uint32Array(0);
const task = { plan, input, weights, root: false };

/** A thread that never says anything by itself. */
class SilentThread extends EventEmitter {
  terminated = false;

  terminate(): Promise<unknown> {
    this.terminated = true;
    return Promise.resolve();
  }
}

function silent(): { thread: SilentThread; runner: CanonicalRunner } {
  const thread = new SilentThread();
  return { thread, runner: new CanonicalRunner({ startThread: () => thread }) };
}

describe('CanonicalRunner', () => {
  it('gives the trace, its root, the totals, and progress', async () => {
    const progress: string[] = [];
    const run = await new CanonicalRunner().run(
      { ...task, root: true },
      { onProgress: (done, of) => progress.push(`${done}/${of}`) },
    );
    expect(Array.from(new Float32Array(run.trace.buffer))).toEqual([-1, 2, 0]);
    expect(run.merkleRoot).toBe(new VectorTree(run.trace).merkleRoot);
    expect(run.totals).toEqual({ macs: 0, direct: 0, compensated: 0, exact: 0, fallbacks: 0, outOfRange: 0 });
    expect(progress).toEqual(['1/1']);
  });

  it('leaves the vectors with the caller', async () => {
    await new CanonicalRunner().run(task);
    expect(input).toHaveLength(3);
  });

  it('refuses a plan that the chain would call malformed', async () => {
    const broken = { ...plan, instructions: [{ ...negate, dims: [4] }] };
    await expect(new CanonicalRunner().run({ ...task, plan: broken })).rejects.toMatchObject({
      code: 'PLAN_MALFORMED',
      retryable: false,
    });
  });

  it('refuses vectors that are not as long as the plan says', async () => {
    const short = { ...task, input: new Uint32Array(2) };
    await expect(new CanonicalRunner().run(short)).rejects.toMatchObject({
      code: 'CANONICAL_VECTOR_LENGTH',
      context: { name: 'input', length: 2, expected: 3 },
    });
  });

  it('ends the thread when the signal aborts, with its reason', async () => {
    const { thread, runner } = silent();
    const controller = new AbortController();
    const running = runner.run(task, { signal: controller.signal });
    controller.abort(new Error('no longer wanted'));
    await expect(running).rejects.toThrow('no longer wanted');
    expect(thread.terminated).toBe(true);
  });

  it('starts nothing under a signal that has aborted', async () => {
    const runner = new CanonicalRunner({
      startThread: () => {
        throw new Error('started');
      },
    });
    await expect(runner.run(task, { signal: AbortSignal.abort(new Error('too late')) })).rejects.toThrow('too late');
  });

  it('says when a thread dies', async () => {
    const { thread, runner } = silent();
    const running = runner.run(task);
    thread.emit('error', new Error('out of memory'));
    await expect(running).rejects.toMatchObject({ code: 'CANONICAL_RUN_FAILED', retryable: true });
    expect(thread.terminated).toBe(true);
  });

  it('says when a thread ends without an answer', async () => {
    const { thread, runner } = silent();
    const running = runner.run(task);
    thread.emit('exit', 1);
    await expect(running).rejects.toThrow('a canonical run ended without a trace: its thread ended with code 1');
  });
});
