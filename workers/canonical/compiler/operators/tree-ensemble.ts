import { dataType } from '../../../onnx/data-type.ts';
import { FOLD, MAP, OP, TYPE, ZIP } from '../../plan/instruction.ts';
import type { Lowering, LowerMap } from '../lowering.ts';
import { invalid, refused } from '../refusal.ts';
import type { Value } from '../value.ts';
import { broadcastTo, sliced } from '../views.ts';
import { castTo } from './cast.ts';
import { not } from './elementwise.ts';
import { gathered } from './gather.ts';
import { product } from './matmul.ts';
import { concat } from './movement.ts';
import { softmax } from './normalization.ts';
import { foldOver, sumOver } from './reduce.ts';
import { keyOf, type TreeTables, treeTables } from './tree-nodes.ts';

/** Ensembles of decision trees (ai.onnx.ml): all trees are descended at once, level by level, by picking from tables of their nodes. */
export const treeEnsembles: LowerMap = {
  TreeEnsembleRegressor: (node) => [regress(node)],
  TreeEnsembleClassifier: (node) => classify(node),
};

/** A number that a leaf adds to a target. */
interface LeafWeight {
  readonly place: number;
  readonly target: number;
  readonly weight: number;
}

function leafWeights(node: Lowering, kind: 'target' | 'class', { places }: TreeTables): readonly LeafWeight[] {
  const list = (name: string): readonly number[] => node.attributes.ints(`${kind}_${name}`) ?? [];
  const [targets, nodes, trees] = [list('ids'), list('nodeids'), list('treeids')];
  const weights = node.attributes.floats(`${kind}_weights`);
  if (!weights) throw refused(node.node, 'its weights are not float32', `use ${kind}_weights`);
  return weights.map((weight, i) => {
    const place = places.get(keyOf(trees[i], nodes[i]));
    if (place === undefined) throw invalid(node.node, `tree ${trees[i]} has no leaf ${nodes[i]}`);
    return { place, target: targets[i] ?? 0, weight };
  });
}

/** The leaves that the rows of the input end in, one for each tree: [rows, trees], twice their place in the tables. */
function leavesOf(node: Lowering, tables: TreeTables): Value {
  const input = castTo(node, node.input(0), dataType.float32);
  const x = input.shape.length === 1 ? node.reshape(input, [1, input.shape[0] ?? 1]) : input;
  const twice = <T>(list: readonly T[]): readonly T[] => list.flatMap((one) => [one, one]);
  const features = node.intTensor(twice(tables.features));
  const thresholds = node.floatTensor(twice(tables.thresholds));
  const children = node.intTensor(
    tables.trueChildren.flatMap((yes, i) => [2 * (tables.falseChildren[i] ?? 0), 2 * yes]),
  );
  const missing = node.intTensor(twice(tables.missingIsTrue).map(Number), undefined, dataType.bool);
  const dims = [x.shape[0] ?? 1, tables.roots.length];
  let at = broadcastTo(node.intTensor(tables.roots.map((root) => 2 * root)), dims);
  for (let level = 0; level < tables.depth; level++) {
    const feature = gathered(node, features, at, 0, 0);
    const value = node.builder.emit({
      op: OP.PICK,
      type: TYPE.F32,
      onnxType: x.onnxType,
      a: x.shape[1] ?? 1,
      b: x.steps[1] ?? 0,
      dims,
      operands: [{ value: x, steps: [x.steps[0] ?? 0, 0] }, node.reading(feature)],
    });
    const holds = node.arithmetic('LE', value, gathered(node, thresholds, at, 0, 0));
    const decided = tables.missingIsTrue.includes(true)
      ? node.select(not(node, node.arithmetic('EQ', value, value)), gathered(node, missing, at, 0, 0), holds)
      : holds;
    at = gathered(node, children, node.zip(ZIP.INT_ADD, at, decided), 0, 0);
  }
  return at;
}

