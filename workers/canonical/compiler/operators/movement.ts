import { dataType } from '../../../onnx/data-type.ts';
import { OP, type Coordinate } from '../../plan/instruction.ts';
import type { Lowering, LowerMap } from '../lowering.ts';
import type { Reading } from '../draft.ts';
import { invalid, refused } from '../refusal.ts';
import { bitsOfConstant, elementCount, isConstant, memoryOrder, type Value } from '../value.ts';
import { broadcastShape, broadcastTo, sliced, squeezed, transposed, unsqueezed } from '../views.ts';
import { padded } from './pad.ts';

const JOIN_MAX = 16;

/** Operators that move numbers and compute none: views where a view can say it. */
export const movement: LowerMap = {
  Identity: (node) => [node.input(0)],
  Dropout: (node) => dropout(node),
  Transpose: (node) => {
    const value = node.input(0);
    const order = node.attributes.ints('perm') ?? value.shape.map((_, d) => value.shape.length - 1 - d);
    if (order.length !== value.shape.length) throw invalid(node.node, `perm names ${order.length} dimensions`);
    return [transposed(value, distinctAxes(node, order, value.shape.length))];
  },
  Reshape: (node) => [node.reshape(node.input(0), reshapeTarget(node, node.input(0).shape))],
  Flatten: (node) => {
    const { shape } = node.input(0);
    const axis = node.attributes.int('axis', 1);
    const at = axis < 0 ? axis + shape.length : axis;
    if (at < 0 || at > shape.length) throw invalid(node.node, `axis ${axis} of ${shape.length} dimensions`);
    return [node.reshape(node.input(0), [elementCount(shape.slice(0, at)), elementCount(shape.slice(at))])];
  },
  Squeeze: (node) => [squeeze(node, node.input(0))],
  Unsqueeze: (node) => {
    const value = node.input(0);
    const axes = axesOf(node) ?? [];
    const rank = value.shape.length + axes.length;
    const sorted = [...distinctAxes(node, axes, rank)].sort((one, other) => one - other);
    return [sorted.reduce((view, d) => unsqueezed(view, d), value)];
  },
  Slice: (node) => [slice(node, node.input(0))],
  Split: (node) => split(node, node.input(0)),
  Concat: (node) => [concat(node, node.inputs, node.attributes.int('axis', 1))],
  Expand: (node) => {
    const shape = broadcastShape([node.input(0).shape, node.ints(1, 'shape') ?? []]);
    if (!shape) throw invalid(node.node, 'its shapes do not fit');
    return [broadcastTo(node.input(0), shape)];
  },
  Tile: (node) => [tile(node, node.input(0))],
  Pad: (node) => [padded(node)],
  DepthToSpace: (node) => {
    requireImages(node);
    const [n = 1, c = 1, h = 1, w = 1] = node.input(0).shape;
    const b = node.attributes.int('blocksize', 1);
    const depth = c / (b * b);
    const crd = node.attributes.string('mode', 'DCR') === 'CRD';
    const apart = node.reshape(node.input(0), crd ? [n, depth, b, b, h, w] : [n, b, b, depth, h, w]);
    return [node.reshape(transposed(apart, crd ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2]), [n, depth, h * b, w * b])];
  },
  SpaceToDepth: (node) => {
    requireImages(node);
    const [n = 1, c = 1, h = 1, w = 1] = node.input(0).shape;
    const b = node.attributes.int('blocksize', 1);
    const apart = node.reshape(node.input(0), [n, c, h / b, b, w / b, b]);
    return [node.reshape(transposed(apart, [0, 3, 5, 1, 2, 4]), [n, c * b * b, h / b, w / b])];
  },
};

/** Axes counted from the front, none of them twice. */
function distinctAxes(node: Lowering, axes: readonly number[], rank: number): readonly number[] {
  const counted = axes.map((axis) => node.axis(axis, rank));
  if (new Set(counted).size !== counted.length) throw invalid(node.node, `[${axes.join(', ')}] names an axis twice`);
  return counted;
}

/** Axes as the second input (opset 13 on) or as the attribute. */
function axesOf(node: Lowering): readonly number[] | undefined {
  return node.attributes.ints('axes') ?? node.ints(1, 'axes');
}

function requireImages(node: Lowering): void {
  const { shape } = node.input(0);
  if (shape.length !== 4) throw invalid(node.node, `its input has ${shape.length} dimensions`);
}

/** In inference mode nothing is dropped; the mask is all true. */
function dropout(node: Lowering): readonly Value[] {
  const value = node.input(0);
  const training = node.optional(2);
  const ratio = node.optional(1) ? (node.floats(1, 'ratio')?.[0] ?? 0) : node.attributes.float('ratio', 0.5);
  const trains = training !== undefined && (node.ints(2, 'training_mode')?.[0] ?? 0) !== 0;
  if (trains && ratio !== 0) throw refused(node.node, 'it drops numbers at random', 'export the model for inference');
  return [value, broadcastTo(node.int(1, node.opset < 10 ? value.onnxType : dataType.bool), value.shape)];
}

function reshapeTarget(node: Lowering, shape: readonly number[]): readonly number[] {
  const wanted = node.attributes.ints('shape') ?? node.ints(1, 'shape') ?? [];
  const allowZero = node.attributes.int('allowzero', 0) !== 0;
  const kept = wanted.map((size, d) => (size === 0 && !allowZero ? (shape[d] ?? 0) : size));
  const known = elementCount(kept.filter((size) => size !== -1));
  return kept.map((size) => (size === -1 ? elementCount(shape) / (known === 0 ? 1 : known) : size));
}

