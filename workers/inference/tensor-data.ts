import { endianness } from 'node:os';
import { decodeFloats, decodeInts, encodeFloats, encodeInts } from '../protocol/vector.ts';
import { integerRange, type ElementType } from './element-type.ts';
import { inputError } from './input-errors.ts';

const HOST_IS_LITTLE = endianness() === 'LE';
const EXPONENT = 0x7f800000;
const NEGATIVE_ZERO = 0x80000000;

/** Typed arrays of onnxruntime's tensors; bool travels as 0 and 1 in a `Uint8Array`. */
export type TensorData = Float32Array | Int32Array | Int16Array | Uint16Array | Int8Array | Uint8Array | BigInt64Array;

/**
 * Decodes one tensor of an input vector.
 *
 * @throws RemitError `INPUT_NOT_FINITE`, `INPUT_OUT_OF_RANGE`, with the index inside the tensor
 */
export function decodeTensor(type: ElementType, bytes: Uint8Array, name: string): TensorData {
  if (type === 'float32') {
    const values = finiteFloats(bytes);
    if (values) return values;
    const all = decodeFloats(bytes);
    const at = firstNotFinite(all);
    throw inputError('INPUT_NOT_FINITE', `element ${at} of input "${name}" is ${String(all[at])}`, { name, index: at });
  }
  const values = decodeInts(bytes);
  const [low, high] = integerRange[type];
  const at = type === 'int32' || type === 'int64' ? -1 : values.findIndex((value) => value < low || value > high);
  if (at >= 0) {
    throw inputError(
      'INPUT_OUT_OF_RANGE',
      `element ${at} of input "${name}" is ${values[at] ?? ''}; ${type} holds ${low} to ${high}`,
      { name, index: at, type },
    );
  }
  return narrow(type, values);
}

/**
 * Encodes one output tensor.
 *
 * @throws RemitError `OUTPUT_NOT_FINITE`, `OUTPUT_OUT_OF_RANGE`, with the index inside the tensor
 */
export function encodeTensor(type: ElementType, data: TensorData, name: string): Uint8Array {
  if (data instanceof Float32Array) {
    const at = firstNotFinite(data);
    if (at < 0) return encodeFloats(data);
    throw inputError('OUTPUT_NOT_FINITE', `element ${at} of output "${name}" is ${String(data[at])}`, {
      name,
      index: at,
    });
  }
  if (!(data instanceof BigInt64Array)) return encodeInts(data);
  const [low, high] = integerRange.int64;
  const at = data.findIndex((value) => value < BigInt(low) || value > BigInt(high));
  if (at < 0) return encodeInts(Array.from(data, Number));
  throw inputError(
    'OUTPUT_OUT_OF_RANGE',
    `element ${at} of output "${name}" is ${String(data[at])}; ${type} outputs must fit int32`,
    { name, index: at },
  );
}

/** An array of the class onnxruntime takes for this type, all zeros. */
export function zeros(type: ElementType, length: number): TensorData {
  return type === 'float32' ? new Float32Array(length) : narrow(type, new Int32Array(length));
}

function narrow(type: Exclude<ElementType, 'float32'>, values: Int32Array): TensorData {
  switch (type) {
    case 'int32':
      return values;
    case 'int64':
      return BigInt64Array.from(values, BigInt);
    case 'int16':
      return Int16Array.from(values);
    case 'uint16':
      return Uint16Array.from(values);
    case 'int8':
      return Int8Array.from(values);
    case 'bool':
    case 'uint8':
      return Uint8Array.from(values);
  }
}

/**
 * `decodeFloats` for vectors without NaN and infinity, in one pass over the bits: a picture has 230,000 numbers, and
 * this is most of what a run costs outside the engine. Undefined when a number is not finite.
 */
function finiteFloats(bytes: Uint8Array): Float32Array | undefined {
  const copy = new Uint8Array(bytes);
  if (HOST_IS_LITTLE) Buffer.from(copy.buffer).swap32();
  const bits = new Uint32Array(copy.buffer);
  for (let index = 0; index < bits.length; index += 1) {
    const value = bits[index] as number;
    if ((value & EXPONENT) === EXPONENT) return undefined;
    if (value === NEGATIVE_ZERO) bits[index] = 0;
  }
  return new Float32Array(copy.buffer);
}

/** A plain loop: it runs over every number of every job. */
function firstNotFinite(values: Float32Array): number {
  for (let index = 0; index < values.length; index += 1) if (!Number.isFinite(values[index])) return index;
  return -1;
}
