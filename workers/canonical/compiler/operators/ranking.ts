import { dataType } from '../../../onnx/data-type.ts';
import { FOLD, OP, RANK, TYPE, ZIP } from '../../plan/instruction.ts';
import type { Lowering, LowerMap } from '../lowering.ts';
import { invalid } from '../refusal.ts';
import type { Value } from '../value.ts';
import { sliced, unsqueezed } from '../views.ts';
import { foldOver, windowOver } from './reduce.ts';

/** Operators about order: indices of the largest and smallest. */
export const ranking: LowerMap = {
  ArgMax: (node) => [argument(node, FOLD.ARGMAX)],
  ArgMin: (node) => [argument(node, FOLD.ARGMIN)],
  TopK: (node) => topK(node),
  OneHot: (node) => [oneHot(node)],
};

function argument(node: Lowering, fn: number): Value {
  const value = node.input(0);
  const d = node.axis(node.attributes.int('axis', 0), value.shape.length);
  const size = value.shape[d] ?? 1;
  // The last of equals is the first from the other end.
  const last = node.attributes.int('select_last_index', 0) !== 0;
  const found = foldOver(node, fn, last ? sliced(value, d, size - 1, size, -1) : value, [d], dataType.int64);
  const index = last ? node.zip(ZIP.INT_SUB, node.int(size - 1, dataType.int64), found, dataType.int64) : found;
  return node.attributes.int('keepdims', 1) !== 0
    ? index
    : node.reshape(
        index,
        value.shape.filter((_, i) => i !== d),
      );
}

/** Indices by `RANK`, numbers by picking them. */
function topK(node: Lowering): readonly Value[] {
  const value = node.input(0);
  const d = node.axis(node.attributes.int('axis', -1), value.shape.length);
  const k = node.opset < 10 ? node.attributes.int('k', 1) : (node.ints(1, 'k')?.[0] ?? 1);
  const size = value.shape[d] ?? 1;
  if (k > size) throw invalid(node.node, `the top ${k} of ${size}`);
  const fn = node.attributes.int('largest', 1) !== 0 ? RANK.LARGEST : RANK.SMALLEST;
  const { dims, window, reading, restored } = windowOver(value, [d]);
  const ranked = node.builder.emit({
    op: OP.RANK,
    fn,
    type: TYPE.I32,
    onnxType: dataType.int64,
    a: dims.length,
    dims: [...dims, k],
    window,
    operands: [{ ...reading, steps: [...reading.steps.slice(0, dims.length), 0, ...reading.steps.slice(dims.length)] }],
  });
  const first = restored({ ...ranked, shape: dims, steps: ranked.steps.slice(0, dims.length) });
  const indices = {
    ...first,
    shape: first.shape.map((one, i) => (i === d ? k : one)),
    steps: first.steps.map((step, i) => (i === d ? 1 : step)),
  };
  const numbers = node.builder.emit({
    op: OP.PICK,
    type: value.type,
    onnxType: value.onnxType,
    a: size,
    b: value.steps[d] ?? 0,
    dims: indices.shape,
    operands: [
      { value, steps: value.steps.map((step, i) => (i === d ? 0 : step)) },
      { value: indices, steps: indices.steps },
    ],
  });
  return [numbers, indices];
}

/** `values[1]` where the index along the new axis is the given one, else `values[0]`; an index out of range hits nothing. */
function oneHot(node: Lowering): Value {
  const indices = node.input(0);
  const depth = node.ints(1, 'depth')?.[0] ?? 1;
  if (depth < 1) throw invalid(node.node, `a depth of ${depth}`);
  node.requireList(depth);
  const rank = indices.shape.length + 1;
  const d = node.axis(node.attributes.int('axis', -1), rank);
  const given = unsqueezed(indices, d);
  const negative = node.zip(ZIP.INT_LT, given, node.int(0), dataType.bool);
  const shifted = node.zip(ZIP.INT_ADD, given, node.int(depth, given.onnxType));
  const wanted = node.select(negative, shifted, given);
  const places = node.intTensor(
    Array.from({ length: depth }, (_, i) => i),
    Array.from({ length: rank }, (_, i) => (i === d ? depth : 1)),
  );
  const hit = node.zip(ZIP.INT_EQ, places, wanted, dataType.bool);
  const [off, on] = [sliced(node.input(2), 0, 0, 1), sliced(node.input(2), 0, 1, 1)];
  const scalar = (value: Value): Value => ({ ...value, shape: [], steps: [] });
  return node.select(hit, scalar(on), scalar(off));
}
