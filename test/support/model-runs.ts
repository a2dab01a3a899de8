import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { readInputs } from '../../scripts/demo/inputs.ts';
import { type CompiledModel, compileModel } from '../../workers/canonical/compiler/compile-model.ts';
import { execute } from '../../workers/canonical/executor/execute.ts';
import { VectorTree } from '../../workers/canonical/tree/vector-tree.ts';
import { bitsOfFloat } from '../../workers/protocol/vector.ts';

/** A model with one input and its canonical trace. Vectors in host order, with their trees. */
export interface ModelRun {
  readonly name: string;
  readonly model: Pick<CompiledModel, 'plan' | 'planRoot' | 'weightsRoot' | 'inputs' | 'outputs' | 'origins'>;
  readonly input: Uint32Array;
  readonly weights: Uint32Array;
  readonly trace: Uint32Array;
  readonly trees: { readonly input: VectorTree; readonly weights: VectorTree; readonly trace: VectorTree };
}

/** Networks of other projects and the files with their inputs, in the folder `models` beside the repository. */
const INPUTS = {
  large_mlp: 'large_mlp.input.json',
  'cifar10-resnet_2b': 'cifar10-images.json',
  'mnist-net_256x4': 'mnist-digits.json',
  'face-detector-rfb-320': 'faces-2.jpg',
  lenet_5: 'lenet_5.input.json',
  acasxu_1_1: 'acasxu-states.json',
  multihead_attention: 'multihead_attention.input.json',
  xgboost: 'xgboost.input.json',
} as const;

export type SharedModel = keyof typeof INPUTS;
export const SHARED_MODELS = Object.keys(INPUTS) as readonly SharedModel[];

const labelled = z.array(z.object({ values: z.array(z.number()) }));
const listed = z.object({ input_data: z.array(z.array(z.number())) });

/** Whether a folder has these models. */
export function hasModels(folder: string): boolean {
  return existsSync(path.join(folder, 'models'));
}

/**
 * Compiles a model and runs it on its published inputs.
 *
 * @param most inputs at most: the first ones
 */
export async function modelRuns(folder: string, name: SharedModel, most = 1): Promise<readonly ModelRun[]> {
  const models = path.join(folder, 'models');
  const model = compileModel(await readFile(path.join(models, `${name}.onnx`)));
  const { plan, weights } = model;
  const weightTree = new VectorTree(weights);
  const inputs = await tensorsOf(path.join(models, INPUTS[name]), model);
  return inputs.slice(0, most).map((tensors) => {
    const input = new Uint32Array(plan.inputLength);
    model.inputs.forEach(({ start }, i) => input.set((tensors[i] ?? []).map(bitsOfFloat), start));
    const trace = execute(plan, { input, weights });
    const trees = { input: new VectorTree(input), weights: weightTree, trace: new VectorTree(trace) };
    return { name, model, input, weights, trace, trees };
  });
}

async function tensorsOf(
  file: string,
  model: Pick<CompiledModel, 'inputs'>,
): Promise<readonly (readonly (readonly number[])[])[]> {
  if (!file.endsWith('.json')) {
    const read = await readInputs({
      file,
      inputs: model.inputs.map(({ name, shape }) => ({ name, shape: [...shape] })),
    });
    return read.map(({ tensors }) => tensors);
  }
  const content: unknown = JSON.parse(await readFile(file, 'utf8'));
  const one = listed.safeParse(content);
  return one.success ? [one.data.input_data] : labelled.parse(content).map(({ values }) => [values]);
}
