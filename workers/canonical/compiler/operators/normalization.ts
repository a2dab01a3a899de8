import { FOLD, MAP, TYPE } from '../../plan/instruction.ts';
import type { Lowering, LowerMap } from '../lowering.ts';
import { invalid, refused } from '../refusal.ts';
import { elementCount, type Value } from '../value.ts';
import { castTo } from './cast.ts';
import { foldOver, meanOver, sumOver } from './reduce.ts';

/** Normalisations: means and sums are exact and rounded once, every other step is element-wise. */
export const normalization: LowerMap = {
  Softmax: (node) => [overAxis(node, softmax)],
  LogSoftmax: (node) => [overAxis(node, logSoftmax)],
  LayerNormalization: (node) => layerNormalization(node),
  RMSNormalization: (node) => [rmsNormalization(node)],
  InstanceNormalization: (node) => [instanceNormalization(node)],
  GroupNormalization: (node) => [groupNormalization(node)],
  BatchNormalization: (node) => batchNormalization(node),
  LRN: (node) => [localResponse(node)],
  LpNormalization: (node) => [lpNormalization(node)],
};

const DEFAULT_EPSILON = 1e-5;

/** `e^(x − max) / Σ e^(x − max)` over the axes. */
export function softmax(node: Lowering, value: Value, axes: readonly number[]): Value {
  const powers = node.map(MAP.EXP, node.arithmetic('SUB', value, foldOver(node, FOLD.MAX, value, axes)));
  return node.arithmetic('DIV', powers, sumOver(node, powers, axes));
}

function logSoftmax(node: Lowering, value: Value, axes: readonly number[]): Value {
  const shifted = node.arithmetic('SUB', value, foldOver(node, FOLD.MAX, value, axes));
  const sum = sumOver(node, node.map(MAP.EXP, shifted), axes);
  return node.arithmetic('SUB', shifted, node.map(MAP.LOG, sum));
}

/** Until opset 12 all dimensions from the axis on are one. */
function overAxis(node: Lowering, work: (node: Lowering, value: Value, axes: readonly number[]) => Value): Value {
  const value = node.input(0);
  const old = node.opset < 13;
  const axis = node.axis(node.attributes.int('axis', old ? 1 : -1), value.shape.length);
  return work(node, value, old ? value.shape.map((_, d) => d).slice(axis) : [axis]);
}

/** Mean, and the numbers less it, divided by their root mean square plus `epsilon`. */
function standardised(node: Lowering, value: Value, axes: readonly number[], epsilon: number) {
  const mean = meanOver(node, value, axes);
  const centred = node.arithmetic('SUB', value, mean);
  const variance = meanOver(node, node.arithmetic('MUL', centred, centred), axes);
  const inverse = inverseRoot(node, variance, epsilon);
  return { mean, inverse, result: node.arithmetic('MUL', centred, inverse) };
}

function inverseRoot(node: Lowering, variance: Value, epsilon: number): Value {
  const root = node.map(MAP.SQRT, node.arithmetic('ADD', variance, node.float(epsilon)));
  return node.arithmetic('DIV', node.float(1), root);
}

function scaledAndShifted(node: Lowering, value: Value, scale: Value | undefined, bias: Value | undefined): Value {
  const scaled = scale ? node.arithmetic('MUL', value, scale) : value;
  return bias ? node.arithmetic('ADD', scaled, bias) : scaled;
}

const axesFrom = (value: Value, axis: number): readonly number[] => value.shape.map((_, d) => d).slice(axis);

function layerNormalization(node: Lowering): readonly Value[] {
  const value = node.input(0);
  const axis = node.axis(node.attributes.int('axis', -1), value.shape.length);
  const epsilon = node.attributes.float('epsilon', DEFAULT_EPSILON);
  const { mean, inverse, result } = standardised(node, value, axesFrom(value, axis), epsilon);
  return [scaledAndShifted(node, result, node.optional(1), node.optional(2)), mean, inverse];
}

function rmsNormalization(node: Lowering): Value {
  const value = node.input(0);
  const axis = node.axis(node.attributes.int('axis', -1), value.shape.length);
  const squares = meanOver(node, node.arithmetic('MUL', value, value), axesFrom(value, axis));
  const inverse = inverseRoot(node, squares, node.attributes.float('epsilon', DEFAULT_EPSILON));
  return scaledAndShifted(node, node.arithmetic('MUL', value, inverse), node.optional(1), undefined);
}

/** A vector of channels, shaped so that it broadcasts over [batch, channels, space]. */
function perChannel(node: Lowering, vector: Value, rank: number): Value {
  return node.reshape(vector, [elementCount(vector.shape), ...new Array<number>(rank - 2).fill(1)]);
}

function instanceNormalization(node: Lowering): Value {
  const value = node.input(0);
  const rank = value.shape.length;
  const epsilon = node.attributes.float('epsilon', DEFAULT_EPSILON);
  const { result } = standardised(node, value, axesFrom(value, 2), epsilon);
  return scaledAndShifted(node, result, perChannel(node, node.input(1), rank), perChannel(node, node.input(2), rank));
}

