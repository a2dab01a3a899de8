import { FOLD, MAP, OP, TYPE } from '../../plan/instruction.ts';
import { oneOf } from '../emit-dot.ts';
import type { Lowering, LowerMap } from '../lowering.ts';
import type { Reading } from '../draft.ts';
import { elementCount, type Value } from '../value.ts';
import { broadcastTo, transposed } from '../views.ts';

/** Reductions over whole dimensions: sums and means are `DOT` with 1, the others `FOLD`. */
export const reduce: LowerMap = {
  ReduceSum: (node) => [reduced(node, (value, axes) => sumOver(node, value, axes))],
  ReduceMean: (node) => [reduced(node, (value, axes) => meanOver(node, value, axes))],
  ReduceSumSquare: (node) => [
    reduced(node, (value, axes) => sumOver(node, node.arithmetic('MUL', value, value), axes)),
  ],
  ReduceL1: (node) => [reduced(node, (value, axes) => sumOver(node, magnitudeOf(node, value), axes))],
  ReduceL2: (node) => [
    reduced(node, (value, axes) => node.map(MAP.SQRT, sumOver(node, node.arithmetic('MUL', value, value), axes))),
  ],
  ReduceLogSum: (node) => [reduced(node, (value, axes) => node.map(MAP.LOG, sumOver(node, value, axes)))],
  ReduceLogSumExp: (node) => [reduced(node, (value, axes) => logSumExp(node, value, axes))],
  ReduceMax: (node) => [reduced(node, (value, axes) => foldOver(node, FOLD.MAX, value, axes))],
  ReduceMin: (node) => [reduced(node, (value, axes) => foldOver(node, FOLD.MIN, value, axes))],
  ReduceProd: (node) => [reduced(node, (value, axes) => foldOver(node, FOLD.PROD, value, axes))],
};

/** Applies a reduction that keeps its dimensions as 1, over the axes that the node names, as its attributes say. */
function reduced(node: Lowering, reduction: (value: Value, axes: readonly number[]) => Value): Value {
  const value = node.input(0);
  const rank = value.shape.length;
  const named = node.attributes.ints('axes') ?? node.ints(1, 'axes');
  const none = named === undefined || named.length === 0;
  if (none && node.attributes.int('noop_with_empty_axes', 0) !== 0) return withoutAxes(node, value, reduction);
  const axes = none ? value.shape.map((_, d) => d) : named.map((axis) => node.axis(axis, rank));
  const result = reduction(value, axes);
  if (node.attributes.int('keepdims', 1) !== 0) return result;
  return node.reshape(
    result,
    value.shape.filter((_, d) => !axes.includes(d)),
  );
}

/** A reduction over no axes leaves the element-wise part of its definition. */
function withoutAxes(node: Lowering, value: Value, reduction: (value: Value, axes: readonly number[]) => Value): Value {
  return node.node.opType === 'ReduceSum' ? value : reduction(value, []);
}

function magnitudeOf(node: Lowering, value: Value): Value {
  if (value.type === TYPE.F32) return node.map(MAP.ABS, value);
  return node.arithmetic('MAX', value, node.arithmetic('SUB', node.int(0, value.onnxType), value));
}

/** How a value is read over a window of whole dimensions; its other dimensions are the output's. */
export interface WholeWindow {
  readonly dims: readonly number[];
  readonly window: readonly number[];
  readonly reading: Reading;
  /** brings the result back to the value's dimensions, the window's being 1 */
  readonly restored: (result: Value) => Value;
}

