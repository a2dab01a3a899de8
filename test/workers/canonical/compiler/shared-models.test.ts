import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readInputs } from '../../../../scripts/demo/inputs.ts';
import { compileModel } from '../../../../workers/canonical/compiler/compile-model.ts';
import type { CaseInput } from '../../../support/operator-cases.ts';
import { ezklInputs, haveSharedModels, labelledInputs, sharedModel } from '../../../support/shared-models.ts';
import { difference, runCanonically, runWithEngine } from './run-compiled.ts';

const FOLDER = join(import.meta.dirname, '../../../../../shared/models');

type Tensors = readonly (readonly number[])[];

const labelled = async (file: string): Promise<readonly Tensors[]> =>
  (await labelledInputs(file)).map(({ values }) => [values]);
const ezkl = async (file: string): Promise<readonly Tensors[]> => [(await ezklInputs(file)).input_data];
const picture = async (file: string): Promise<readonly Tensors[]> => {
  const read = await readInputs({ file: join(FOLDER, file), inputs: [{ name: 'input', shape: [1, 3, 240, 320] }] });
  return read.map(({ tensors }) => tensors);
};

const MODELS: readonly (readonly [name: string, inputs: () => Promise<readonly Tensors[]>, instructions: number])[] = [
  ['large_mlp', () => ezkl('large_mlp.input.json'), 17],
  ['mnist-net_256x4', () => labelled('mnist-digits.json'), 9],
  ['cifar10-resnet_2b', () => labelled('cifar10-images.json'), 18],
  ['acasxu_1_1', () => labelled('acasxu-states.json'), 21],
  ['lenet_5', () => ezkl('lenet_5.input.json'), 12],
  ['multihead_attention', () => ezkl('multihead_attention.input.json'), 56],
  ['xgboost', () => ezkl('xgboost.input.json'), 35],
  ['face-detector-rfb-320', () => picture('faces-2.jpg'), 169],
];

describe.skipIf(!haveSharedModels)('a real model on its real inputs', () => {
  it.each(MODELS)('%s agrees with onnxruntime canonically', async (name, read, most) => {
    const file = await readFile((await sharedModel(name)).path);
    const declared = compileModel(file).inputs;
    const runs = await read();
    expect(runs.length).toBeGreaterThan(0);
    for (const tensors of runs) {
      const inputs = declared.map((input, i): CaseInput => {
        const values = tensors[i] ?? [];
        expect(values).toHaveLength(input.length);
        return { name: input.name, type: 'float32', dims: input.shape, values };
      });
      const expected = await runWithEngine(file, inputs);
      const { model, answers } = runCanonically(file, inputs);
      for (const answer of answers) expect(difference(expected.get(answer.name), answer)).toBeUndefined();
      expect(model.plan.instructions.length).toBeLessThanOrEqual(most);
    }
  });

  it.each(MODELS)('%s compiles to the same roots each time', async (name) => {
    const file = await readFile((await sharedModel(name)).path);
    const [one, other] = [compileModel(file), compileModel(new Uint8Array(file))];
    expect([other.planRoot, other.weightsRoot]).toEqual([one.planRoot, one.weightsRoot]);
  });
});