/** What the leaves add up to: [rows, targets]. */
function scoresOf(node: Lowering, kind: 'target' | 'class', targets: number): Value {
  const tables = treeTables(node);
  const weights = leafWeights(node, kind, tables);
  const leaves = leavesOf(node, tables);
  const trees = tables.roots.length;
  const how = node.attributes.string('aggregate_function', 'SUM');
  if (weights.some(({ target }) => target < 0 || target >= targets))
    throw invalid(node.node, `more than ${targets} targets`);
  const targetOfTree = new Map<number, number>();
  const isOneEach = weights.every(({ place, target }) => {
    const tree = tables.treeOf[place] ?? 0;
    const known = targetOfTree.get(tree) ?? target;
    targetOfTree.set(tree, known);
    return known === target;
  });
  const width = isOneEach ? 1 : targets;
  const table = new Array<number>(2 * tables.features.length * width).fill(0);
  for (const { place, target, weight } of weights) {
    const at = 2 * place * width + (isOneEach ? 0 : target);
    table[at] = Math.fround((table[at] ?? 0) + weight);
  }
  const numbers = gathered(node, node.floatTensor(table, [2 * tables.features.length, width]), leaves, 0, 0);
  if (how === 'MIN' || how === 'MAX') {
    if (targets !== 1) throw refused(node.node, `${how} of ${targets} targets`, 'aggregate by SUM or AVERAGE');
    return node.reshape(foldOver(node, FOLD[how], numbers, [1]), [numbers.shape[0] ?? 1, 1]);
  }
  if (how !== 'SUM' && how !== 'AVERAGE') throw refused(node.node, `it aggregates by ${how}`, 'aggregate by SUM');
  const rows = numbers.shape[0] ?? 1;
  const sum = isOneEach
    ? product(node, node.reshape(numbers, [rows, trees]), oneHot(node, trees, targets, targetOfTree))
    : node.reshape(sumOver(node, numbers, [1]), [rows, targets]);
  return how === 'SUM' ? sum : node.zip(ZIP.DIV, sum, node.float(trees));
}

/** [trees, targets], 1 where a tree belongs to a target. */
function oneHot(node: Lowering, trees: number, targets: number, targetOfTree: ReadonlyMap<number, number>): Value {
  const cells = Array.from({ length: trees * targets }, (_, i) =>
    targetOfTree.get(Math.floor(i / targets)) === i % targets ? 1 : 0,
  );
  return node.floatTensor(cells, [trees, targets]);
}

function transformed(node: Lowering, scores: Value): Value {
  const name = node.attributes.string('post_transform', 'NONE');
  if (name === 'NONE') return scores;
  if (name === 'LOGISTIC') return node.map(MAP.SIGMOID, scores);
  if (name === 'SOFTMAX') return softmax(node, scores, [1]);
  throw refused(node.node, `post_transform ${name}`, 'use NONE, LOGISTIC or SOFTMAX');
}

function withBase(node: Lowering, scores: Value): Value {
  const base = node.attributes.floats('base_values') ?? [];
  return base.length === 0 ? scores : node.zip(ZIP.ADD, scores, node.floatTensor(base));
}

function regress(node: Lowering): Value {
  const targets = node.attributes.int('n_targets', 1);
  if (targets === 1 && node.attributes.string('post_transform', 'NONE') !== 'NONE') {
    throw refused(node.node, 'a transform of one target, which onnxruntime leaves out', 'transform after the node');
  }
  return transformed(node, withBase(node, scoresOf(node, 'target', targets)));
}

function classify(node: Lowering): readonly Value[] {
  const { attributes } = node;
  const labels = attributes.ints('classlabels_int64s');
  if (!labels) throw refused(node.node, 'its labels are strings', 'use classlabels_int64s');
  if (labels.length < 2) throw refused(node.node, 'it has fewer than two classes', 'use TreeEnsembleRegressor');
  if (labels.length === 2) return binary(node, labels);
  const scores = withBase(node, scoresOf(node, 'class', labels.length));
  const place = node.reshape(foldOver(node, FOLD.ARGMAX, scores, [1], dataType.int64), [scores.shape[0] ?? 1]);
  const table = node.intTensor(labels, [labels.length], dataType.int64);
  return [gathered(node, table, place, 0, 0), transformed(node, scores)];
}

/** Two classes with weights for only one of them have one score, as onnxruntime has it; the first class alone stands for the second. */
function binary(node: Lowering, labels: readonly number[]): readonly Value[] {
  const { attributes } = node;
  const [id = 0, second] = new Set(attributes.ints('class_ids') ?? []);
  const bases = attributes.floats('base_values')?.length ?? 0;
  const transform = attributes.string('post_transform', 'NONE');
  if (second !== undefined || bases > (id === 0 ? 1 : 0) || (id === 0 && transform === 'SOFTMAX')) {
    const advice = 'give the weights to the first class, at most one base value, and the transform NONE or LOGISTIC';
    throw refused(node.node, 'two classes by rules that only onnxruntime has', advice);
  }
  const all = withBase(node, scoresOf(node, 'class', 2));
  const score = sliced(all, 1, id, 1);
  const positive = (attributes.floats('class_weights') ?? []).every((weight) => weight >= 0);
  const above = node.arithmetic('LT', node.float(positive ? 0.5 : 0), node.reshape(score, [score.shape[0] ?? 1]));
  const [negative = 0, affirmative = 0] = labels;
  const label = node.select(above, node.int(affirmative, dataType.int64), node.int(negative, dataType.int64));
  if (id === 1) return [label, transformed(node, all)];
  const complement = positive && transform !== 'LOGISTIC';
  const other = complement ? node.zip(ZIP.SUB, node.float(1), score) : node.map(MAP.NEG, score);
  return [label, transformed(node, concat(node, [other, score], 1))];
}
