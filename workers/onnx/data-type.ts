/** ONNX `TensorProto.DataType` numbers. */
export const dataType = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
} as const;

const names: ReadonlyMap<number, string> = new Map(Object.entries(dataType).map(([name, number]) => [number, name]));

/** The name of a data type, or its number when it has none here. */
export function dataTypeName(onnxType: number): string {
  return names.get(onnxType) ?? `type ${onnxType}`;
}
