import { dataType, dataTypeName } from '../../../onnx/data-type.ts';
import { FOLD, MAP, ZIP } from '../../plan/instruction.ts';
import { integerRangeOf, isNarrow } from '../element-types.ts';
import type { Lowering, LowerMap } from '../lowering.ts';
import { invalid, refused } from '../refusal.ts';
import { elementCount, type Value } from '../value.ts';
import { broadcastTo, sliced, transposed, unsqueezed } from '../views.ts';
import { castTo } from './cast.ts';
import { convolve, weightsLessZeroPoint } from './convolution.ts';
import { product, withoutZeroPoint } from './matmul.ts';
import { intsOf } from './movement.ts';
import { foldOver } from './reduce.ts';

/** Quantisation. Sums of products are exact int32; a scale is `fl(fl(sx · sw) / sy)`; rounding is half to even, then saturation. */
export const quantized: LowerMap = {
  QuantizeLinear: (node) => [quantizeLinear(node)],
  DequantizeLinear: (node) => {
    const value = node.input(0);
    const [scale, zeroPoint] = parameters(node, value, node.input(1), node.optional(2));
    return [dequantized(node, value, scale, zeroPoint)];
  },
  DynamicQuantizeLinear: (node) => dynamic(node),
  QLinearMatMul: (node) => [qLinearMatMul(node)],
  QLinearConv: (node) => [qLinearConv(node)],
};

/** The same for onnxruntime's own operators. */
export const quantizedContrib: LowerMap = {
  QLinearAdd: (node) => {
    const [a, b] = [0, 3].map((i) => dequantized(node, node.input(i), scalar(node.input(i + 1)), point(node, i + 2)));
    if (!a || !b) throw invalid(node.node, 'it adds two tensors');
    return [quantizedTo(node, node.arithmetic('ADD', a, b), node.input(6), node.optional(7))];
  },
  QLinearMul: (node) => {
    const [a, b] = [0, 3].map((i) => withoutZeroPoint(node, node.input(i), point(node, i + 2), -1));
    if (!a || !b) throw invalid(node.node, 'it multiplies two tensors');
    const scale = combined(node, scalar(node.input(1)), scalar(node.input(4)), scalar(node.input(6)));
    return [requantized(node, node.arithmetic('MUL', a, b), scale, node.optional(7), node.input(0).onnxType)];
  },
  QGemm: (node) => [qGemm(node)],
};

/** A vector of one number is a scalar. */
function scalar(value: Value): Value {
  return elementCount(value.shape) === 1 ? { ...value, shape: [], steps: [] } : value;
}

function point(node: Lowering, i: number): Value | undefined {
  const given = node.optional(i);
  return given && scalar(given);
}

/** Scale and zero point in shapes that broadcast to the value: one for all, for each place of an axis, or for each block of it. */
function parameters(
  node: Lowering,
  value: Value,
  scale: Value,
  zeroPoint: Value | undefined,
): readonly [Value, Value | undefined] {
  const block = node.attributes.int('block_size', 0);
  const fit = (parameter: Value): Value => {
    if (elementCount(parameter.shape) === 1 && block === 0) return scalar(parameter);
    const rank = value.shape.length;
    const d = node.axis(node.attributes.int('axis', 1), rank);
    if (block === 0) {
      return node.reshape(
        parameter,
        value.shape.map((_, i) => (i === d ? elementCount(parameter.shape) : 1)),
      );
    }
    const repeated = unsqueezed(parameter, d + 1);
    const spread = broadcastTo(repeated, repeated.shape.with(d + 1, block));
    const size = (parameter.shape[d] ?? 1) * block;
    if (size < (value.shape[d] ?? 1)) throw invalid(node.node, `blocks of ${block} do not cover axis ${d}`);
    return sliced(node.reshape(spread, parameter.shape.with(d, size)), d, 0, value.shape[d] ?? 1);
  };
  return [fit(scale), zeroPoint && fit(zeroPoint)];
}

/** `(x − zero point) · scale`. */
function dequantized(node: Lowering, value: Value, scale: Value, zeroPoint: Value | undefined): Value {
  const plain = zeroPoint && isZero(zeroPoint) ? undefined : zeroPoint;
  const whole = withoutZeroPoint(node, value, plain, -1);
  return node.zip(ZIP.MUL, node.map(MAP.TO_FLOAT, whole, dataType.float32), scale, dataType.float32);
}

const isZero = (value: Value): boolean => {
  const numbers = intsOf(value);
  return numbers.length > 0 && numbers.every((number) => number === 0);
};

function quantizeLinear(node: Lowering): Value {
  const value = castTo(node, node.input(0), dataType.float32);
  const [scale, zeroPoint] = parameters(node, value, node.input(1), node.optional(2));
  if (node.attributes.int('precision', dataType.float32) > dataType.float32) {
    throw refused(node.node, 'it divides in another precision than float32', 'leave precision out');
  }
  const wanted = node.attributes.int('output_dtype', 0);
  return quantizedTo(node, value, scale, zeroPoint, wanted === 0 ? undefined : wanted);
}

/** `saturate(round(x / scale) + zero point)`. */
function quantizedTo(
  node: Lowering,
  value: Value,
  scale: Value,
  zeroPoint: Value | undefined,
  onnxType = zeroPoint?.onnxType ?? dataType.uint8,
): Value {
  return saturated(node, node.map(MAP.ROUND, node.zip(ZIP.DIV, value, scale)), zeroPoint, onnxType);
}

