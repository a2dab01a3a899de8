import { dataType } from '../../../onnx/data-type.ts';
import { TYPE } from '../../plan/instruction.ts';
import type { Lowering, LowerMap } from '../lowering.ts';
import { invalid, refused } from '../refusal.ts';
import { elementCount, type Value } from '../value.ts';
import { broadcastTo } from '../views.ts';
import { castTo } from './cast.ts';

/** Operators that make constants out of shapes and attributes. */
export const shaping: LowerMap = {
  Constant: (node) => [constant(node)],
  ConstantOfShape: (node) => {
    const shape = node.ints(0, 'shape') ?? [];
    return [broadcastTo(scalarOf(node, node.attributes.tensor('value') ?? node.float(0)), shape)];
  },
  Shape: (node) => {
    const { shape } = node.input(0);
    const at = (name: string, byDefault: number): number => {
      const axis = node.attributes.int(name, byDefault);
      return Math.min(shape.length, Math.max(0, axis < 0 ? axis + shape.length : axis));
    };
    return [node.intTensor(shape.slice(at('start', 0), Math.max(at('start', 0), at('end', shape.length))))];
  },
  Size: (node) => [node.int(elementCount(node.input(0).shape), dataType.int64)],
  Range: (node) => [range(node)],
  EyeLike: (node) => [eye(node)],
  Trilu: (node) => [triangle(node, node.input(0))],
  Cast: (node) => [castTo(node, node.input(0), node.attributes.int('to', 0))],
  CastLike: (node) => [castTo(node, node.input(0), node.input(1).onnxType)],
};

function scalarOf(node: Lowering, value: Value): Value {
  if (elementCount(value.shape) !== 1) throw invalid(node.node, 'its value has more than one element');
  return { ...value, shape: [], steps: [] };
}

function constant(node: Lowering): Value {
  const { attributes } = node;
  const tensor = attributes.tensor('value');
  if (tensor) return tensor;
  if (attributes.has('value_float')) return node.float(attributes.float('value_float', 0));
  if (attributes.has('value_int')) return node.int(attributes.int('value_int', 0), dataType.int64);
  const floats = attributes.floats('value_floats');
  if (floats) return node.floatTensor(floats);
  const ints = attributes.ints('value_ints');
  if (ints) return node.intTensor(ints);
  throw refused(node.node, `its value is given as ${attributes.names().join(', ')}`, 'store it as a dense tensor');
}

/** Ones where column less row is `k`. */
function eye(node: Lowering): Value {
  const { shape, onnxType } = node.input(0);
  if (shape.length !== 2) throw invalid(node.node, `its input has ${shape.length} dimensions`);
  const k = node.attributes.int('k', 0);
  const ones = byDiagonal(node, shape, (diagonal) => diagonal === k);
  return castTo(node, ones, node.attributes.int('dtype', onnxType));
}

/** The upper or lower triangle of each matrix, zeros elsewhere. */
function triangle(node: Lowering, value: Value): Value {
  if (value.shape.length < 2) throw invalid(node.node, `its input has ${value.shape.length} dimensions`);
  const k = node.ints(1, 'k')?.[0] ?? 0;
  const upper = node.attributes.int('upper', 1) !== 0;
  const kept = byDiagonal(node, value.shape.slice(-2), (diagonal) => (upper ? diagonal >= k : diagonal <= k));
  return node.select(kept, value, node.retyped(node.zero(value.type), value.onnxType));
}

/** A bool for each place of a matrix, by its column less its row. */
function byDiagonal(node: Lowering, shape: readonly number[], isTrue: (diagonal: number) => boolean): Value {
  const [rows = 1, columns = 1] = shape;
  node.requireList(rows * columns);
  const bits = Array.from({ length: rows * columns }, (_, i) =>
    isTrue((i % columns) - Math.floor(i / columns)) ? 1 : 0,
  );
  return node.intTensor(bits, [rows, columns], dataType.bool);
}

function range(node: Lowering): Value {
  const [start, limit, delta] = [0, 1, 2].map((i) => {
    const role = ['start', 'limit', 'delta'][i] ?? '';
    return node.input(0).type === TYPE.F32 ? node.floats(i, role)?.[0] : node.ints(i, role)?.[0];
  });
  if (start === undefined || limit === undefined || delta === undefined || delta === 0) {
    throw invalid(node.node, 'start, limit and delta must be three numbers, delta not 0');
  }
  const isFloat = node.input(0).type === TYPE.F32;
  const count = Math.max(0, Math.ceil((isFloat ? Math.fround(limit - start) : limit - start) / delta));
  node.requireList(count);
  // Each number is the one before and delta, as ONNX defines it: floats are rounded each time.
  let next = start;
  const numbers = Float64Array.from({ length: count }, () => {
    const one = next;
    next = isFloat ? Math.fround(next + delta) : next + delta;
    return one;
  });
  return isFloat ? node.floatTensor(numbers) : node.intTensor(numbers, [count], node.input(0).onnxType);
}
