import { hexOfHash, nodeOf, type TreeNodes, zeroNode } from '../../canonical/tree/tree-nodes.ts';
import type { Hex32 } from '../../protocol/ids.ts';
import { below, nodeKey, type Shown, type VectorSpace } from './trial-view.ts';

/** A vector of the claimant as far as it is known. */
export interface OverlayParts {
  readonly space: VectorSpace;
  readonly depth: number;
  /** As the claimant committed to it. */
  readonly root: Hex32;
  readonly shown: ReadonlyMap<string, Shown>;
  /** Ours: what was not shown is left of the first difference, and so the same. */
  readonly own: TreeNodes | undefined;
}

/**
 * The claimant's tree, pieced together from what it has shown and from ours: enough to open everything up to the first
 * difference, because a descent shows the siblings on its way and all left of it is common ground.
 */
export function overlayTree({ space, depth, root, shown, own }: OverlayParts): TreeNodes {
  /** The answer that covers a node: that to a demand for the lowest node above it. */
  function covering(
    height: number,
    index: number,
  ): { readonly low: number; readonly hashes: readonly Hex32[] } | undefined {
    for (let top = depth; top > height; top = below(top)) {
      const low = below(top);
      if (low > height) continue;
      const seen = shown.get(nodeKey({ space, height: top, index: Math.floor(index / 2 ** (top - height)) }));
      return seen && 'hashes' in seen ? { low, hashes: seen.hashes } : undefined;
    }
    return undefined;
  }

  function node(height: number, index: number): Uint8Array {
    if (height === depth) return bytesOf(root);
    const answer = covering(height, index);
    if (!answer) return own ? own.node(height, index) : zeroNode(height);
    const width = 2 ** (height - answer.low);
    const first = (index * width) % answer.hashes.length;
    return merged(answer.hashes.slice(first, first + width).map(bytesOf));
  }

  return {
    depth,
    node,
    chunk(index) {
      const seen = shown.get(nodeKey({ space, height: 0, index }));
      if (seen && 'chunk' in seen) return seen.chunk;
      if (own) return own.chunk(index);
      throw new RangeError(`chunk ${index} of the ${space} is not known`);
    },
  };
}

/** The hashes from a node up to the root of its tree. */
export function pathOf(tree: TreeNodes, height: number, index: number): readonly Hex32[] {
  return Array.from({ length: tree.depth - height }, (_, up) =>
    hexOfHash(tree.node(height + up, Math.floor(index / 2 ** up) ^ 1)),
  );
}

function merged(hashes: readonly Uint8Array[]): Uint8Array {
  let level = hashes;
  while (level.length > 1)
    level = level.flatMap((left, at) => (at % 2 === 0 ? [nodeOf(left, level[at + 1] ?? left)] : []));
  return level[0] ?? new Uint8Array(32);
}

function bytesOf(hex: Hex32): Uint8Array {
  return Buffer.from(hex.slice(2), 'hex');
}
