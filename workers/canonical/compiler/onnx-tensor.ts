import { dataType, dataTypeName } from '../../onnx/data-type.ts';
import type { Long, OnnxTensor } from '../../onnx/proto.ts';
import { RemitError } from '../../runtime/errors.ts';
import { bitsOf, canonical } from '../arithmetic/float32.ts';
import { TYPE } from '../plan/instruction.ts';
import { constantOf, elementCount, type Value } from './value.ts';

const INT32_MAX = 2 ** 31 - 1;
const INT32_MIN = -(2 ** 31);

/**
 * A tensor of the file as a constant. bfloat16 and float16 widen exactly, float64 is rounded; whole numbers outside int32
 * are cut to its ends and marked.
 *
 * @throws RemitError `MODEL_TENSOR_REFUSED`
 */
export function constantOfTensor(tensor: OnnxTensor): Value {
  const name = tensor.name ?? '';
  const shape = (tensor.dims ?? []).map((dim) => dim.toNumber());
  const onnxType = tensor.dataType ?? 0;
  const count = shape.every((size) => Number.isSafeInteger(size) && size >= 0) ? elementCount(shape) : -1;
  const raw = tensor.rawData && tensor.rawData.length > 0 ? tensor.rawData : undefined;
  // Files with data elsewhere, or a part of the data, name numbers that are not here.
  const whole = (tensor.dataLocation ?? 0) === 0 && !tensor.externalData?.length && !tensor.segment;
  const numbers = !whole ? undefined : raw ? fromRaw(raw, onnxType, count) : fromFields(tensor, onnxType);
  if (numbers?.length !== count) {
    const found = !whole
      ? 'its data elsewhere'
      : numbers
        ? `${numbers.length} numbers of ${dataTypeName(onnxType)}`
        : dataTypeName(onnxType);
    throw new RemitError({
      code: 'MODEL_TENSOR_REFUSED',
      message: `tensor ${name === '' ? 'without a name' : name} of shape [${shape.join(', ')}] holds ${found}`,
      fix: 'export the model with float32, int or bool tensors that are stored whole in the file',
      context: { name, shape, onnxType },
    });
  }
  if (isFloat(onnxType)) {
    const bits = Uint32Array.from(numbers, (number) => canonical(bitsOf(number)));
    return constantOf(shape, dataType.float32, TYPE.F32, bits);
  }
  let saturated = false;
  const bits = Uint32Array.from(numbers, (number) => {
    const cut = Math.min(INT32_MAX, Math.max(INT32_MIN, number));
    saturated ||= cut !== number;
    return cut >>> 0;
  });
  return constantOf(shape, onnxType, TYPE.I32, bits, saturated);
}

function isFloat(onnxType: number): boolean {
  const floats: readonly number[] = [dataType.float32, dataType.float16, dataType.bfloat16, dataType.float64];
  return floats.includes(onnxType);
}

type ReadNumber = (view: DataView, at: number) => number;

const RAW: Readonly<Record<number, readonly [bytes: number, read: ReadNumber]>> = {
  [dataType.float32]: [4, (view, at) => view.getFloat32(at, true)],
  [dataType.float64]: [8, (view, at) => view.getFloat64(at, true)],
  [dataType.float16]: [2, (view, at) => floatOfHalf(view.getUint16(at, true))],
  [dataType.bfloat16]: [2, (view, at) => floatOfBfloat(view.getUint16(at, true))],
  [dataType.bool]: [1, (view, at) => (view.getUint8(at) === 0 ? 0 : 1)],
  [dataType.uint8]: [1, (view, at) => view.getUint8(at)],
  [dataType.int8]: [1, (view, at) => view.getInt8(at)],
  [dataType.uint16]: [2, (view, at) => view.getUint16(at, true)],
  [dataType.int16]: [2, (view, at) => view.getInt16(at, true)],
  [dataType.uint32]: [4, (view, at) => view.getUint32(at, true)],
  [dataType.int32]: [4, (view, at) => view.getInt32(at, true)],
  [dataType.uint64]: [8, (view, at) => Number(view.getBigUint64(at, true))],
  [dataType.int64]: [8, (view, at) => Number(view.getBigInt64(at, true))],
};

function fromRaw(raw: Uint8Array, onnxType: number, count: number): readonly number[] | Float64Array | undefined {
  const entry = RAW[onnxType];
  if (!entry) return undefined;
  const [bytes, read] = entry;
  if (raw.length !== bytes * count) return new Float64Array(Math.floor(raw.length / bytes));
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  return Float64Array.from({ length: count }, (_, i) => read(view, bytes * i));
}

function fromFields(tensor: OnnxTensor, onnxType: number): readonly number[] | undefined {
  const longs = (list: readonly Long[] | undefined): readonly number[] => (list ?? []).map((long) => long.toNumber());
  switch (onnxType) {
    case dataType.float32:
      return tensor.floatData ?? [];
    case dataType.float64:
      return tensor.doubleData ?? [];
    case dataType.float16:
      return (tensor.int32Data ?? []).map(floatOfHalf);
    case dataType.bfloat16:
      return (tensor.int32Data ?? []).map(floatOfBfloat);
    case dataType.int64:
      return longs(tensor.int64Data);
    case dataType.uint32:
    case dataType.uint64:
      return longs(tensor.uint64Data);
    case dataType.bool:
      return (tensor.int32Data ?? []).map((int) => (int === 0 ? 0 : 1));
    case dataType.uint8:
    case dataType.int8:
    case dataType.uint16:
    case dataType.int16:
    case dataType.int32:
      return tensor.int32Data ?? [];
    default:
      return undefined;
  }
}

function floatOfBfloat(bits: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, (bits & 0xffff) * 65_536);
  return view.getFloat32(0);
}

/** IEEE-754 binary16, every one of which is a float32. */
function floatOfHalf(bits: number): number {
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1_024 + fraction) * 2 ** (exponent - 25));
}
