import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dataType } from '../../workers/onnx/data-type.ts';
import { encodeMessage } from '../../workers/onnx/proto.ts';

type Fields = Readonly<Record<string, unknown>>;
type Dims = readonly (number | string)[];

export interface ModelParts {
  readonly node?: readonly Fields[];
  readonly input?: readonly Fields[];
  readonly output?: readonly Fields[];
  readonly initializer?: readonly Fields[];
  readonly valueInfo?: readonly Fields[];
  readonly opset?: number;
  /** Fields of `ModelProto` beside graph and operator sets. */
  readonly model?: Fields;
}

/** The bytes of an ONNX model with one graph. Nothing is checked: hostile models are built here as well. */
export function onnxModel({ opset = 17, model = {}, ...graph }: ModelParts): Uint8Array {
  return encodeMessage('Model', {
    irVersion: 8,
    opsetImport: [{ domain: '', version: opset }],
    graph: { name: Buffer.from('g'), ...graph },
    ...model,
  });
}

export function node(
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attribute: readonly Fields[] = [],
  extra: Fields = {},
): Fields {
  return { opType, input, output, attribute, name: `${opType}_${output[0] ?? ''}`, ...extra };
}

/** A graph input or output; a string is a dynamic dimension's name. */
export function value(name: string, dims: Dims, elemType: number = dataType.float32): Fields {
  const dim = dims.map((size) => (typeof size === 'string' ? { dimParam: size } : { dimValue: size }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

export function floats(name: string, dims: readonly number[], values: readonly number[]): Fields {
  return { name, dims, dataType: dataType.float32, rawData: Buffer.from(Float32Array.from(values).buffer) };
}

export function int64s(name: string, values: readonly number[], dims: readonly number[] = [values.length]): Fields {
  return { name, dims, dataType: dataType.int64, int64Data: values };
}

export const tensorAttribute = (name: string, t: Fields): Fields => ({ name, type: 4, t });
export const graphAttribute = (name: string, g: Fields): Fields => ({ name, type: 5, g });
export const intAttribute = (name: string, i: number): Fields => ({ name, type: 2, i });
export const intsAttribute = (name: string, ints: readonly number[]): Fields => ({ name, type: 7, ints });

/** `y = x · w`, x of shape [rows, 2], w fixed: y0 = x0 + 2·x1, y1 = 3·x0 + 4·x1. */
export function smallModel(rows: number | string = 1): Uint8Array {
  return onnxModel({
    node: [node('MatMul', ['x', 'w'], ['y'])],
    input: [value('x', [rows, 2])],
    output: [value('y', [rows, 2])],
    initializer: [floats('w', [2, 2], [1, 3, 2, 4])],
  });
}

/** Never ends: `Loop` without trip count whose condition stays true. */
export function endlessLoop(): Uint8Array {
  const body = {
    name: Buffer.from('body'),
    node: [node('Identity', ['c'], ['c2']), node('Add', ['a', 'a'], ['a2'])],
    input: [value('i', [], dataType.int64), value('c', [], dataType.bool), value('a', [1])],
    output: [value('c2', [], dataType.bool), value('a2', [1])],
  };
  return onnxModel({
    node: [
      node('Constant', [], ['go'], [tensorAttribute('value', { dataType: dataType.bool, dims: [], int32Data: [1] })]),
      node('Loop', ['', 'go', 'x'], ['y'], [graphAttribute('body', body)]),
    ],
    input: [value('x', [1])],
    output: [value('y', [1])],
  });
}

/** Asks for `bytes` of memory by a shape that vetting cannot know: it comes in as an input. */
export function hiddenBomb(): Uint8Array {
  return onnxModel({
    node: [
      node('ConstantOfShape', ['shape'], ['big']),
      node('ReduceSum', ['big'], ['y'], [intAttribute('keepdims', 0)]),
    ],
    input: [value('shape', [2], dataType.int64)],
    output: [value('y', [])],
  });
}

export interface ModelFile {
  readonly key: string;
  readonly path: string;
}

/** Writes a model under its digest, as the store would. */
export async function modelFile(folder: string, bytes: Uint8Array): Promise<ModelFile> {
  const key = createHash('sha256').update(bytes).digest('hex');
  const path = join(folder, `${key}.onnx`);
  await mkdir(folder, { recursive: true });
  await writeFile(path, bytes);
  return { key, path };
}
