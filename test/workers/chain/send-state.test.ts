import { describe, expect, it } from 'vitest';
import type { PublishVerdict } from '../../../workers/chain/node-errors.ts';
import {
  initialState,
  isDue,
  isOftenInVain,
  mayBeLost,
  observe,
  type SendState,
  shouldAbort,
} from '../../../workers/chain/send-state.ts';

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

  const passedOver = (state: SendState, verdict: PublishVerdict, at: number) =>
    observe(state, { type: 'published', verdict, at, cause: 'passed-over' });

  it('waits on after a publication of what was passed over, unless a node had lost it', () => {
    for (const verdict of ['known', 'unknown', 'nonce-too-low', 'pool-full'] as const)
      expect(isDue(passedOver(initialState(0), verdict, 40), 50, 50)).toBe(true);
    expect(isDue(passedOver(initialState(0), 'accepted', 40), 89, 50)).toBe(false);
    expect(isDue(passedOver(initialState(0), 'accepted', 40), 90, 50)).toBe(true);
  });

  it('does not put off for ever what nodes say to have lost again and again', () => {
    const lost = (state: SendState, at: number) => passedOver(state, 'accepted', at);
    expect(isOftenInVain(lost(initialState(0), 10))).toBe(false);
    expect(isOftenInVain(lost(lost(initialState(0), 10), 20))).toBe(true);
    const often = [10, 20, 30, 40, 50, 60].reduce(lost, initialState(0));
    expect([mayBeLost(initialState(0)), mayBeLost(often)]).toEqual([true, false]);
    const oftener = [70, 80, 90, 100].reduce(lost, often);
    expect(isDue(oftener, 109, 50)).toBe(false);
    expect(isDue(oftener, 110, 50)).toBe(true);
    const bumped = observe(oftener, { type: 'bumped' });
    expect([isOftenInVain(bumped), mayBeLost(bumped)]).toEqual([false, true]);
  });

  it('takes a publication without an answer of what was passed over for none, but not for ever', () => {
    let state = observe(initialState(0), { type: 'published', verdict: 'accepted', at: 5 });
    const times = [10, 20, 30, 40, 50, 60, 70].map((at) => {
      state = passedOver(state, 'unknown', at);
      return state.publishedAt;
    });
    expect(times).toEqual([5, 5, 5, 5, 5, 5, 70]);
    expect(passedOver(initialState(5), 'known', 10)).toMatchObject({ publishedAt: 10, inVain: 0 });
  });

  it('counts bumps, and publications in vain since the last one', () => {
    const stalled = { type: 'published', verdict: 'accepted', at: 1, cause: 'stalled' } as const;
    const twice = observe(observe(initialState(0), stalled), stalled);
    expect(twice.inVain).toBe(2);
    expect(observe(twice, { type: 'published', verdict: 'accepted', at: 2 }).inVain).toBe(2);
    expect(observe(twice, { type: 'bumped' })).toMatchObject({ bumps: 1, inVain: 0 });
  });
});
