import { describe, expect, it } from 'vitest';
import { initialState, isDue, observe, shouldAbort } from '../../../workers/chain/send-state.ts';

const taken = { type: 'nonce-taken' } as const;

describe('shouldAbort', () => {
  it('needs three sightings of a taken nonce in a row', () => {
    let state = observe(observe(initialState(0), taken), taken);
    expect(shouldAbort(state)).toBe(false);
    state = observe(state, taken);
    expect(shouldAbort(state)).toBe(true);
  });

  it('starts counting again when one of our attempts was mined, and when a reorg took it back', () => {
    const counted = observe(observe(initialState(0), taken), taken);
    expect(shouldAbort(observe(observe(counted, { type: 'mined' }), taken))).toBe(false);
    expect(shouldAbort(observe(observe(counted, { type: 'unmined' }), taken))).toBe(false);
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
