import { describe, expect, it } from 'vitest';
import { initialState, isDue, observe, shouldAbort } from '../../../workers/chain/send-state.ts';

const taken = (at: number) => ({ type: 'nonce-taken', at }) as const;

describe('shouldAbort', () => {
  it('needs five sightings of a taken nonce in a row', () => {
    let state = [100, 200, 300, 400].reduce((before, at) => observe(before, taken(at)), initialState(0));
    expect(shouldAbort(state, 500, 50)).toBe(false);
    state = observe(state, taken(500));
    expect(shouldAbort(state, 500, 50)).toBe(true);
  });

  it('needs the sightings to last, because a node may know the nonce before the receipt', () => {
    const state = [100, 101, 102, 103, 104].reduce((before, at) => observe(before, taken(at)), initialState(0));
    expect(shouldAbort(state, 149, 50)).toBe(false);
    expect(shouldAbort(state, 150, 50)).toBe(true);
  });

  it('starts counting again when one of our attempts was mined, when a reorg took it back, and when the nonce is free', () => {
    const counted = [1, 2, 3, 4].reduce((before, at) => observe(before, taken(at)), initialState(0));
    for (const type of ['mined', 'unmined', 'nonce-free'] as const) {
      expect(shouldAbort(observe(observe(counted, { type }), taken(99)), 999, 50)).toBe(false);
    }
  });
});

describe('isDue', () => {
  it('waits for the stall after a publication', () => {
    const state = observe(initialState(0), { type: 'published', verdict: 'accepted', at: 100 });
    expect(isDue(state, 149, 50)).toBe(false);
    expect(isDue(state, 150, 50)).toBe(true);
  });

  it('does not wait after a restart, after a reorg, or when the fee was too low', () => {
    expect(isDue(initialState(100, true), 100, 50)).toBe(true);
    expect(isDue(observe(initialState(100), { type: 'unmined' }), 100, 50)).toBe(true);
    expect(isDue(observe(initialState(0), { type: 'published', verdict: 'fee-too-low', at: 100 }), 100, 50)).toBe(true);
    expect(
      isDue(observe(initialState(0), { type: 'published', verdict: 'replacement-underpriced', at: 100 }), 100, 50),
    ).toBe(true);
  });

  it('counts bumps, and stalls since the last one', () => {
    const stalled = { type: 'published', verdict: 'accepted', at: 1, stalled: true } as const;
    const twice = observe(observe(initialState(0), stalled), stalled);
    expect(twice.stalls).toBe(2);
    expect(observe(twice, { type: 'published', verdict: 'accepted', at: 2 }).stalls).toBe(2);
    expect(observe(twice, { type: 'bumped' })).toMatchObject({ bumps: 1, stalls: 0 });
  });
});