/** Until opset 20 scale and bias are one for each group, then one for each channel. */
function groupNormalization(node: Lowering): Value {
  const value = node.input(0);
  const [batch = 1, channels = 1, ...space] = value.shape;
  const groups = node.attributes.int('num_groups', 1);
  if (channels % groups !== 0) throw invalid(node.node, `${channels} channels in ${groups} groups`);
  const grouped = node.reshape(value, [batch, groups, channels / groups, ...space]);
  const epsilon = node.attributes.float('epsilon', DEFAULT_EPSILON);
  const { result } = standardised(node, grouped, axesFrom(grouped, 2), epsilon);
  const [scale, bias] = [node.input(1), node.input(2)];
  if (elementCount(scale.shape) === groups && node.opset < 21) {
    const perGroup = (vector: Value): Value => perChannel(node, vector, grouped.shape.length);
    return node.reshape(scaledAndShifted(node, result, perGroup(scale), perGroup(bias)), value.shape);
  }
  const rank = value.shape.length;
  const back = node.reshape(result, value.shape);
  return scaledAndShifted(node, back, perChannel(node, scale, rank), perChannel(node, bias, rank));
}

/**
 * Inference mode scales by constants that are computed once: `x · s + (b − mean · s)` with `s = scale / √(var + epsilon)`. Training
 * mode takes mean and variance of the batch, and gives the running ones.
 */
function batchNormalization(node: Lowering): readonly Value[] {
  const value = node.input(0);
  const rank = Math.max(2, value.shape.length);
  const channel = (vector: Value): Value => perChannel(node, vector, rank);
  const [scale, bias, mean, variance] = [1, 2, 3, 4].map((i) => node.input(i));
  if (!scale || !bias || !mean || !variance) throw invalid(node.node, 'it has fewer than five inputs');
  const epsilon = node.attributes.float('epsilon', DEFAULT_EPSILON);
  if (node.attributes.int('training_mode', 0) === 0) {
    const factor = node.arithmetic('MUL', scale, inverseRoot(node, variance, epsilon));
    const offset = node.arithmetic('SUB', bias, node.arithmetic('MUL', mean, factor));
    return [scaledAndShifted(node, value, channel(factor), channel(offset))];
  }
  const axes = value.shape.map((_, d) => d).filter((d) => d !== 1);
  const standard = standardised(node, value, axes, epsilon);
  const ownMean = node.reshape(standard.mean, mean.shape);
  const centred = node.arithmetic('SUB', value, standard.mean);
  const ownVariance = node.reshape(meanOver(node, node.arithmetic('MUL', centred, centred), axes), variance.shape);
  const momentum = node.attributes.float('momentum', 0.9);
  const running = (before: Value, now: Value): Value =>
    node.arithmetic(
      'ADD',
      node.arithmetic('MUL', before, node.float(momentum)),
      node.arithmetic('MUL', now, node.float(1 - momentum)),
    );
  return [
    scaledAndShifted(node, standard.result, channel(scale), channel(bias)),
    running(mean, ownMean),
    running(variance, ownVariance),
  ];
}

/** `x / (bias + alpha / size · Σ x²)^beta` over a window of channels. */
function localResponse(node: Lowering): Value {
  const value = node.input(0);
  const size = node.attributes.int('size', 1);
  const squares = node.arithmetic('MUL', value, value);
  const before = Math.floor((size - 1) / 2);
  const channels = value.shape[1] ?? 1;
  const dims = value.shape;
  const zeros = dims.map(() => 0);
  const sum = node.dot({
    type: TYPE.F32,
    onnxType: value.onnxType,
    dims,
    window: [size],
    left: {
      value: squares,
      steps: [...squares.steps.map((step, d) => (d === 1 ? 0 : step)), 0],
      coordinates: [
        {
          size: channels,
          divisor: 1,
          stride: squares.steps[1] ?? 0,
          offset: -before,
          terms: [
            { dimension: 1, coefficient: 1 },
            { dimension: dims.length, coefficient: 1 },
          ],
        },
      ],
    },
    right: { value: node.float(1), steps: [...zeros, 0] },
  });
  const alpha = node.float(node.attributes.float('alpha', 1e-4) / size);
  const base = node.arithmetic('ADD', node.arithmetic('MUL', sum, alpha), node.float(node.attributes.float('bias', 1)));
  return node.arithmetic('DIV', value, node.arithmetic('POW', base, node.float(node.attributes.float('beta', 0.75))));
}

function lpNormalization(node: Lowering): Value {
  const value = castTo(node, node.input(0), node.input(0).onnxType);
  const axis = node.axis(node.attributes.int('axis', -1), value.shape.length);
  const p = node.attributes.int('p', 2);
  if (p !== 1 && p !== 2) throw refused(node.node, `p is ${p}`, 'use p = 1 or p = 2');
  const norm =
    p === 1
      ? sumOver(node, node.map(MAP.ABS, value), [axis])
      : node.map(MAP.SQRT, sumOver(node, node.arithmetic('MUL', value, value), [axis]));
  return node.arithmetic('DIV', value, norm);
}
