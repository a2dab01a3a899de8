import type { Address, Hex32 } from '../../protocol/ids.ts';

/** The vectors that a trial is about. */
export type VectorSpace = 'trace' | 'input' | 'weight' | 'output';

/** A node of a vector's tree. Height 0 is a chunk of 64 elements; `index` counts the nodes of that height from the left. */
export interface NodeRef {
  readonly space: VectorSpace;
  readonly height: number;
  readonly index: number;
}

/** What the claimant showed of a node: the hashes `below` it, left to right, or the chunk itself. */
export type Shown = { readonly hashes: readonly Hex32[] } | { readonly chunk: Uint8Array };

export interface OpenDemand {
  readonly id: Hex32;
  readonly ref: NodeRef;
  readonly demander: Address;
  /** Last second of chain time in which it may be answered. */
  readonly deadline: number;
  /** While the base fee is above it, the answer can be postponed. Wei. */
  readonly feeCap: bigint;
}

/** Something that can be proven, by its element: of the trace, or for `gap` of the output. */
export interface Proof {
  readonly kind: 'element' | 'padding' | 'gap';
  readonly element: number;
}

/**
 * `attested`: no trial yet. `untraced`: the claimant owes its trace. `over`: the job has ended, or was never answered.
 * `unsettled`: what was read is of two different blocks. `replaced`: the chain keeps another answer of the job than ours is about.
 */
export type Stage = 'attested' | 'untraced' | 'hearing' | 'over' | 'unsettled' | 'replaced';

/** A trial as the chain tells it now. Times in Unix seconds of chain time. */
export interface TrialView {
  readonly now: number;
  readonly block: number;
  /** Wei per gas. */
  readonly baseFee: bigint;
  readonly stage: Stage;
  /** For `over`: how the job ended, for the log. */
  readonly ending?: string;
  /** Last second in which the trial can be opened. */
  readonly openUntil: number;
  /** Last second in which the trace may be posted. */
  readonly traceDeadline: number;
  /** Of the trace's tree, as posted. */
  readonly traceRoot: Hex32 | undefined;
  /** Last second for a demand that follows no answer; one that does has `revealTime` after that answer, if that is later. */
  readonly demandsEnd: number;
  /** The first second in which the trial may end, if no demand is open then. */
  readonly resolveFrom: number;
  /** Hard end: nothing is due beyond it. */
  readonly trialEnd: number;
  /** The claimant's time to answer a demand, seconds. */
  readonly revealTime: number;
  /** A small gap was proven: it ends void unless it ends in a conviction. */
  readonly marked: boolean;
  readonly demands: readonly OpenDemand[];
  /** By `nodeKey`. */
  readonly shown: ReadonlyMap<string, Shown>;
  /** Blocks of our commitments, by the step of the proof they are for. */
  readonly commitments: ReadonlyMap<string, number>;
  /** Our demander's bond waits to be fetched. */
  readonly bondWaits: boolean;
}

/** Levels that one answer opens: 32 children. */
const LEVELS = 5;

export function nodeKey({ space, height, index }: NodeRef): string {
  return `${space}-${height}-${index}`;
}

/** Height of the nodes that an answer to a demand for a node of `height` shows; a chunk shows itself. */
export function below(height: number): number {
  return Math.max(0, height - LEVELS);
}

/** Height of the root of a tree over `chunks` chunks. */
export function rootHeight(chunks: number): number {
  return Math.ceil(Math.log2(Math.max(1, chunks)));
}
