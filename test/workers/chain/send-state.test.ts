import { describe, expect, it } from 'vitest';
import { initialState, isDue, observe, shouldAbort } from '../../../workers/chain/send-state.ts';

const taken = (at: number) => ({ type: 'nonce-taken', at }) as const;

describe('shouldAbort', () => {
  it('needs three sightings of a taken nonce in a row', () => {
    let state = observe(observe(initialState(0), taken(100)), taken(200));
    expect(shouldAbort(state, 300, 50)).toBe(false);
    state = observe(state, taken(300));
    expect(shouldAbort(state, 300, 50)).toBe(true);
  });

  it('needs the sightings to last, because a node may know the nonce before the receipt', () => {
    const state = [100, 101, 102, 103].reduce((before, at) => observe(before, taken(at)), initialState(0));
    expect(shouldAbort(state, 149, 50)).toBe(false);
    expect(shouldAbort(state, 150, 50)).toBe(true);
  });

  it('starts counting again when one of our attempts was mined, and when a reorg took it back', () => {
    const counted = observe(observe(initialState(0), taken(1)), taken(2));
    for (const type of ['mined', 'unmined'] as const) {
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

  it('counts bumps', () => {
    expect(observe(initialState(0), { type: 'bumped' }).bumps).toBe(1);
  });
});