function squeeze(node: Lowering, value: Value): Value {
  const axes = axesOf(node) ?? value.shape.map((_, d) => d).filter((d) => value.shape[d] === 1);
  const sorted = [...distinctAxes(node, axes, value.shape.length)].sort((one, other) => other - one);
  return sorted.reduce((view, d) => {
    if (view.shape[d] !== 1) throw invalid(node.node, `dimension ${d} of [${value.shape.join(', ')}] is not 1`);
    return squeezed(view, d);
  }, value);
}

function slice(node: Lowering, value: Value): Value {
  const old = node.opset < 10;
  const starts = old ? (node.attributes.ints('starts') ?? []) : (node.ints(1, 'starts') ?? []);
  const ends = old ? (node.attributes.ints('ends') ?? []) : (node.ints(2, 'ends') ?? []);
  const axes = (old ? node.attributes.ints('axes') : node.ints(3, 'axes')) ?? starts.map((_, i) => i);
  const steps = (old ? undefined : node.ints(4, 'steps')) ?? starts.map(() => 1);
  if ([ends, axes, steps].some(({ length }) => length !== starts.length)) {
    throw invalid(
      node.node,
      `${starts.length} starts, ${ends.length} ends, ${axes.length} axes, ${steps.length} steps`,
    );
  }
  return starts.reduce((view, from, i) => {
    const d = node.axis(axes[i] ?? 0, value.shape.length);
    const size = value.shape[d] ?? 1;
    const step = steps[i] ?? 1;
    if (step === 0) throw invalid(node.node, 'a step is 0');
    const clamp = (at: number, low: number, high: number): number =>
      Math.min(high, Math.max(low, at < 0 ? at + size : at));
    const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
    const start = clamp(from, Math.max(low, 0), high);
    const end = clamp(ends[i] ?? 0, low, high);
    return sliced(view, d, start, Math.max(0, Math.ceil((end - start) / step)), step);
  }, value);
}

function split(node: Lowering, value: Value): readonly Value[] {
  const d = node.axis(node.attributes.int('axis', 0), value.shape.length);
  const size = value.shape[d] ?? 1;
  const parts = node.attributes.int('num_outputs', node.node.outputs.length);
  if (parts < 1 || parts > node.node.outputs.length) throw invalid(node.node, `${parts} parts`);
  const even = Math.ceil(size / parts);
  const sizes =
    node.attributes.ints('split') ??
    node.ints(1, 'split') ??
    Array.from({ length: parts }, (_, i) => Math.max(0, Math.min(even, size - i * even)));
  if (sizes.some((count) => count < 0) || sizes.reduce((sum, count) => sum + count, 0) !== size) {
    throw invalid(node.node, `parts of [${sizes.join(', ')}] out of ${size}`);
  }
  let from = 0;
  return sizes.map((count) => {
    const part = sliced(value, d, from, count);
    from += count;
    return part;
  });
}

/** Values one after the other along an axis. Constants stay constant; more than 16 are joined in stages. */
export function concat(node: Lowering, all: readonly Value[], axis: number): Value {
  const values = all.filter(({ shape }) => shape.length === 0 || elementCount(shape) > 0);
  const [first] = values.length > 0 ? values : all;
  if (!first) throw invalid(node.node, 'it has no inputs');
  if (values.length <= 1) return first;
  const d = node.axis(axis, first.shape.length);
  const odd = values.find(({ shape, type }) => {
    const fits = shape.length === first.shape.length && shape.every((size, i) => i === d || size === first.shape[i]);
    return !fits || type !== first.type;
  });
  if (odd) throw invalid(node.node, `[${odd.shape.join(', ')}] does not continue [${first.shape.join(', ')}]`);
  if (values.length > JOIN_MAX) {
    const groups = Array.from({ length: Math.ceil(values.length / JOIN_MAX) }, (_, i) =>
      concat(node, values.slice(i * JOIN_MAX, (i + 1) * JOIN_MAX), d),
    );
    return concat(node, groups, d);
  }
  const sizes = values.map(({ shape }) => shape[d] ?? 1);
  const dims = first.shape.map((size, i) => (i === d ? sizes.reduce((sum, one) => sum + one, 0) : size));
  let from = 0;
  const operands = values.map((value, i): Reading => {
    const stride = value.steps[d] ?? 0;
    const terms = [{ dimension: d, coefficient: 1 }];
    const place: Coordinate = { size: sizes[i] ?? 1, divisor: 1, stride, offset: -from, terms };
    from += sizes[i] ?? 1;
    return { value, steps: value.steps.map((step, at) => (at === d ? 0 : step)), coordinates: [place] };
  });
  const leader = values.find((value) => !isConstant(value)) ?? first;
  const { type, onnxType } = first;
  return node.emitInOrder(memoryOrder(leader), { op: OP.JOIN, type, onnxType, dims, operands });
}

function tile(node: Lowering, value: Value): Value {
  const repeats = node.ints(1, 'repeats') ?? [];
  if (repeats.length !== value.shape.length) throw invalid(node.node, `${repeats.length} repeats`);
  node.builder.requireSize(value.shape.map((size, d) => size * (repeats[d] ?? 1)));
  const apart = value.shape.flatMap((size, d) => [repeats[d] ?? 1, size]);
  const spread = value.shape.reduce<Value>((view, _, d) => unsqueezed(view, 2 * d), value);
  const merged = value.shape.map((size, d) => size * (repeats[d] ?? 1));
  return node.reshape(broadcastTo(spread, apart), merged);
}

/** Whole numbers of a constant. */
export function intsOf(value: Value): readonly number[] {
  return isConstant(value) ? [...bitsOfConstant(value)].map((bits) => bits | 0) : [];
}
