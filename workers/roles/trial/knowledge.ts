import type { TreeNodes } from '../../canonical/tree/tree-nodes.ts';
import type { Address } from '../../protocol/ids.ts';
import type { VectorSpace } from './trial-view.ts';

/** What this node knows beyond the chain. */
export interface Knowledge {
  readonly side: 'claimant' | 'challenger';
  /** The account that sends our transactions. */
  readonly us: Address;
  /** The canonical run; undefined while the input is out of reach. */
  readonly canonical: CanonicalTrace | undefined;
  /** Whether the claim is wrong; undefined while that is not known. `withheld`: nobody shows the claimed output. */
  readonly finding: Finding | undefined;
  /** Trees of the vectors that we have, for answering demands. */
  readonly trees: Partial<Readonly<Record<VectorSpace, TreeNodes>>>;
  /** Chunks of each vector. */
  readonly chunks: Readonly<Record<VectorSpace, number>>;
  /** The claimant's own trace, fetched by its root. */
  readonly served: ServedTrace;
}

/** `asking`: it may still be served. `firstDifference`: the first element that is not the canonical one. */
export type ServedTrace =
  | { readonly kind: 'served'; readonly firstDifference: number }
  | { readonly kind: 'asking' }
  | { readonly kind: 'absent' };

export interface CanonicalTrace {
  readonly tree: TreeNodes;
  /** Whether an element is between two instructions or past the last, where only zeros may be. */
  isPadding(element: number): boolean;
}

export type Finding =
  { readonly kind: 'right' } | { readonly kind: 'gap'; readonly element: number } | { readonly kind: 'withheld' };
