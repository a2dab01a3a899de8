import type { PublishVerdict } from './node-errors.ts';

/** What was seen of one transaction since this process started. Pure: every observation makes a new state. */
export interface SendState {
  /** Local time of the last publication, milliseconds. */
  readonly publishedAt: number;
  /** Publish as it is at the next opportunity: after a restart, after a reorg. */
  readonly publishNow: boolean;
  /** Pay more at the next opportunity: a node said that the fee is too low. */
  readonly bumpNow: boolean;
  /** Times in a row that the nonce was used although none of our attempts was mined. */
  readonly nonceTaken: number;
  /** Local time of the first of them, milliseconds. */
  readonly takenSince: number;
  readonly bumps: number;
  /** Publications in a row because it was not mined in time, at the same price. */
  readonly stalls: number;
}

export type Observation =
  | { readonly type: 'published'; readonly verdict: PublishVerdict; readonly at: number; readonly stalled?: boolean }
  | { readonly type: 'bumped' }
  | { readonly type: 'nonce-taken'; readonly at: number }
  | { readonly type: 'nonce-free' }
  | { readonly type: 'mined' }
  | { readonly type: 'unmined' };

/** Sightings of a taken nonce before it counts: one may be a node that knows the nonce before it knows the receipt. */
const SIGHTINGS = 5;

export function initialState(publishedAt: number, publishNow = false): SendState {
  return { publishedAt, publishNow, bumpNow: false, nonceTaken: 0, takenSince: 0, bumps: 0, stalls: 0 };
}

export function observe(state: SendState, seen: Observation): SendState {
  switch (seen.type) {
    case 'published':
      return {
        ...state,
        publishedAt: seen.at,
        publishNow: false,
        bumpNow: seen.verdict === 'fee-too-low' || seen.verdict === 'replacement-underpriced',
        stalls: seen.stalled ? state.stalls + 1 : state.stalls,
      };
    case 'bumped':
      return { ...state, bumps: state.bumps + 1, stalls: 0 };
    case 'nonce-taken':
      return {
        ...state,
        nonceTaken: state.nonceTaken + 1,
        takenSince: state.nonceTaken === 0 ? seen.at : state.takenSince,
      };
    case 'nonce-free':
      return state.nonceTaken === 0 ? state : { ...state, nonceTaken: 0 };
    case 'mined':
      return { ...state, nonceTaken: 0, bumpNow: false, publishNow: false, stalls: 0 };
    case 'unmined':
      return { ...state, nonceTaken: 0, publishNow: true };
  }
}

/**
 * Somebody else used the nonce: waiting longer cannot help. Seen often enough, and for `patienceMs`: nodes may know a
 * nonce seconds before they know the receipt.
 */
export function shouldAbort(state: SendState, now: number, patienceMs: number): boolean {
  return state.nonceTaken >= SIGHTINGS && now - state.takenSince >= patienceMs;
}

/** True when it is time to publish again. */
export function isDue(state: SendState, now: number, stallMs: number): boolean {
  return state.publishNow || state.bumpNow || now - state.publishedAt >= stallMs;
}
