import type { Hex32 } from '../../protocol/ids.ts';
import { nodeKey, type NodeRef, type Proof } from './trial-view.ts';

/** One thing that a side does in a trial. */
export type Act =
  | { readonly kind: 'open' }
  | { readonly kind: 'post-trace'; readonly root: Hex32 }
  /** `feeCapMin`: of a demand that waits and has to be outbid, wei. */
  | { readonly kind: 'demand'; readonly ref: NodeRef; readonly feeCapMin?: bigint }
  | { readonly kind: 'reveal'; readonly ref: NodeRef }
  | { readonly kind: 'commit'; readonly proof: Proof }
  | { readonly kind: 'prove'; readonly proof: Proof }
  /** `overdue`: the demand whose time has run out. */
  | { readonly kind: 'resolve'; readonly overdue?: Hex32 }
  /** Fetches our demander's bond after the end. */
  | { readonly kind: 'reclaim' };

export type Move = Act & {
  /** Last second of chain time in which it is of use. */
  readonly deadline?: number;
  /** Second of chain time from which on gas may cost more, because the deadline is near. */
  readonly urgentFrom?: number;
};

/** What to do now. `wait` says when to look again: at the latest at chain time `until`. */
export type Decision =
  | { readonly kind: 'over'; readonly why: string }
  | {
      readonly kind: 'play';
      readonly moves: readonly Move[];
      readonly until: number | undefined;
      readonly why: string;
    };

export interface TrialPolicy {
  /** Seconds before a deadline from which on a move is urgent. */
  readonly urgentSeconds: number;
  /** Blocks between a commitment and its proof. */
  readonly commitBlocks: number;
  /** Seconds before the hearing's end, but never more than the time of a reveal, from which on a proof goes without a commitment. */
  readonly hurrySeconds: number;
  /** A vector of more chunks than this is not demanded whole. */
  readonly readChunksMax: number;
}

/** Names a move among all of its job: the same step is the same effect. */
export function stepOf(act: Act): string {
  switch (act.kind) {
    case 'demand': {
      // What is outbid later is another effect: the first may have been ours.
      const over = act.feeCapMin === undefined ? '' : `-over-${act.feeCapMin}`;
      return `demand-${nodeKey(act.ref)}${over}`;
    }
    case 'reveal':
      return `reveal-${nodeKey(act.ref)}`;
    case 'commit':
    case 'prove':
      return `${act.kind}-${act.proof.kind}-${act.proof.element}`;
    case 'resolve':
      return act.overdue === undefined ? 'resolve' : `resolve-${act.overdue.slice(2, 18)}`;
    default:
      return act.kind;
  }
}

export const over = (why: string): Decision => ({ kind: 'over', why });

export const wait = (why: string, until?: number): Decision => ({ kind: 'play', moves: [], until, why });

export function play(why: string, moves: readonly Move[], until?: number): Decision {
  return { kind: 'play', moves, until, why };
}

/** A move with the deadline that it has to meet. */
export function by(act: Act, deadline: number, { urgentSeconds }: TrialPolicy): Move {
  return { ...act, deadline, urgentFrom: deadline - urgentSeconds };
}
