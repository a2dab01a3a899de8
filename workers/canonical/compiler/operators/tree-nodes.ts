import { bitsOf, floatOf } from '../../arithmetic/float32.ts';
import type { Lowering } from '../lowering.ts';
import { invalid, refused } from '../refusal.ts';

/** The trees of an ensemble as tables over all nodes; a leaf leads to itself. */
export interface TreeTables {
  /** node keys in order of the tables, to find leaves by */
  readonly places: ReadonlyMap<string, number>;
  readonly trees: readonly number[];
  readonly roots: readonly number[];
  /** of the tree that a node belongs to, in order of `trees` */
  readonly treeOf: readonly number[];
  readonly features: readonly number[];
  /** a node goes to its true child when the feature is at most this */
  readonly thresholds: readonly number[];
  readonly falseChildren: readonly number[];
  readonly trueChildren: readonly number[];
  /** whether a missing feature leads to the true child */
  readonly missingIsTrue: readonly boolean[];
  /** steps from a root to the deepest leaf */
  readonly depth: number;
}

export const keyOf = (tree: number | undefined, node: number | undefined): string => `${tree}/${node}`;

/**
 * Reads `nodes_*` of the operators of ai.onnx.ml up to version 4. Every kind of comparison becomes "at most": `x < t` is `x ≤ t'` with the
 * float before `t`, and `≥`, `>` change the children.
 */
export function treeTables(node: Lowering): TreeTables {
  const { attributes } = node;
  const list = (name: string): readonly number[] => attributes.ints(name) ?? [];
  const [ids, treeIds, features] = [list('nodes_nodeids'), list('nodes_treeids'), list('nodes_featureids')];
  const [onTrue, onFalse] = [list('nodes_truenodeids'), list('nodes_falsenodeids')];
  const tracks = list('nodes_missing_value_tracks_true');
  const values = attributes.floats('nodes_values') ?? [];
  const modes = attributes.strings('nodes_modes') ?? [];
  if (attributes.has('nodes_values_as_tensor'))
    throw refused(node.node, 'its thresholds are doubles', 'use nodes_values');
  const places = new Map(ids.map((id, i) => [keyOf(treeIds[i], id), i]));
  const child = (i: number, id: number | undefined): number => {
    const place = places.get(keyOf(treeIds[i], id));
    if (place === undefined) throw invalid(node.node, `tree ${treeIds[i]} has no node ${id}`);
    return place;
  };
  const rows = ids.map((_, i) => {
    const mode = modes[i] ?? 'LEAF';
    if (mode === 'LEAF') return { threshold: Infinity, onTrue: i, onFalse: i, missing: false, leaf: true };
    const threshold = Math.fround(values[i] ?? 0);
    const [yes, no] = [child(i, onTrue[i]), child(i, onFalse[i])];
    const missing = tracks[i] === 1;
    const leaf = false;
    switch (mode) {
      case 'BRANCH_LEQ':
        return { threshold, onTrue: yes, onFalse: no, missing, leaf };
      case 'BRANCH_LT':
        return { threshold: before(threshold), onTrue: yes, onFalse: no, missing, leaf };
      case 'BRANCH_GT':
        return { threshold, onTrue: no, onFalse: yes, missing: !missing, leaf };
      case 'BRANCH_GTE':
        return { threshold: before(threshold), onTrue: no, onFalse: yes, missing: !missing, leaf };
      default:
        throw refused(node.node, `it branches by ${mode}`, 'use trees that compare by <, ≤, > or ≥');
    }
  });
  const trees = [...new Set(treeIds)];
  const children = new Set(rows.flatMap((row, i) => [row.onTrue, row.onFalse].filter((to) => to !== i)));
  const roots = trees.map((tree) => {
    const root = ids.findIndex((_, i) => treeIds[i] === tree && !children.has(i));
    if (root < 0) throw invalid(node.node, `tree ${tree} has no root`);
    return root;
  });
  return {
    places,
    trees,
    roots,
    treeOf: treeIds.map((tree) => trees.indexOf(tree)),
    features: rows.map(({ leaf }, i) => (leaf ? 0 : (features[i] ?? 0))),
    thresholds: rows.map(({ threshold }) => threshold),
    trueChildren: rows.map((row) => row.onTrue),
    falseChildren: rows.map((row) => row.onFalse),
    missingIsTrue: rows.map(({ missing }) => missing),
    depth: depthOf(node, roots, rows),
  };
}

function depthOf(
  node: Lowering,
  roots: readonly number[],
  rows: readonly { readonly onTrue: number; readonly onFalse: number }[],
): number {
  let level = [...new Set(roots)];
  let depth = 0;
  for (; ; depth++) {
    level = level.flatMap((i) => [rows[i]?.onTrue ?? i, rows[i]?.onFalse ?? i].filter((to) => to !== i));
    if (level.length === 0) return depth;
    if (depth > rows.length || level.length > rows.length) throw invalid(node.node, 'its trees run in circles');
  }
}

/** The largest float32 below; NaN, which nothing is at most, below −∞. */
function before(value: number): number {
  if (value === -Infinity) return Number.NaN;
  if (value === 0) return -(2 ** -149);
  return floatOf(value > 0 ? bitsOf(value) - 1 : bitsOf(value) + 1);
}
