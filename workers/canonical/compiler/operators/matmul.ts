import { dataType } from '../../../onnx/data-type.ts';
import { TYPE } from '../../plan/instruction.ts';
import type { Lowering, LowerMap } from '../lowering.ts';
import { invalid } from '../refusal.ts';
import { isConstant, type Value } from '../value.ts';
import { broadcastShape, broadcastTo, squeezed, transposed, unsqueezed } from '../views.ts';

/** Matrix products: `DOT` with both operands contiguous along the summed dimension. */
export const matmul: LowerMap = {
  MatMul: (node) => [product(node, node.input(0), node.input(1))],
  Gemm: (node) => [gemm(node)],
  MatMulInteger: (node) => {
    const a = withoutZeroPoint(node, node.input(0), node.optional(2), -2);
    const b = withoutZeroPoint(node, node.input(1), node.optional(3), -1);
    return [product(node, a, b)];
  },
};

/** The numbers less their zero point, as int32. @param along dimension that a vector of zero points belongs to, from the end */
export function withoutZeroPoint(node: Lowering, value: Value, zeroPoint: Value | undefined, along: number): Value {
  const wide = node.retyped(value, dataType.int32);
  if (!zeroPoint) return wide;
  const point = node.retyped(zeroPoint, dataType.int32);
  const shaped = point.shape.length === 1 && along === -2 && point.shape[0] !== 1 ? unsqueezed(point, 1) : point;
  return node.arithmetic('SUB', wide, shaped);
}

/** A tensor whose dimension `d` has step 1, so that a sum over it reads few chunks. */
export function contiguousAlong(node: Lowering, value: Value, d: number): Value {
  const step = value.steps[d] ?? 0;
  if ((step === 1 && !isConstant(value)) || (value.shape[d] ?? 1) === 1) return value;
  if (step === 0 || (step === 1 && isConstant(value) && value.base === 0)) return value;
  const rest = value.shape.map((_, i) => i).filter((i) => i !== d);
  return node.contiguous(value, [...rest, d]);
}

/** `A · B` by the rules of numpy's matmul. Ints give int32. */
export function product(node: Lowering, left: Value, right: Value, bias?: Value): Value {
  if (left.shape.length === 0 || right.shape.length === 0) throw invalid(node.node, 'a factor is a scalar');
  if (left.type !== right.type) throw invalid(node.node, 'its factors have different types');
  const row = left.shape.length === 1;
  const column = right.shape.length === 1;
  const a = row ? unsqueezed(left, 0) : left;
  const b = column ? unsqueezed(right, 1) : right;
  const [m, k] = [a.shape.at(-2) ?? 1, a.shape.at(-1) ?? 1];
  const [inner, n] = [b.shape.at(-2) ?? 1, b.shape.at(-1) ?? 1];
  const batch = broadcastShape([a.shape.slice(0, -2), b.shape.slice(0, -2)]);
  if (k !== inner || !batch) {
    throw invalid(node.node, `[${left.shape.join(', ')}] cannot be multiplied by [${right.shape.join(', ')}]`);
  }
  const onnxType = a.type === TYPE.F32 ? dataType.float32 : dataType.int32;
  const lefts = broadcastTo(contiguousAlong(node, a, a.shape.length - 1), [...batch, m, k]);
  const rights = broadcastTo(contiguousAlong(node, b, b.shape.length - 2), [...batch, inner, n]);
  const rank = batch.length;
  const dims = [...batch, m, n];
  const biased = bias && broadcastTo(bias, dims);
  const result = node.dot({
    type: a.type,
    onnxType,
    dims,
    window: [k],
    left: {
      value: lefts,
      steps: [...lefts.steps.slice(0, rank), lefts.steps[rank] ?? 0, 0, lefts.steps[rank + 1] ?? 0],
    },
    right: {
      value: rights,
      steps: [...rights.steps.slice(0, rank), 0, rights.steps[rank + 1] ?? 0, rights.steps[rank] ?? 0],
    },
    ...(biased && { bias: node.reading(biased) }),
  });
  const withoutColumn = column ? squeezed(result, result.shape.length - 1) : result;
  return row ? squeezed(withoutColumn, withoutColumn.shape.length - (column ? 1 : 2)) : withoutColumn;
}

function gemm(node: Lowering): Value {
  const { attributes } = node;
  const flip = (value: Value, name: string): Value =>
    attributes.int(name, 0) === 0 || value.shape.length !== 2 ? value : transposed(value, [1, 0]);
  const [a, b] = [flip(node.input(0), 'transA'), flip(node.input(1), 'transB')];
  const bias = node.optional(2);
  if (a.shape.length !== 2 || b.shape.length !== 2) throw invalid(node.node, 'its factors are not matrices');
  const [alpha, beta] = [attributes.float('alpha', 1), attributes.float('beta', 1)];
  const scaled = (value: Value, factor: number): Value =>
    factor === 1
      ? value
      : node.arithmetic('MUL', value, value.type === TYPE.F32 ? node.float(factor) : node.int(factor));
  if (alpha === 1) return product(node, a, b, bias && scaled(bias, beta));
  const result = scaled(product(node, a, b), alpha);
  return bias ? node.arithmetic('ADD', result, scaled(bias, beta)) : result;
}
