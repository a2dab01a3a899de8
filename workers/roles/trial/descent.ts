import { hexOfHash, type TreeNodes } from '../../canonical/tree/tree-nodes.ts';
import type { Hex32 } from '../../protocol/ids.ts';
import { ELEMENT_BYTES } from '../../protocol/vector.ts';
import { below, nodeKey, type NodeRef, rootHeight, type Shown, type VectorSpace } from './trial-view.ts';

/** How far a descent into a claimant's tree has come. */
export type Descent =
  | { readonly kind: 'equal' }
  /** The next node to ask for. */
  | { readonly kind: 'ask'; readonly ref: NodeRef }
  /** The first element that differs. */
  | { readonly kind: 'found'; readonly element: number }
  /** What was shown for this node does not differ where its hash does, so it cannot be true. */
  | { readonly kind: 'contradiction'; readonly ref: NodeRef };

/**
 * Walks from the root to the leftmost chunk that differs from ours, as far as the claimant has shown its tree. Everything
 * left of that chunk is equal, so it need not be shown.
 */
export function descend(own: TreeNodes, root: Hex32, space: VectorSpace, shown: ReadonlyMap<string, Shown>): Descent {
  if (root === merkleRootOf(own)) return { kind: 'equal' };
  let ref: NodeRef = { space, height: own.depth, index: 0 };
  for (;;) {
    const seen = shown.get(nodeKey(ref));
    if (!seen) return { kind: 'ask', ref };
    if ('chunk' in seen) {
      const element = firstDifference(own.chunk(ref.index), seen.chunk);
      if (element === undefined) return { kind: 'contradiction', ref };
      return { kind: 'found', element: (ref.index * seen.chunk.length) / ELEMENT_BYTES + element };
    }
    const height = below(ref.height);
    const first = ref.index * seen.hashes.length;
    const at = seen.hashes.findIndex((hash, child) => hash !== hexOfHash(own.node(height, first + child)));
    if (at < 0) return { kind: 'contradiction', ref };
    ref = { space, height, index: first + at };
  }
}

export function merkleRootOf(tree: TreeNodes): Hex32 {
  return hexOfHash(tree.node(tree.depth, 0));
}

/**
 * The first node of a vector to ask for when it has to be read whole, left to right; undefined when all of it is shown.
 * @param isFree whether nobody has asked for a node yet: others' answers need not be waited for
 */
export function nextUnread(
  space: VectorSpace,
  chunks: number,
  shown: ReadonlyMap<string, Shown>,
  isFree: (ref: NodeRef) => boolean = () => true,
  ref: NodeRef = { space, height: rootHeight(chunks), index: 0 },
): NodeRef | undefined {
  // What lies past the vector's end is known: zeros.
  if (ref.index * 2 ** ref.height >= chunks) return undefined;
  const seen = shown.get(nodeKey(ref));
  if (!seen) return isFree(ref) ? ref : undefined;
  if ('chunk' in seen) return undefined;
  const height = below(ref.height);
  for (const child of seen.hashes.keys()) {
    const under = { space, height, index: ref.index * seen.hashes.length + child };
    const next = nextUnread(space, chunks, shown, isFree, under);
    if (next) return next;
  }
  return undefined;
}

/** Answers that show a vector whole, those included that have been given. */
export function answersFor(chunks: number): number {
  let answers = 0;
  for (let height = rootHeight(chunks); ; height = below(height)) {
    answers += Math.ceil(chunks / 2 ** height);
    if (height === 0) return answers;
  }
}

/** The first element in which two chunks differ. */
function firstDifference(one: Uint8Array, other: Uint8Array): number | undefined {
  const byte = one.findIndex((value, at) => value !== other[at]);
  return byte < 0 ? undefined : Math.floor(byte / ELEMENT_BYTES);
}