/** `saturate(round(fl(sum) · scale) + zero point)`. */
function requantized(
  node: Lowering,
  sum: Value,
  scale: Value,
  zeroPoint: Value | undefined,
  onnxType = zeroPoint?.onnxType ?? dataType.uint8,
): Value {
  const scaled = node.zip(ZIP.MUL, node.map(MAP.TO_FLOAT, sum, dataType.float32), scale, dataType.float32);
  return saturated(node, node.map(MAP.ROUND, scaled), zeroPoint, onnxType);
}

/** Whole floats moved by the zero point and cut to the range of a narrow type. */
function saturated(node: Lowering, value: Value, zeroPoint: Value | undefined, onnxType: number): Value {
  const [low, high] = integerRangeOf(onnxType) ?? [0, 0];
  if (!isNarrow(onnxType)) {
    const name = dataTypeName(onnxType);
    throw refused(node.node, `it quantises to ${name}`, 'quantise to int8, uint8, int16 or uint16');
  }
  const moved =
    zeroPoint && !isZero(zeroPoint) ? node.zip(ZIP.ADD, value, castTo(node, zeroPoint, dataType.float32)) : value;
  const cut = node.zip(ZIP.MIN, node.zip(ZIP.MAX, moved, node.float(low)), node.float(high));
  return node.map(MAP.TO_INT, cut, onnxType);
}

/** `fl(fl(sx · sw) / sy)`. */
function combined(node: Lowering, left: Value, right: Value, result: Value): Value {
  return node.zip(ZIP.DIV, node.zip(ZIP.MUL, left, right), scalar(result));
}

/** To uint8 over the range that the numbers have, 0 included. A range of nothing has scale 1. */
function dynamic(node: Lowering): readonly Value[] {
  const value = node.input(0);
  const over = (fn: number): Value => {
    // One dimension after the other: a window holds 8,192 numbers.
    const found = value.shape.reduce<Value>((rest, _, d) => foldOver(node, fn, rest, [d]), value);
    return scalar(found);
  };
  const low = node.zip(ZIP.MIN, over(FOLD.MIN), node.float(0));
  const high = node.zip(ZIP.MAX, over(FOLD.MAX), node.float(0));
  const width = node.zip(ZIP.DIV, node.zip(ZIP.SUB, high, low), node.float(255));
  const scale = node.select(node.arithmetic('EQ', low, high), node.float(1), width);
  const start = node.map(MAP.NEG, node.zip(ZIP.DIV, low, scale));
  const cut = node.zip(ZIP.MIN, node.zip(ZIP.MAX, start, node.float(0)), node.float(255));
  const zeroPoint = node.map(MAP.TO_INT, node.map(MAP.ROUND, cut), dataType.uint8);
  return [quantizedTo(node, value, scale, zeroPoint), scale, zeroPoint];
}

/** Parameters of the left factor are one for all or one for each row. */
const ofRows = (value: Value): Value =>
  value.shape.length === 1 && value.shape[0] !== 1 ? unsqueezed(value, 1) : scalar(value);

function qLinearMatMul(node: Lowering): Value {
  const [a, b] = [node.input(0), node.input(3)];
  const left = withoutZeroPoint(node, a, ofRows(node.input(2)), -1);
  const right = withoutZeroPoint(node, b, scalar(node.input(5)), -1);
  const scale = combined(node, ofRows(node.input(1)), scalar(node.input(4)), node.input(6));
  return requantized(node, product(node, left, right), scale, scalar(node.input(7)));
}

function qLinearConv(node: Lowering): Value {
  const x = withoutZeroPoint(node, node.input(0), scalar(node.input(2)), -1);
  const w = weightsLessZeroPoint(node, node.input(3), node.optional(5));
  const sum = convolve(node, x, w, node.optional(8));
  const scale = combined(node, scalar(node.input(1)), scalar(node.input(4)), node.input(6));
  const perChannel =
    scale.shape.length === 1
      ? node.reshape(scale, [elementCount(scale.shape), ...x.shape.slice(2).map(() => 1)])
      : scale;
  return requantized(node, sum, perChannel, scalar(node.input(7)));
}

/** `alpha` belongs to the scale. Without a scale of the result it stays a float. */
function qGemm(node: Lowering): Value {
  const { attributes } = node;
  const flip = (value: Value, name: string): Value =>
    attributes.int(name, 0) === 0 ? value : transposed(value, [1, 0]);
  const left = withoutZeroPoint(node, flip(node.input(0), 'transA'), scalar(node.input(2)), -1);
  const right = flip(node.input(3), 'transB');
  const sum = product(node, left, withoutZeroPoint(node, right, scalar(node.input(5)), -1), node.optional(6));
  const alpha = attributes.float('alpha', 1);
  const both = node.zip(ZIP.MUL, scalar(node.input(1)), scalar(node.input(4)));
  const scale = alpha === 1 ? both : node.zip(ZIP.MUL, both, node.float(alpha));
  const wanted = node.optional(7);
  if (!wanted) return node.zip(ZIP.MUL, castTo(node, sum, dataType.float32), scale);
  return requantized(node, sum, node.zip(ZIP.DIV, scale, scalar(wanted)), point(node, 8), node.input(0).onnxType);
}
