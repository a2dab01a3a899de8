import type { PublishVerdict } from './node-errors.ts';

/** What was seen of one transaction since this process started. Pure: every observation makes a new state. */
export interface SendState {
  /** Local time of the last publication, milliseconds. */
  readonly publishedAt: number;
  /** Local time since which it waits at this price in the nodes' pools, milliseconds. */
  readonly waitsSince: number;
  /** Publish as it is at the next opportunity: after a restart, after a reorg. */
  readonly publishNow: boolean;
  /** Pay more at the next opportunity: a node said that the fee is too low. */
  readonly bumpNow: boolean;
  /** Times in a row that the nonce was used although none of our attempts was mined. */
  readonly nonceTaken: number;
  /** Local time of the first of them, milliseconds. */
  readonly takenSince: number;
  readonly bumps: number;
  /** Times, at the same price, that it was published again and no node said that it had it, or that it was not mined in time. */
  readonly inVain: number;
}

/** `stalled`: not mined in time. `passed-over`: not mined in a block that had to take it, had a node known it. */
export type PublishCause = 'new' | 'stalled' | 'passed-over';

export type Observation =
  | { readonly type: 'published'; readonly verdict: PublishVerdict; readonly at: number; readonly cause?: PublishCause }
  | { readonly type: 'bumped' }
  | { readonly type: 'nonce-taken'; readonly at: number }
  | { readonly type: 'nonce-free' }
  | { readonly type: 'mined' }
  | { readonly type: 'unmined' };

/** Sightings of a taken nonce before it counts: one may be a node that knows the nonce before it knows the receipt. */
const SIGHTINGS = 5;
/** Publications in vain after which a node that takes it anew, and lets it wait, is taken to have held it all along. */
const OFTEN_IN_VAIN = 2;
/** Publications in vain after which no answer is believed to mean that it had been lost. */
const TOO_OFTEN_IN_VAIN = 6;

export function initialState(publishedAt: number, publishNow = false): SendState {
  return {
    ...{ publishedAt, waitsSince: publishedAt, publishNow },
    ...{ bumpNow: false, nonceTaken: 0, takenSince: 0, bumps: 0, inVain: 0 },
  };
}

export function observe(state: SendState, seen: Observation): SendState {
  switch (seen.type) {
    case 'published': {
      const { verdict, at, cause = 'new' } = seen;
      const isLost = verdict === 'accepted' && mayBeLost(state);
      return {
        ...state,
        // Of what was passed over nothing is known yet when no answer came: the next look tries again.
        publishedAt: cause === 'passed-over' && verdict === 'unknown' && mayBeLost(state) ? state.publishedAt : at,
        // What was passed over and had been lost waits anew; what a node had has waited all along.
        waitsSince: cause === 'passed-over' && !isLost ? state.waitsSince : at,
        publishNow: false,
        bumpNow: verdict === 'fee-too-low' || verdict === 'replacement-underpriced',
        inVain:
          cause === 'stalled' || (cause === 'passed-over' && verdict !== 'known') ? state.inVain + 1 : state.inVain,
      };
    }
    case 'bumped':
      return { ...state, bumps: state.bumps + 1, inVain: 0 };
    case 'nonce-taken':
      return {
        ...state,
        nonceTaken: state.nonceTaken + 1,
        takenSince: state.nonceTaken === 0 ? seen.at : state.takenSince,
      };
    case 'nonce-free':
      return state.nonceTaken === 0 ? state : { ...state, nonceTaken: 0 };
    case 'mined':
      return { ...state, nonceTaken: 0, bumpNow: false, publishNow: false, inVain: 0 };
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
  return state.publishNow || state.bumpNow || now - state.waitsSince >= stallMs;
}

/** Some nodes answer that it is new to them whether they had it or not. */
export function mayBeLost({ inVain }: SendState): boolean {
  return inVain < TOO_OFTEN_IN_VAIN;
}

export function isOftenInVain({ inVain }: SendState): boolean {
  return inVain >= OFTEN_IN_VAIN;
}
