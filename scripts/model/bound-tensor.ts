import type { Declared } from '../../workers/canonical/compiler/graph.ts';
import { dataType, dataTypeName } from '../../workers/onnx/data-type.ts';
import { RemitError } from '../../workers/runtime/errors.ts';

type WriteNumber = (view: DataView, at: number, value: number) => void;

/** Bytes of a number in a file, how it is written there, and its bounds where it is whole. */
const TYPES: Readonly<
  Record<number, readonly [bytes: number, write: WriteNumber, bounds?: readonly [number, number]]>
> = {
  [dataType.float32]: [4, (view, at, value) => view.setFloat32(at, value, true)],
  [dataType.float64]: [8, (view, at, value) => view.setFloat64(at, value, true)],
  [dataType.bool]: [1, (view, at, value) => view.setUint8(at, value), [0, 1]],
  [dataType.uint8]: [1, (view, at, value) => view.setUint8(at, value), [0, 255]],
  [dataType.int8]: [1, (view, at, value) => view.setInt8(at, value), [-128, 127]],
  [dataType.uint16]: [2, (view, at, value) => view.setUint16(at, value, true), [0, 65_535]],
  [dataType.int16]: [2, (view, at, value) => view.setInt16(at, value, true), [-32_768, 32_767]],
  [dataType.int32]: [4, (view, at, value) => view.setInt32(at, value, true), [-(2 ** 31), 2 ** 31 - 1]],
  [dataType.uint32]: [4, (view, at, value) => view.setUint32(at, value, true), [0, 2 ** 32 - 1]],
  [dataType.int64]: [
    8,
    (view, at, value) => view.setBigInt64(at, BigInt(value), true),
    [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  ],
  [dataType.uint64]: [8, (view, at, value) => view.setBigUint64(at, BigInt(value), true), [0, Number.MAX_SAFE_INTEGER]],
};

/** An initializer of a file, as `encodeMessage` takes it. */
export interface Initializer {
  readonly name: string;
  readonly dims: readonly number[];
  readonly dataType: number;
  readonly rawData: Uint8Array;
}

/**
 * An initializer with the name and type of a graph input. One number stands for a tensor with one element, and a flat list for
 * one whose fixed dimensions hold as many.
 *
 * @param json a number, `true`, `false`, or lists of them
 * @throws RemitError `MODEL_BINDING_INVALID`
 */
export function initializerOf(declared: Declared, json: string): Initializer {
  const { name, onnxType } = declared;
  const type = TYPES[onnxType];
  if (!type)
    throw bindingInvalid(name, `numbers of type ${dataTypeName(onnxType)} cannot be bound`, described(declared));
  const { dims, values } = fitted(declared, json);
  const [bytes, write, bounds] = type;
  const view = new DataView(new ArrayBuffer(values.length * bytes));
  values.forEach((value, i) => {
    const [low, high] = bounds ?? [-Infinity, Infinity];
    if ((bounds && !Number.isSafeInteger(value)) || value < low || value > high) {
      throw bindingInvalid(name, `${value} is not of type ${dataTypeName(onnxType)}`, described(declared));
    }
    write(view, i * bytes, value);
  });
  return { name, dims, dataType: onnxType, rawData: new Uint8Array(view.buffer) };
}

/** @throws RemitError `MODEL_BINDING_INVALID` when the numbers are not as many as the input declares */
function fitted(declared: Declared, json: string): { readonly dims: readonly number[]; readonly values: number[] } {
  const { name, dims: wanted } = declared;
  const tensor = tensorOf(parsed(json));
  if (!tensor)
    throw bindingInvalid(name, `${json} is neither a number nor lists of equal lengths`, described(declared));
  const { dims, values } = tensor;
  if (!wanted || (wanted.length === dims.length && wanted.every((dim, d) => !isFixed(dim) || dim === dims[d])))
    return tensor;
  const whole = wanted.map((dim) => (isFixed(dim) ? dim : 1));
  const flat = dims.length < 2 && whole.reduce((product, dim) => product * dim, 1) === values.length;
  if (flat) return { dims: whole, values };
  throw bindingInvalid(name, `[${dims.join(', ')}] is not its shape`, described(declared));
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Lists of equal lengths as a shape and its numbers, row-major; undefined for anything else. */
function tensorOf(value: unknown): { readonly dims: readonly number[]; readonly values: number[] } | undefined {
  if (typeof value === 'number') return { dims: [], values: [value] };
  if (typeof value === 'boolean') return { dims: [], values: [value ? 1 : 0] };
  if (!Array.isArray(value)) return undefined;
  const parts = value.map(tensorOf);
  const inner = parts[0]?.dims ?? [];
  const values: number[] = [];
  for (const part of parts) {
    if (part?.dims.join() !== inner.join()) return undefined;
    for (const number of part.values) values.push(number);
  }
  return { dims: [value.length, ...inner], values };
}

/** Exporters write 0 and −1 for a dimension that they do not know. */
const isFixed = (dim: number | string): dim is number => typeof dim === 'number' && dim > 0;

const described = ({ dims, onnxType }: Declared): string =>
  `[${(dims ?? ['any shape']).join(', ')}] of ${dataTypeName(onnxType)}`;

export function bindingInvalid(name: string, what: string, expected: string): RemitError {
  return new RemitError({
    code: 'MODEL_BINDING_INVALID',
    message: `--bind ${name}: ${what}`,
    fix: `say what the model declares (${expected}), for example --bind ${name}=7 or --bind ${name}=[1,2]`,
    context: { input: name },
  });
}
