import { dataType, dataTypeName } from '../../../onnx/data-type.ts';
import { MAP, TYPE, ZIP } from '../../plan/instruction.ts';
import { integerRangeOf, isNarrow, isWide, judgeTypeOf } from '../element-types.ts';
import type { Lowering } from '../lowering.ts';
import { refused } from '../refusal.ts';
import { isConstant, type Value } from '../value.ts';

/**
 * A value as another ONNX type: floats become ints toward zero, ints become bool by comparing with 0, ints that are too wide
 * for their new type wrap, ints become the nearest float.
 */
export function castTo(node: Lowering, value: Value, onnxType: number): Value {
  const type = judgeTypeOf(onnxType);
  if (value.onnxType === onnxType) return value;
  if (type === undefined)
    throw refused(node.node, `it casts to ${dataTypeName(onnxType)}`, 'export the model in float32');
  if (onnxType === dataType.bool) return toBool(node, value);
  if (value.type === TYPE.F32) {
    return type === TYPE.F32 ? value : node.wrapped(node.map(MAP.TO_INT, value, onnxType));
  }
  if (type === TYPE.F32) return node.map(MAP.TO_FLOAT, value, onnxType);
  if (isConstant(value) && isWide(onnxType)) return node.retyped(value, onnxType);
  return fits(value.onnxType, onnxType) ? node.retyped(value, onnxType) : node.wrapped(node.retyped(value, onnxType));
}

function toBool(node: Lowering, value: Value): Value {
  const equal = value.type === TYPE.F32 ? ZIP.EQ : ZIP.INT_EQ;
  const isZero = node.zip(equal, value, node.zero(value.type), dataType.bool);
  return node.zip(ZIP.INT_EQ, isZero, node.int(0), dataType.bool);
}

function fits(from: number, to: number): boolean {
  const [low, high] = integerRangeOf(from) ?? [0, 0];
  const [least, most] = integerRangeOf(to) ?? [0, 0];
  return !isNarrow(to) || (low >= least && high <= most);
}
