import { dataType } from '../../onnx/data-type.ts';
import { type ElementType, TYPE } from '../plan/instruction.ts';

/** Whole-number types, the range of each, and whether every number of it is an int32. */
const INTEGERS: ReadonlyMap<number, readonly [number, number]> = new Map([
  [dataType.bool, [0, 1]],
  [dataType.uint8, [0, 255]],
  [dataType.int8, [-128, 127]],
  [dataType.uint16, [0, 65_535]],
  [dataType.int16, [-32_768, 32_767]],
  [dataType.int32, [-(2 ** 31), 2 ** 31 - 1]],
  [dataType.int64, [-(2 ** 31), 2 ** 31 - 1]],
  [dataType.uint32, [0, 2 ** 31 - 1]],
  [dataType.uint64, [0, 2 ** 31 - 1]],
]);

/** The judge's type for an ONNX type; undefined when it has none. */
export function judgeTypeOf(onnxType: number): ElementType | undefined {
  if (onnxType === dataType.float32) return TYPE.F32;
  return INTEGERS.has(onnxType) ? TYPE.I32 : undefined;
}

/** Smallest and largest number that a whole-number type has here; undefined for floats. 64-bit types keep to int32. */
export function integerRangeOf(onnxType: number): readonly [number, number] | undefined {
  return INTEGERS.get(onnxType);
}

/** Whether numbers of this type could be too large for the judge: they are taken for int32. */
export function isWide(onnxType: number): boolean {
  const wide: readonly number[] = [dataType.int64, dataType.uint32, dataType.uint64];
  return wide.includes(onnxType);
}

/** Whether arithmetic on this type wraps at fewer than 32 bits. */
export function isNarrow(onnxType: number): boolean {
  const narrow: readonly number[] = [dataType.uint8, dataType.int8, dataType.uint16, dataType.int16];
  return narrow.includes(onnxType);
}
