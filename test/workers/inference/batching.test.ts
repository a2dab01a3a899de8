import { describe, expect, it } from 'vitest';
import { maxJoined, nextBatch, type Waiting } from '../../../workers/inference/batching.ts';

const policy = { maxSize: 3, maxDelayMs: 5 };
const run = (session: string, queuedAt = 0, joined = Infinity): Waiting => ({ session, queuedAt, maxJoined: joined });

describe('nextBatch', () => {
  it("joins waiting runs of the oldest run's session, up to the size, oldest first", () => {
    const queue = [run('a'), run('b'), run('a', 1), run('a', 2), run('a', 3)];
    expect(nextBatch(queue, 9, policy)).toEqual({ take: [queue[0], queue[2], queue[3]] });
  });

  it('lets the oldest wait for company only while nobody else is held up and its delay is not over', () => {
    expect(nextBatch([run('a', 10), run('a', 11)], 12, policy)).toEqual({ waitMs: 3 });
    expect(nextBatch([run('a', 10)], 15, policy)).toEqual({ take: [run('a', 10)] });
    expect(nextBatch([run('a', 10), run('b', 10)], 12, policy)).toEqual({ take: [run('a', 10)] });
  });

  it('runs alone what may not be joined, at once', () => {
    const alone = run('a', 0, 1);
    expect(nextBatch([alone, run('a')], 0, policy)).toEqual({ take: [alone] });
    expect(nextBatch([run('a'), alone], 9, policy)).toEqual({ take: [run('a')] });
  });

  it('takes nothing from an empty queue', () => {
    expect(nextBatch([], 0, policy)).toEqual({ take: [] });
  });
});

describe('maxJoined', () => {
  it('is unbounded for stackable models, a few milliseconds of work for quick ones, 1 for slow ones', () => {
    expect(maxJoined({ stackable: true, runMs: 50 })).toBe(Infinity);
    expect(maxJoined({ stackable: false, runMs: 0.5 })).toBe(8);
    expect(maxJoined({ stackable: false, runMs: 50 })).toBe(1);
  });
});
