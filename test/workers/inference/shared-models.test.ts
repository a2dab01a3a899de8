import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeInputs } from '../../../workers/inference/input-encoding.ts';
import { createOnnxRunner, type LoadedModel, type ModelRunner } from '../../../workers/inference/model-runner.ts';
import { splitOutputs, type Tensor } from '../../../workers/inference/tensor-layout.ts';
import { systemClock } from '../../../workers/runtime/clock.ts';
import { silentLogger } from '../../../workers/runtime/logger.ts';
import { ezklInputs, haveSharedModels, labelledInputs, sharedModel } from '../../support/shared-models.ts';

describe.skipIf(!haveSharedModels)('real models', () => {
  let runner: ModelRunner;
  beforeAll(async () => {
    runner = await createOnnxRunner({ provider: 'cpu' }, { clock: systemClock, logger: silentLogger });
  });
  afterAll(() => runner.close());

  const outputs = async (model: LoadedModel, inputs: readonly (readonly number[])[]): Promise<Tensor[]> => {
    const { output } = await runner.run(model.key, encodeInputs(model.layout, inputs), new AbortController().signal);
    return splitOutputs(model.layout, output);
  };
  const best = (tensor: Tensor | undefined): number => {
    const values = Array.from(tensor?.data ?? [], Number);
    return values.indexOf(Math.max(...values));
  };

  it.each([
    ['mnist-net_256x4', 'mnist-digits.json', 8],
    ['cifar10-resnet_2b', 'cifar10-images.json', 4],
  ])('%s gives the label of every labelled input', async (name, file, expected) => {
    const model = await runner.load(await sharedModel(name));
    const labelledOnes = (await labelledInputs(file)).filter(({ label }) => label !== null);
    expect(labelledOnes).toHaveLength(expected);
    for (const { values, label } of labelledOnes) expect(best((await outputs(model, [values]))[0])).toBe(label);
  });

  it('acasxu_1_1 never advises clear-of-conflict (the lowest score) where property 3 forbids it', async () => {
    const model = await runner.load(await sharedModel('acasxu_1_1'));
    for (const { values, label } of await labelledInputs('acasxu-states.json')) {
      const scores = Array.from((await outputs(model, [values]))[0]?.data ?? [], Number);
      expect(scores).toHaveLength(5);
      // The file's label is the index that the property speaks of, not an answer.
      if (label !== null) expect(Math.min(...scores)).toBeLessThan(scores[label] ?? NaN);
    }
  });

  it.each(['large_mlp', 'lenet_5', 'multihead_attention', 'xgboost'])(
    '%s takes its ezkl input, and gives its output where one is named',
    async (name) => {
      const model = await runner.load(await sharedModel(name));
      const { input_data, output_data } = await ezklInputs(`${name}.input.json`);
      const given = await outputs(model, input_data);
      expect(given.every(({ data }) => data.length > 0 && data.every((value) => Number.isFinite(Number(value))))).toBe(
        true,
      );
      output_data?.forEach((expected, index) => {
        expected.forEach((value, at) => expect(Number(given[index]?.data[at])).toBeCloseTo(value, 3));
      });
    },
  );

  it('the face detector gives scores and boxes for 4,420 places, in one vector', async () => {
    const model = await runner.load(await sharedModel('face-detector-rfb-320'));
    expect(model.layout).toMatchObject({ inputLength: 230_400, outputLength: 8896 + 17_680 });
    const [scores, boxes] = await outputs(model, [
      Array.from({ length: 230_400 }, (_, index) => ((index % 255) - 127) / 128),
    ]);
    expect(scores?.shape).toEqual([1, 4420, 2]);
    expect(boxes?.shape).toEqual([1, 4420, 4]);
    const [background = 0, face = 0] = scores?.data as Float32Array;
    expect(background + face).toBeCloseTo(1, 5);
  });
});
