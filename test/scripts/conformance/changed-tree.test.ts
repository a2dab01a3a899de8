import { expect, test } from 'vitest';
import { changedTree } from '../../../scripts/conformance/changed-tree.ts';
import { VectorTree } from '../../../workers/canonical/tree/vector-tree.ts';

test.each([1, 64, 65, 300, 1_000])(
  'a vector of %i elements with one changed has the root of the changed vector',
  (length) => {
    const elements = Uint32Array.from({ length }, (_, at) => at * 7 + 1);
    const tree = new VectorTree(elements);
    for (const element of [0, Math.floor(length / 2), length - 1]) {
      const other = elements.slice();
      other[element] = 5_000_000;
      const [changed, grown] = [changedTree(tree, element, 5_000_000), new VectorTree(other)];
      expect(changed.merkleRoot).toBe(grown.merkleRoot);
      expect(changed.merkleRoot).not.toBe(tree.merkleRoot);
      const chunk = Math.floor(element / 64);
      expect(Buffer.from(changed.chunk(chunk))).toEqual(Buffer.from(grown.chunk(chunk)));
      for (let height = 0; height <= tree.depth; height++)
        expect(Buffer.from(changed.node(height, 0))).toEqual(Buffer.from(grown.node(height, 0)));
    }
  },
);
