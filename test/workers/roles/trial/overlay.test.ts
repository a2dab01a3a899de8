import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openChunks } from '../../../../workers/canonical/tree/opening.ts';
import { hexOfHash } from '../../../../workers/canonical/tree/tree-nodes.ts';
import { VectorTree } from '../../../../workers/canonical/tree/vector-tree.ts';
import { descend } from '../../../../workers/roles/trial/descent.ts';
import { overlayTree, pathOf } from '../../../../workers/roles/trial/overlay.ts';
import { below, nodeKey, type NodeRef, type Shown } from '../../../../workers/roles/trial/trial-view.ts';

/** What the claimant answers to a demand. */
function answer(tree: VectorTree, { height, index }: NodeRef): Shown {
  if (height === 0) return { chunk: tree.chunk(index) };
  const fan = 2 ** (height - below(height));
  return { hashes: Array.from({ length: fan }, (_, at) => hexOfHash(tree.node(below(height), index * fan + at))) };
}

it('opens, after a descent, the wrong chunk and everything left of it as if the whole trace were at hand', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9_000 }),
      fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
      fc.array(fc.nat(), { maxLength: 5 }),
      (length, wrong, operands) => {
        const ours = Uint32Array.from({ length }, (_, at) => Math.imul(at + 1, 40_503) >>> 0);
        const theirs = ours.slice();
        for (const at of wrong) theirs[at % length] = ((theirs[at % length] ?? 0) ^ 1) >>> 0;
        const [own, claimed] = [new VectorTree(ours), new VectorTree(theirs)];
        const shown = new Map<string, Shown>();
        for (;;) {
          const found = descend(own, claimed.merkleRoot, 'trace', shown);
          if (found.kind === 'equal') return;
          if (found.kind === 'ask') {
            const parts = { space: 'trace', depth: own.depth, root: claimed.merkleRoot, shown, own } as const;
            const { height, index } = found.ref;
            expect(pathOf(overlayTree(parts), height, index)).toEqual(pathOf(claimed, height, index));
            shown.set(nodeKey(found.ref), answer(claimed, found.ref));
            continue;
          }
          if (found.kind !== 'found') throw new Error(found.kind);
          expect(found.element).toBe(ours.findIndex((bits, at) => bits !== theirs[at]));
          const at = Math.floor(found.element / 64);
          const chunks = [at, ...operands.map((one) => one % (at + 1))];
          const overlay = overlayTree({ space: 'trace', depth: own.depth, root: claimed.merkleRoot, shown, own });
          expect(openChunks(overlay, chunks)).toEqual(claimed.open(chunks));
          return;
        }
      },
    ),
    { numRuns: 100 },
  );
});
