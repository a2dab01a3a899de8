import { dataType } from '../../../onnx/data-type.ts';
import { OP, SPACE, ZIP } from '../../plan/instruction.ts';
import type { Lowering, LowerMap } from '../lowering.ts';
import { invalid, refused } from '../refusal.ts';
import { elementCount, isConstant, rowMajor, type Value } from '../value.ts';
import { sliced, squeezed } from '../views.ts';
import { concat, intsOf } from './movement.ts';
import { picked } from './pad.ts';

/** Operators that choose numbers by index: `PICK`. Scattering needs constant indices, and is a choice among both tensors. */
export const gather: LowerMap = {
  Gather: (node) => {
    const value = node.input(0);
    return [gathered(node, value, node.input(1), node.axis(node.attributes.int('axis', 0), value.shape.length), 0)];
  },
  GatherElements: (node) => [gatherElements(node)],
  GatherND: (node) => [gatherND(node)],
  ScatterElements: (node) => [scattered(node, elementTargets(node))],
  Scatter: (node) => [scattered(node, elementTargets(node))],
  ScatterND: (node) => [scattered(node, sliceTargets(node))],
};

/**
 * The slices of dimension `d` that run-time or constant indices name; negative ones count from the end. The first `batch`
 * dimensions are shared by the value and the indices.
 */
export function gathered(node: Lowering, value: Value, indices: Value, d: number, batch: number): Value {
  const size = value.shape[d] ?? 1;
  const only = indices.shape.length === 0 ? intsOf(indices)[0] : undefined;
  if (only !== undefined) {
    if (only < -size || only >= size) throw invalid(node.node, `index ${only} of ${size}`);
    return squeezed(sliced(value, d, only < 0 ? only + size : only, 1), d);
  }
  const own = indices.shape.slice(batch);
  const steps = indices.steps.slice(batch);
  const rest = value.shape.slice(d + 1);
  return node.builder.emit({
    op: OP.PICK,
    type: value.type,
    onnxType: value.onnxType,
    a: size,
    b: value.steps[d] ?? 0,
    dims: [...value.shape.slice(0, d), ...own, ...rest],
    operands: [
      { value, steps: [...value.steps.slice(0, d), ...own.map(() => 0), ...value.steps.slice(d + 1)] },
      {
        value: indices,
        steps: [
          ...value.shape.slice(0, d).map((_, i) => (i < batch ? (indices.steps[i] ?? 0) : 0)),
          ...steps,
          ...rest.map(() => 0),
        ],
      },
    ],
  });
}

function gatherElements(node: Lowering): Value {
  const [value, indices] = [node.input(0), node.input(1)];
  const d = node.axis(node.attributes.int('axis', 0), value.shape.length);
  if (indices.shape.some((size, i) => i !== d && size > (value.shape[i] ?? 1))) {
    throw invalid(node.node, `indices of [${indices.shape.join(', ')}] for [${value.shape.join(', ')}]`);
  }
  return node.builder.emit({
    op: OP.PICK,
    type: value.type,
    onnxType: value.onnxType,
    a: value.shape[d] ?? 1,
    b: value.steps[d] ?? 0,
    dims: indices.shape,
    operands: [{ value, steps: value.steps.map((step, i) => (i === d ? 0 : step)) }, node.reading(indices)],
  });
}

/** The indexed dimensions become one, and so do their indices. */
function gatherND(node: Lowering): Value {
  const [value, indices] = [node.input(0), node.input(1)];
  const batch = node.attributes.int('batch_dims', 0);
  const last = indices.shape.length - 1;
  const count = indices.shape[last] ?? 1;
  const indexed = value.shape.slice(batch, batch + count);
  if (indexed.length !== count) throw invalid(node.node, `${count} coordinates of ${value.shape.length} dimensions`);
  const merged = [...value.shape.slice(0, batch), elementCount(indexed), ...value.shape.slice(batch + count)];
  return gathered(node, node.reshape(value, merged), flatIndices(node, indices, indexed), batch, batch);
}

/** One row-major index for each vector of coordinates; negative coordinates count from the end. */
function flatIndices(node: Lowering, indices: Value, sizes: readonly number[]): Value {
  const last = indices.shape.length - 1;
  const inner = rowMajor(sizes);
  const coordinates = sizes.map((size, j) => {
    const one = node.retyped(squeezed(sliced(indices, last, j, 1), last), dataType.int32);
    if (sizes.length === 1) return one;
    const negative = node.zip(ZIP.INT_LT, one, node.int(0), dataType.bool);
    const fromStart = node.select(negative, node.zip(ZIP.INT_ADD, one, node.int(size)), one);
    const step = inner[j] ?? 1;
    return step === 1 ? fromStart : node.zip(ZIP.INT_MUL, fromStart, node.int(step));
  });
  return coordinates.reduce((sum, one) => node.zip(ZIP.INT_ADD, sum, one));
}

/** Where the updates go: the flat place in the data of each update, in order. */
type Targets = readonly number[];

function scattered(node: Lowering, targets: Targets): Value {
  const [data, updates] = [node.input(0), node.input(2)];
  const reduction = node.attributes.string('reduction', 'none');
  if (reduction !== 'none') throw refused(node.node, `reduction ${reduction}`, 'scatter without a reduction');
  const size = elementCount(data.shape);
  node.requireList(size);
  const sources = Array.from({ length: size }, (_, i) => i);
  targets.forEach((target, i) => (sources[target] = size + i));
  const flat = (value: Value): Value => node.reshape(value, [elementCount(value.shape)]);
  const both = concat(node, [flat(data), flat(updates)], 0);
  return node.reshape(picked(node, both, 0, sources), data.shape);
}

/** @throws RemitError `MODEL_OPERATOR_REFUSED` when the indices are computed */
function constantIndices(node: Lowering): readonly number[] {
  const indices = node.input(1);
  if (!isConstant(indices) && indices.source.kind === 'space' && indices.source.space === SPACE.TRACE) {
    throw refused(node.node, 'its indices are computed', 'scatter to constant indices, or use Where');
  }
  return node.ints(1, 'indices') ?? [];
}

function within(node: Lowering, index: number, size: number): number {
  if (index < -size || index >= size) throw invalid(node.node, `index ${index} of ${size}`);
  return index < 0 ? index + size : index;
}

function elementTargets(node: Lowering): Targets {
  const { shape } = node.input(0);
  const d = node.axis(node.attributes.int('axis', 0), shape.length);
  const steps = rowMajor(shape);
  const own = rowMajor(node.input(1).shape);
  return constantIndices(node).map((index, i) =>
    own.reduce((sum, step, j) => {
      const at = Math.floor(i / step) % (node.input(1).shape[j] ?? 1);
      return sum + (j === d ? within(node, index, shape[d] ?? 1) : at) * (steps[j] ?? 1);
    }, 0),
  );
}

function sliceTargets(node: Lowering): Targets {
  const { shape } = node.input(0);
  const coordinates = constantIndices(node);
  const count = node.input(1).shape.at(-1) ?? 1;
  const steps = rowMajor(shape);
  const slice = elementCount(shape.slice(count));
  node.requireList(slice * (coordinates.length / count));
  return Array.from({ length: coordinates.length / count }, (_, row) => {
    const start = coordinates
      .slice(row * count, (row + 1) * count)
      .reduce((sum, index, j) => sum + within(node, index, shape[j] ?? 1) * (steps[j] ?? 1), 0);
    return Array.from({ length: slice }, (__, i) => start + i);
  }).flat();
}
