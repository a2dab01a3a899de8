import { dataType } from '../../../onnx/data-type.ts';
import { MAP, OP, TYPE } from '../../plan/instruction.ts';
import { bitsOf } from '../../arithmetic/float32.ts';
import type { Lowering } from '../lowering.ts';
import { invalid, refused } from '../refusal.ts';
import { bitsOfConstant, isConstant, memoryOrder, type Value } from '../value.ts';

/** `Pad` in all of its modes. A constant is padded by bounded coordinates; the other modes pick by constant indices. */
export function padded(node: Lowering): Value {
  const value = node.input(0);
  const rank = value.shape.length;
  const mode = node.attributes.string('mode', 'constant');
  const given = node.attributes.ints('pads') ?? node.ints(1, 'pads') ?? [];
  const axes = (node.ints(3, 'axes') ?? value.shape.map((_, d) => d)).map((axis) => node.axis(axis, rank));
  const before = value.shape.map((_, d) => (axes.includes(d) ? (given[axes.indexOf(d)] ?? 0) : 0));
  const after = value.shape.map((_, d) => (axes.includes(d) ? (given[axes.length + axes.indexOf(d)] ?? 0) : 0));
  const dims = value.shape.map((size, d) => size + (before[d] ?? 0) + (after[d] ?? 0));
  node.builder.requireSize(dims);
  if (given.length !== 2 * axes.length) throw invalid(node.node, `${given.length} pads for ${axes.length} axes`);
  if (mode === 'constant') return withConstant(node, value, before, dims);
  return value.shape.reduce((view, size, d) => {
    if (before[d] === 0 && after[d] === 0) return view;
    node.requireList(dims[d] ?? 0);
    const indices = Array.from({ length: dims[d] ?? 0 }, (_, i) => sourceOf(node, mode, i - (before[d] ?? 0), size));
    return picked(node, view, d, indices);
  }, value);
}

function sourceOf(node: Lowering, mode: string, i: number, size: number): number {
  if (mode === 'edge') return Math.min(size - 1, Math.max(0, i));
  if (mode === 'wrap') return ((i % size) + size) % size;
  if (mode !== 'reflect') throw refused(node.node, `mode ${mode}`, 'use constant, edge, reflect or wrap');
  if (size === 1) return 0;
  const period = 2 * (size - 1);
  const at = ((i % period) + period) % period;
  return Math.min(at, period - at);
}

function withConstant(node: Lowering, value: Value, before: readonly number[], dims: readonly number[]): Value {
  const { type, onnxType } = value;
  const coordinates = value.shape.map((size, d) => ({
    size,
    divisor: 1,
    stride: value.steps[d] ?? 0,
    offset: -(before[d] ?? 0),
    terms: [{ dimension: d, coefficient: 1 }],
  }));
  const operands = [{ value, steps: dims.map(() => 0), coordinates, pad: padBits(node, type) }];
  return node.emitInOrder(memoryOrder(value), { op: OP.MAP, fn: MAP.MOVE, type, onnxType, dims, operands });
}

function padBits(node: Lowering, type: number): number {
  const given = node.optional(2);
  if (!given) return type === TYPE.F32 ? bitsOf(node.attributes.float('value', 0)) : 0;
  // Asked for what it is: it has to be constant and of the data's type.
  if (type === TYPE.F32) node.floats(2, 'constant_value');
  else node.ints(2, 'constant_value');
  return isConstant(given) ? (bitsOfConstant(given)[0] ?? 0) : 0;
}

/** The elements of dimension `d` at constant indices, all of them in range. */
export function picked(node: Lowering, value: Value, d: number, indices: readonly number[]): Value {
  const dims = value.shape.map((size, i) => (i === d ? indices.length : size));
  const index = node.intTensor(indices, [indices.length], dataType.int32);
  return node.emitInOrder(memoryOrder(value), {
    op: OP.PICK,
    type: value.type,
    onnxType: value.onnxType,
    a: value.shape[d] ?? 1,
    b: value.steps[d] ?? 0,
    dims,
    operands: [
      { value, steps: value.steps.map((step, i) => (i === d ? 0 : step)) },
      { value: index, steps: dims.map((_, i) => (i === d ? 1 : 0)) },
    ],
  });
}
