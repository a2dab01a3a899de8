import { RemitError } from '../runtime/errors.ts';
import { dataType } from '../onnx/data-type.ts';
import { bitsPerElement } from './element-type.ts';
import type { Long, OnnxTensor } from '../onnx/proto.ts';

/** Elements of a shape. Dimensions beyond 2^53 give infinity, which every bound refuses. */
export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/**
 * Reads dimensions from the file.
 *
 * @throws RemitError `MODEL_MALFORMED` for a negative dimension
 */
export function dimensions(dims: readonly Long[] | undefined, owner: string): number[] {
  return (dims ?? []).map((dim) => {
    const size = dim.toNumber();
    if (size >= 0) return size;
    throw new RemitError({
      code: 'MODEL_MALFORMED',
      message: `${owner} has a negative dimension ${size}`,
      fix: 'Export the model again; name dynamic dimensions instead of writing -1.',
      context: { owner, dimension: size },
    });
  });
}

/** Bytes of a tensor in memory; types without a fixed size count as 16 bytes per element. */
export function tensorBytes(onnxType: number, elements: number): number {
  return Math.ceil((elements * (bitsPerElement(onnxType) ?? 128)) / 8);
}

/**
 * Checks that a constant carries as many numbers as its dimensions promise.
 *
 * @throws RemitError `MODEL_MALFORMED`
 */
export function requireFilled(tensor: OnnxTensor, elements: number, owner: string): void {
  const type = tensor.dataType ?? 0;
  const perElement = bitsPerElement(type);
  if (perElement === undefined || perElement < 8) return;
  const raw = tensor.rawData?.length ?? 0;
  const typed = [tensor.floatData, tensor.int32Data, tensor.int64Data, tensor.doubleData, tensor.uint64Data];
  // A complex number takes two entries of its typed field.
  const entries = typed.reduce((sum, values) => sum + (values?.length ?? 0), 0) / (type === 14 || type === 15 ? 2 : 1);
  const held = raw > 0 ? raw / (perElement / 8) : entries;
  if (held === elements) return;
  throw new RemitError({
    code: 'MODEL_MALFORMED',
    message: `${owner} promises ${elements} numbers and carries ${held}`,
    fix: 'Check that the file is complete and export the model again with its weights inside.',
    context: { owner, expected: elements, got: held },
  });
}

/** The values of a small int64 or int32 constant (a shape), or undefined when it is anything else. */
export function smallIntegers(tensor: OnnxTensor): number[] | undefined {
  const elements = elementCount((tensor.dims ?? []).map((dim) => dim.toNumber()));
  if (elements > 64) return undefined;
  const raw = tensor.rawData;
  if (tensor.dataType === dataType.int64) {
    if (!raw?.length) return (tensor.int64Data ?? []).map((value) => value.toNumber());
    const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
    return Array.from({ length: Math.floor(raw.length / 8) }, (_, index) => Number(view.getBigInt64(index * 8, true)));
  }
  if (tensor.dataType === dataType.int32) {
    if (!raw?.length) return [...(tensor.int32Data ?? [])];
    const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
    return Array.from({ length: Math.floor(raw.length / 4) }, (_, index) => view.getInt32(index * 4, true));
  }
  return undefined;
}
