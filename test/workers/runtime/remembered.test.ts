import { describe, expect, it } from 'vitest';
import { RemitError } from '../../../workers/runtime/errors.ts';
import { createRemembered } from '../../../workers/runtime/remembered.ts';

const { signal } = new AbortController();
const refusal = (retryable: boolean): RemitError => new RemitError({ code: 'X', message: 'no', retryable });

/** A memory whose outcomes are settled by hand, in the order in which they were begun. */
function memory(atMost = 2) {
  const begun: string[] = [];
  const runs: PromiseWithResolvers<string>[] = [];
  const remembered = createRemembered<string, string>(
    { atMost },
    {
      make: (key) => {
        const run = Promise.withResolvers<string>();
        begun.push(key);
        runs.push(run);
        return run.promise;
      },
    },
  );
  return { remembered, begun, runs };
}

describe('remembered outcomes', () => {
  it('are made once, also for callers that come meanwhile', async () => {
    const { remembered, begun, runs } = memory();
    const both = [remembered.get('a', signal), remembered.get('a', signal)];
    runs[0]?.resolve('A');
    expect(await Promise.all(both)).toEqual(['A', 'A']);
    expect(await remembered.get('a', signal)).toBe('A');
    expect(begun).toEqual(['a']);
  });

  it('give the signal of the first caller to the work', async () => {
    const seen: AbortSignal[] = [];
    const remembered = createRemembered<string, string>(
      { atMost: 1 },
      {
        make: async (_key, given) => {
          seen.push(given);
          return 'A';
        },
      },
    );
    await Promise.all([remembered.get('a', signal), remembered.get('a', new AbortController().signal)]);
    expect(seen).toEqual([signal]);
  });

  it.each([
    ['stays when it is final', false, ['a']],
    ['is forgotten when it may pass', true, ['a', 'a']],
  ])('a refusal %s', async (_what, retryable, expected) => {
    const { remembered, begun, runs } = memory();
    const first = remembered.get('a', signal);
    runs[0]?.reject(refusal(retryable));
    await expect(first).rejects.toMatchObject({ code: 'X' });
    const second = remembered.get('a', signal);
    runs[1]?.resolve('A');
    await (retryable ? expect(second).resolves.toBe('A') : expect(second).rejects.toMatchObject({ code: 'X' }));
    expect(begun).toEqual(expected);
  });

  it('forget a refusal that looks final when its caller aborted', async () => {
    const { remembered, begun, runs } = memory();
    const controller = new AbortController();
    const first = remembered.get('a', controller.signal);
    controller.abort();
    runs[0]?.reject(refusal(false));
    await expect(first).rejects.toMatchObject({ code: 'X' });
    const second = remembered.get('a', signal);
    runs[1]?.resolve('A');
    await expect(second).resolves.toBe('A');
    expect(begun).toEqual(['a', 'a']);
  });

  it('drop the one that was begun first beyond the limit', async () => {
    const { remembered, begun, runs } = memory(2);
    for (const key of ['a', 'b', 'c', 'b', 'c', 'a']) {
      const outcome = remembered.get(key, signal);
      runs.at(-1)?.resolve(key);
      expect(await outcome).toBe(key);
    }
    expect(begun).toEqual(['a', 'b', 'c', 'a']);
  });

  it('are made anew once forgotten, and a late refusal of the old one does not touch the new', async () => {
    const { remembered, begun, runs } = memory();
    const old = remembered.get('a', signal);
    remembered.forget('a');
    const fresh = remembered.get('a', signal);
    runs[0]?.reject(refusal(true));
    await expect(old).rejects.toMatchObject({ code: 'X' });
    runs[1]?.resolve('A');
    expect(await fresh).toBe('A');
    expect(await remembered.get('a', signal)).toBe('A');
    expect(begun).toEqual(['a', 'a']);
  });
});