/** The window's dimensions are walked in row-major order of the value. */
export function windowOver(value: Value, axes: readonly number[]): WholeWindow {
  const inner = value.shape.map((_, d) => d).filter((d) => axes.includes(d));
  const outer = outerOrder(value, axes);
  const sizeOf = (d: number): number => value.shape[d] ?? 1;
  const stepOf = (d: number): number => value.steps[d] ?? 0;
  return {
    dims: outer.map(sizeOf),
    window: inner.map(sizeOf),
    reading: { value, steps: [...outer, ...inner].map(stepOf) },
    restored: (result) => {
      const opened = {
        ...result,
        shape: [...result.shape, ...inner.map(() => 1)],
        steps: [...result.steps, ...inner.map(() => 0)],
      };
      const order = [...outer, ...inner];
      return transposed(
        opened,
        value.shape.map((_, d) => order.indexOf(d)),
      );
    },
  };
}

/** The kept dimensions, widest step first: the result lies in memory as the value does. */
function outerOrder(value: Value, axes: readonly number[]): readonly number[] {
  const width = (d: number): number => ((value.shape[d] ?? 1) === 1 ? Infinity : Math.abs(value.steps[d] ?? 0));
  const compare = (one: number, other: number): number => (one === other ? 0 : one > other ? -1 : 1);
  return value.shape
    .map((_, d) => d)
    .filter((d) => !axes.includes(d))
    .sort((one, other) => compare(width(one), width(other)) || one - other);
}

/** Sums over whole dimensions, which become 1; divided by a whole number. */
export function sumOver(node: Lowering, value: Value, axes: readonly number[], divisor = 1): Value {
  const keptShape = value.shape.map((size, d) => (axes.includes(d) ? 1 : size));
  if (elementCount(value.shape) === 0)
    return broadcastTo(node.retyped(node.zero(value.type), value.onnxType), keptShape);
  if (axes.length === 0 && divisor === 1) return value;
  const { dims, window, reading, restored } = windowOver(value, axes);
  const right = { value: oneOf(value.type), steps: reading.steps.map(() => 0) };
  const sum = node.dot({ type: value.type, onnxType: value.onnxType, dims, window, left: reading, right, divisor });
  return node.wrapped(restored(sum));
}

/** Means over whole dimensions, which become 1: exact sums, divided once. Ints divide toward zero. */
export function meanOver(node: Lowering, value: Value, axes: readonly number[]): Value {
  const count = axes.reduce((product, d) => product * (value.shape[d] ?? 1), 1);
  if (value.type === TYPE.F32) return sumOver(node, value, axes, Math.max(1, count));
  return node.arithmetic('DIV', sumOver(node, value, axes), node.int(count, value.onnxType));
}

/** `FOLD` over whole dimensions, which become 1. */
export function foldOver(
  node: Lowering,
  fn: number,
  value: Value,
  axes: readonly number[],
  onnxType = value.onnxType,
): Value {
  const keptShape = value.shape.map((size, d) => (axes.includes(d) ? 1 : size));
  if (elementCount(value.shape) === 0) return broadcastTo(emptyFold(node, fn, value), keptShape);
  const { dims, window, reading, restored } = windowOver(value, axes);
  const type = fn === FOLD.ARGMAX || fn === FOLD.ARGMIN ? TYPE.I32 : value.type;
  return restored(node.builder.emit({ op: OP.FOLD, fn, type, onnxType, dims, window, operands: [reading] }));
}

/** What a fold over nothing is: the smallest, the largest, or one. */
function emptyFold(node: Lowering, fn: number, value: Value): Value {
  if (fn === FOLD.PROD) return node.retyped(oneOf(value.type), value.onnxType);
  if (value.type === TYPE.F32) return node.float(fn === FOLD.MAX ? -Infinity : Infinity);
  return node.int(fn === FOLD.MAX ? -(2 ** 31) : 2 ** 31 - 1, value.onnxType);
}

function logSumExp(node: Lowering, value: Value, axes: readonly number[]): Value {
  if (elementCount(value.shape) === 0) return node.map(MAP.LOG, sumOver(node, value, axes));
  const top = foldOver(node, FOLD.MAX, value, axes);
  const sum = sumOver(node, node.map(MAP.EXP, node.arithmetic('SUB', value, top)), axes);
  return node.arithmetic('ADD', node.map(MAP.LOG, sum), top);
}
