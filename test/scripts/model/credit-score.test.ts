import { readFile } from 'node:fs/promises';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { beforeAll, describe, expect, it } from 'vitest';
import { FEATURES, rule } from '../../../models/credit-score/applicants.ts';
import { addGradient, createLayers, score } from '../../../models/credit-score/mlp.ts';
import { createRandom } from '../../../models/credit-score/random.ts';
import { casesJson, train, type Trained } from '../../../models/credit-score/train.ts';
import { decodeModel } from '../../../workers/onnx/proto.ts';

const file = (name: string): Promise<Buffer> =>
  readFile(new URL(`../../../models/credit-score/${name}`, import.meta.url));

describe('the default model', () => {
  let trained: Trained;
  beforeAll(() => {
    trained = train();
  });

  it('is made again byte for byte by its script', async () => {
    expect(Buffer.compare(await file('credit-score.onnx'), trained.onnx)).toBe(0);
    expect(casesJson(trained.cases)).toBe(await file('input.json').then(String));
  });

  it('is a small opset 17 file with one input of 10 and one output of 1', () => {
    expect(trained.onnx.byteLength).toBeLessThan(30_000);
    const { irVersion, opsetImport, graph } = decodeModel(trained.onnx);
    expect([irVersion?.toNumber(), opsetImport?.[0]?.version?.toNumber()]).toEqual([8, 17]);
    const dims = [graph?.input, graph?.output].map((values) =>
      values?.map(({ name, type }) => [name, type?.tensorType?.shape?.dim]),
    );
    expect(JSON.parse(JSON.stringify(dims))).toMatchObject([
      [['features', [{ dimParam: 'batch' }, { dimValue: '10' }]]],
      [['score', [{ dimParam: 'batch' }, { dimValue: '1' }]]],
    ]);
  });

  it('gives in onnxruntime what the fitted network gives, for one applicant and for a batch', async () => {
    const session = await InferenceSession.create(trained.onnx);
    const features = Float32Array.from(trained.cases.flatMap(({ values }) => values));
    const run = async (data: Float32Array) =>
      (await session.run({ features: new Tensor('float32', data, [data.length / 10, 10]) }))['score']
        ?.data as Float32Array;
    const batch = await run(features);
    for (const [at, { values, label }] of trained.cases.entries()) {
      const [single] = await run(Float32Array.from(values));
      expect(single).toBeCloseTo(score(trained.layers, Float32Array.from(values)), 5);
      expect(batch[at]).toBeCloseTo(single ?? NaN, 6);
      expect(Math.round(single ?? NaN)).toBe(label);
    }
  });

  it('has the accuracy, size and features that its README states', async () => {
    const readme = String(await file('README.md')).replace(/ +/g, ' ');
    const { accuracy, ruleAccuracy, commonest, logLoss } = trained.measured;
    for (const share of [accuracy, ruleAccuracy, commonest])
      expect(readme).toContain(`| ${(share * 100).toFixed(2)} % |`);
    expect(readme).toContain(`log loss: ${logLoss.toFixed(4)}`);
    expect(readme).toContain(`${trained.onnx.byteLength.toLocaleString('en-US')} bytes`);
    for (const [at, { name, meaning }] of FEATURES.entries())
      expect(readme).toContain(`| ${at} | \`${name}\` | ${meaning} |`);
    expect(accuracy).toBeGreaterThan(0.88);
  });

  it('ships cases of both kinds with ten values in 0..1 and the label of the rule', () => {
    expect(trained.cases.map(({ label }) => label)).toEqual([1, 0, 1, 0, 1, 0]);
    for (const { values, label } of trained.cases) {
      expect(values).toHaveLength(10);
      expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...values)).toBeLessThanOrEqual(1);
      expect(rule(values) > 0 ? 1 : 0).toBe(label);
    }
  });
});

describe('the gradient', () => {
  it('agrees with finite differences of the log loss', () => {
    const random = createRandom(7);
    const layers = createLayers([3, 4, 2, 1], random);
    const gradients = layers.map((layer) => ({
      ...layer,
      weights: layer.weights.map(() => 0),
      bias: layer.bias.map(() => 0),
    }));
    const values = [0.2, 0.7, 0.4];
    const loss = (): number => -Math.log(score(layers, values));
    addGradient(layers, values, 1, gradients);
    const step = 1e-6;
    for (const [depth, layer] of layers.entries()) {
      for (const part of ['weights', 'bias'] as const) {
        for (const [at, kept] of layer[part].entries()) {
          layer[part][at] = kept + step;
          const above = loss();
          layer[part][at] = kept - step;
          const below = loss();
          layer[part][at] = kept;
          expect(gradients[depth]?.[part][at]).toBeCloseTo((above - below) / (2 * step), 6);
        }
      }
    }
  });
});
