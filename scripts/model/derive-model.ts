import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readGraph } from '../../workers/canonical/compiler/graph.ts';
import { decodeModel, encodeMessage, type OnnxGraph, type OnnxValueInfo } from '../../workers/onnx/proto.ts';
import { messageOf, RemitError } from '../../workers/runtime/errors.ts';
import { bindingInvalid, initializerOf } from './bound-tensor.ts';

/** Files of an older format list every initializer among the graph's inputs as well. */
const INITIALIZERS_ALONE = 4;

/**
 * The same model with graph inputs made initializers: nodes compile the file alone, so what is bound has to be part of it.
 *
 * @param bind JSON by the name of the input: a number, or lists of numbers as deep as the input has dimensions
 * @throws RemitError `MODEL_BINDING_INVALID`, and what `readGraph` throws
 */
export function bindInputs(file: Uint8Array, bind: Readonly<Record<string, string>>): Uint8Array {
  const { inputs } = readGraph(file).graph;
  const initializers = Object.entries(bind).map(([name, json]) => {
    const declared = inputs.find((input) => input.name === name);
    if (declared) return initializerOf(declared, json);
    throw bindingInvalid(name, 'the model has no such input', inputs.map((input) => input.name).join(', '));
  });
  const { irVersion } = decodeModel(file);
  const alone = (irVersion?.toNumber() ?? 0) >= INITIALIZERS_ALONE;
  return withGraph(file, ({ input = [], initializer = [], ...graph }) => ({
    ...graph,
    input: alone ? input.filter(({ name = '' }) => !Object.hasOwn(bind, name)) : input,
    initializer: [...initializer, ...initializers],
  }));
}

/** The same model with dynamic dimensions fixed. @param sizes by the names of dimensions; others stay as they are */
export function fixDimensions(file: Uint8Array, sizes: Readonly<Record<string, number>>): Uint8Array {
  const fixed = (infos: readonly OnnxValueInfo[] | undefined): readonly OnnxValueInfo[] =>
    (infos ?? []).map((info) => withSizes(info, sizes));
  return withGraph(file, (graph) => ({
    ...graph,
    input: fixed(graph.input),
    output: fixed(graph.output),
    valueInfo: fixed(graph.valueInfo),
  }));
}

function withSizes(info: OnnxValueInfo, sizes: Readonly<Record<string, number>>): OnnxValueInfo {
  const tensorType = info.type?.tensorType;
  if (!tensorType?.shape) return info;
  const dim = (tensorType.shape.dim ?? []).map((one) => {
    const name = one.dimParam ?? '';
    return name !== '' && Object.hasOwn(sizes, name) ? { dimValue: sizes[name] } : one;
  });
  const shape = { ...tensorType.shape, dim };
  return { ...info, type: { ...info.type, tensorType: { ...tensorType, shape } } } as OnnxValueInfo;
}

function withGraph(file: Uint8Array, change: (graph: OnnxGraph) => object): Uint8Array {
  const model = decodeModel(file);
  return encodeMessage('Model', { ...model, graph: change({ ...model.graph }) });
}

/** @throws RemitError `MODEL_FILE_UNWRITABLE`, for the model's own file too */
export async function writeDerived(out: string, derived: Uint8Array, original: string): Promise<string> {
  const path = resolve(out);
  try {
    if (path === original) throw new Error('it is the model that the new one is made from');
    await writeFile(path, derived);
    return path;
  } catch (cause) {
    throw new RemitError({
      code: 'MODEL_FILE_UNWRITABLE',
      message: `${path} cannot be written: ${messageOf(cause)}`,
      fix: 'name another file with --out, in a folder that exists and that this user may write to',
      context: { path },
      cause,
    });
  }
}
