import type { Graph, GraphNode } from './graph.ts';
import { isWide } from './element-types.ts';
import { isConstant, type Value } from './value.ts';

/** Operators whose result jumps where their input moves a little. */
const JUMPS = new Set([
  ...['Round', 'Floor', 'Ceil', 'Sign', 'QuantizeLinear', 'DynamicQuantizeLinear', 'Mod', 'OneHot', 'IsNaN', 'IsInf'],
  ...['Equal', 'Less', 'Greater', 'LessOrEqual', 'GreaterOrEqual', 'ArgMax', 'ArgMin', 'TopK', 'Hardmax'],
  ...['QLinearConv', 'QLinearMatMul', 'TreeEnsembleClassifier', 'TreeEnsembleRegressor', 'TreeEnsemble'],
]);
const ARITHMETIC = new Set(['Add', 'Sub', 'Mul', 'Pow', 'CumSum', 'Sum', 'ReduceSum', 'ReduceProd', 'MatMul', 'Neg']);

/**
 * Why the answer of another engine may honestly differ from the canonical one by more than any tolerance: a jump that is not
 * itself an output, or 64-bit arithmetic that the judge does in 32 bits.
 */
export function canonicalOnlyReasons(
  nodes: readonly GraphNode[],
  { outputs }: Pick<Graph, 'outputs'>,
  values: ReadonlyMap<string, Value>,
): readonly string[] {
  const ends = new Set(outputs.map(({ name }) => name));
  const runTime = (name: string): Value | undefined => {
    const value = values.get(name);
    return value && !isConstant(value) ? value : undefined;
  };
  const read = new Set(nodes.flatMap(({ inputs, captures }) => [...inputs, ...captures]));
  return nodes.flatMap((node) => {
    const made = node.outputs.map(runTime).filter((value) => value !== undefined);
    if (made.length === 0) return [];
    const named = `${node.opType} ${node.name}`;
    if (ARITHMETIC.has(node.opType) && made.some(({ onnxType }) => isWide(onnxType))) {
      return [`${named}: 64-bit arithmetic is done in 32 bits`];
    }
    if (node.opType === 'TopK' && node.attributes.int('sorted', 1) === 0) {
      return [`${named}: engines may give its results in any order`];
    }
    const jumps = JUMPS.has(node.opType) || (node.opType === 'Cast' && made.some(({ type }) => type === 1));
    const onlyEnds = node.outputs.every((name) => name === '' || (ends.has(name) && !read.has(name)));
    return jumps && !onlyEnds ? [`${named}: a small difference before it can become a large one after it`] : [];
  });
}
