import { dataType } from '../../onnx/data-type.ts';
import type { OnnxGraph } from '../../onnx/proto.ts';
import { TYPE } from '../plan/instruction.ts';
import { isWide } from './element-types.ts';
import type { Graph, GraphNode } from './graph.ts';
import { IntegerRanges } from './integer-ranges.ts';
import { bitsOfConstant, isConstant, type Value } from './value.ts';

/** Their result jumps, and is judged for that where it is an output: by margin, or within a tolerance of steps. */
const JUDGED_JUMPS = new Set([
  ...['ArgMax', 'ArgMin', 'TopK', 'QuantizeLinear', 'DynamicQuantizeLinear', 'QLinearConv', 'QLinearMatMul'],
]);
/** Operators whose result jumps where their input moves a little. */
const JUMPS = new Set([
  ...JUDGED_JUMPS,
  ...['Round', 'Floor', 'Ceil', 'Sign', 'Mod', 'OneHot', 'IsNaN', 'IsInf', 'Hardmax', 'ThresholdedRelu', 'Shrink'],
  ...['Equal', 'Less', 'Greater', 'LessOrEqual', 'GreaterOrEqual'],
  ...['TreeEnsembleClassifier', 'TreeEnsembleRegressor', 'TreeEnsemble'],
]);
/** Operators that every engine computes alike to the last bit, of numbers that are alike. */
const EXACT = new Set([
  ...['Identity', 'Dropout', 'Transpose', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Slice', 'Split', 'Concat'],
  ...['Expand', 'Tile', 'Pad', 'DepthToSpace', 'SpaceToDepth', 'Gather', 'GatherElements', 'GatherND', 'Cast', 'Where'],
  ...['Equal', 'Less', 'Greater', 'LessOrEqual', 'GreaterOrEqual', 'And', 'Or', 'Xor', 'Not', 'IsNaN', 'IsInf'],
  ...['Relu', 'Clip', 'Min', 'Max', 'Neg', 'Abs', 'Sign', 'Floor', 'Ceil', 'Round', 'ArgMax', 'ArgMin', 'OneHot'],
  ...['ReduceMax', 'ReduceMin', 'MaxPool', 'GlobalMaxPool', 'TopK'],
]);
const ARITHMETIC = new Set(['Add', 'Sub', 'Mul', 'Pow', 'CumSum', 'Sum', 'ReduceSum', 'ReduceProd', 'MatMul', 'Neg']);

/**
 * Why the answer of another engine may honestly differ from the canonical one by more than any tolerance: a jump of numbers
 * that engines compute a little differently, or 64-bit arithmetic that the judge does in 32 bits.
 *
 * @param nodes in their order
 */
export function canonicalOnlyReasons(
  nodes: readonly GraphNode[],
  { inputs, outputs }: Pick<Graph, 'inputs' | 'outputs'>,
  values: ReadonlyMap<string, Value>,
): readonly string[] {
  const ends = new Set(outputs.map(({ name }) => name));
  const isRunTime = (name: string): boolean => {
    const value = values.get(name);
    return value !== undefined && !isConstant(value);
  };
  const read = new Set(nodes.flatMap((node) => [...node.inputs, ...node.captures]));
  const alike = new Set(inputs.map(({ name }) => name));
  const ranges = new IntegerRanges(values);
  return nodes.flatMap((node) => {
    if (!node.outputs.some(isRunTime)) return [];
    const fits = ranges.follow(node);
    const made = node.outputs.flatMap((name) => values.get(name) ?? []);
    const ofAlike = [...node.inputs, ...node.captures].every((name) => !isRunTime(name) || alike.has(name));
    const inInts = made.every(({ type }) => type === TYPE.I32) && node.inputs.every((name) => isInts(values.get(name)));
    if (ofAlike && (EXACT.has(node.opType) || inInts)) node.outputs.forEach((name) => alike.add(name));
    const onlyEnds = node.outputs.every((name) => name === '' || (ends.has(name) && !read.has(name)));
    const judged = JUDGED_JUMPS.has(node.opType) && onlyEnds;
    const reason = reasonOf(node, made, values, fits) ?? (ofAlike || judged ? undefined : jumpOf(node, made));
    return reason === undefined ? [] : [`${node.opType} ${node.name}: ${reason}`];
  });
}

const isInts = (value: Value | undefined): boolean => value === undefined || value.type === TYPE.I32;

/** Where engines differ whatever the numbers are. */
function reasonOf(
  node: GraphNode,
  made: readonly Value[],
  values: ReadonlyMap<string, Value>,
  fits: boolean,
): string | undefined {
  if (!fits && ARITHMETIC.has(node.opType) && made.some(({ onnxType }) => isWide(onnxType))) {
    return '64-bit arithmetic is done in 32 bits';
  }
  const [from] = node.inputs;
  const toInts =
    node.opType === 'Cast' && made.some(({ type, onnxType }) => type === TYPE.I32 && onnxType !== dataType.bool);
  if (toInts && !isInts(values.get(from ?? '')))
    return 'engines differ in what a float beyond the whole numbers becomes';
  if (node.opType === 'TopK' && node.attributes.int('sorted', 1) === 0) return 'engines may give it in any order';
  if (node.opType === 'Resize' && resizesBetweenCorners(node, values)) {
    return 'onnxruntime aligns the corners of whole sizes, ONNX those of scaled ones';
  }
  return undefined;
}

function jumpOf(node: GraphNode, made: readonly Value[]): string | undefined {
  const castsToInt = node.opType === 'Cast' && made.some(({ type }) => type === TYPE.I32);
  const bodies = node.attributes.names().flatMap((name) => node.attributes.body(name) ?? []);
  if (!JUMPS.has(node.opType) && !castsToInt && !bodies.some(jumpsInside)) return undefined;
  return 'a small difference before it can become a large one after it';
}

/** Whether a body may jump: its types are not looked at. */
function jumpsInside(body: OnnxGraph): boolean {
  return (body.node ?? []).some(
    ({ opType = '', attribute }) =>
      JUMPS.has(opType) || opType === 'Cast' || (attribute ?? []).some(({ g }) => g && jumpsInside(g)),
  );
}

/** Whether corners are aligned by scales that give no whole size: its definition and onnxruntime part ways there. */
function resizesBetweenCorners({ attributes, inputs }: GraphNode, values: ReadonlyMap<string, Value>): boolean {
  if (attributes.string('coordinate_transformation_mode', 'half_pixel') !== 'align_corners') return false;
  const scales = values.get(inputs[2] ?? '');
  const shape = values.get(inputs[0] ?? '')?.shape ?? [];
  if (!scales || !isConstant(scales) || scales.type !== TYPE.F32) return false;
  const factors = [...new Float32Array(bitsOfConstant(scales).slice().buffer)];
  const axes = attributes.ints('axes') ?? shape.map((_, d) => d);
  return factors.some((factor, i) => !Number.isInteger(factor * (shape.at(axes[i] ?? 0) ?? 1)));
}
