import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../workers/runtime/config.ts';
import { inferenceConfig, runnerOptionsOf } from '../../../workers/inference/config.ts';
import type { ElementType } from '../../../workers/inference/element-type.ts';
import { requireInDomain } from '../../../workers/inference/input-domain.ts';
import type { LoadedModel } from '../../../workers/inference/model-runner.ts';
import { createModelShelf } from '../../../workers/inference/model-shelf.ts';
import { requireSpecFit } from '../../../workers/inference/spec-fit.ts';
import type { BoundTensor, TensorLayout } from '../../../workers/inference/tensor-layout.ts';
import { modelIdOf, OutputKind } from '../../../workers/protocol/model.ts';
import { bitsOfFloat, encodeFloats, encodeInts } from '../../../workers/protocol/vector.ts';
import { codeOf } from '../../../workers/runtime/errors.ts';
import { failure, recordingLogger, specOf } from '../../support/role-jobs.ts';

const tensor = (length: number, type: ElementType = 'float32', start = 0): BoundTensor => ({
  name: 'x',
  type,
  shape: [length],
  length,
  start,
});
const layout = (inputs: BoundTensor[], outputs: BoundTensor[] | null): TensorLayout => ({
  inputs,
  inputLength: 0,
  outputs,
  outputLength: null,
});

describe('requireSpecFit', () => {
  const spec = specOf(2, 1);
  it('accepts a file with the registered lengths and kinds', () => {
    expect(() => requireSpecFit(spec, layout([tensor(2)], [tensor(1)]))).not.toThrow();
  });

  it.each([
    ['another input length', layout([tensor(3)], [tensor(1)]), 'input 0 has 2 elements registered, the file has 3'],
    ['another number of inputs', layout([], [tensor(1)]), '1 inputs registered, the file has 0'],
    ['another output length', layout([tensor(2)], [tensor(4)]), 'output 0 has 1 elements registered, the file has 4'],
    ['outputs of unknown size', layout([tensor(2)], null), 'the size of an output depends on the input'],
    ['whole numbers as continuous', layout([tensor(2)], [tensor(1, 'int64')]), 'registered as continuous'],
  ])('refuses %s', (_title, found, words) => {
    expect(() => requireSpecFit(spec, found)).toThrow(words);
  });

  it.each([
    ['an index', OutputKind.Index],
    ['an integer', OutputKind.Integer],
  ])('refuses floats that are registered as %s', (words, kind) => {
    const [output] = spec.outputs;
    if (!output) throw new Error('no output');
    const whole = { ...spec, outputs: [{ ...output, kind }] };
    expect(() => requireSpecFit(whole, layout([tensor(2)], [tensor(1)]))).toThrow(`registered as ${words}`);
    expect(() => requireSpecFit(whole, layout([tensor(2)], [tensor(1, 'int32')]))).not.toThrow();
  });
});

describe('requireInDomain', () => {
  const within = (lo: number, hi: number) => [{ length: 2, lo: bitsOfFloat(lo), hi: bitsOfFloat(hi) }];

  it('takes both bounds, and everything where none are declared', () => {
    expect(() => requireInDomain(within(-1, 1), [tensor(2)], encodeFloats([-1, 1]))).not.toThrow();
    expect(() => requireInDomain(within(0, 0), [tensor(2)], encodeFloats([-9, NaN]))).not.toThrow();
  });

  it.each([
    [[0, 1.0001], 'element 1 of input 0 ("x") is 1.000'],
    [[-2, 0], 'element 0 of input 0 ("x") is -2; the model declares -1 to 1'],
    [[0, NaN], 'is NaN'],
    [[Infinity, 0], 'is Infinity'],
  ])('refuses %j', (values, words) => {
    expect(() => requireInDomain(within(-1, 1), [tensor(2)], encodeFloats(values))).toThrow(words);
  });

  it('refuses NaN even between infinite bounds', () => {
    expect(() => requireInDomain(within(-Infinity, Infinity), [tensor(2)], encodeFloats([0, NaN]))).toThrow('NaN');
  });

  it('reads whole numbers as such, each input with its own bounds', () => {
    const specs = [...within(0, 1), ...within(0, 255)];
    const vector = new Uint8Array(66 * 4);
    vector.set(encodeFloats([0, 1]));
    vector.set(encodeInts([3, 256]), 64 * 4);
    const tensors = [tensor(2), tensor(2, 'uint8', 64)];
    expect(() => requireInDomain(specs, tensors, vector)).toThrow('element 1 of input 1 ("x") is 256');
  });
});

describe('createModelShelf', () => {
  const spec = specOf(2, 1);
  const modelId = modelIdOf(spec);
  const loaded = { layout: layout([tensor(2)], [tensor(1)]), provider: {}, batch: {} } as unknown as LoadedModel;
  const signal = new AbortController().signal;

  function shelfWith(load: () => Promise<LoadedModel>) {
    let located = 0;
    const logger = recordingLogger();
    const shelf = createModelShelf({
      specs: { specOf: () => Promise.resolve(spec) },
      blobs: {
        locate: () => {
          located += 1;
          return Promise.resolve({ path: '/m.onnx' });
        },
      },
      runner: { load },
      logger,
    });
    return { shelf, logger, located: () => located };
  }

  it('opens a model once for all who ask, and says where it runs and that it is not triable', async () => {
    const { shelf, logger, located } = shelfWith(() => Promise.resolve(loaded));
    const [one, two] = await Promise.all([shelf.open(modelId, signal), shelf.open(modelId, signal)]);
    expect(one).toBe(two);
    expect(one.triable).toBe(false);
    expect(located()).toBe(1);
    expect(logger.lines.map(({ message }) => message)).toEqual([
      'model ready',
      'model is not triable: its answers can be compared, never judged',
    ]);
  });

  it('remembers a final refusal, tries a passing one again, and looks anew at what was forgotten', async () => {
    const final = shelfWith(() => Promise.reject(failure('MODEL_EXTERNAL_DATA')));
    await expect(final.shelf.open(modelId, signal)).rejects.toThrow();
    await expect(final.shelf.open(modelId, signal)).rejects.toThrow();
    expect(final.located()).toBe(1);
    final.shelf.forget(modelId);
    await final.shelf.open(modelId, signal).catch(codeOf);
    expect(final.located()).toBe(2);
    const passing = shelfWith(() => Promise.reject(failure('MODEL_CRASHED', true)));
    await expect(passing.shelf.open(modelId, signal)).rejects.toThrow();
    await expect(passing.shelf.open(modelId, signal)).rejects.toThrow();
    expect(passing.located()).toBe(2);
  });
});

describe('inferenceConfig', () => {
  it('gives the runner its defaults, or what is set', () => {
    expect(runnerOptionsOf(loadConfig(inferenceConfig, {}))).toEqual({
      provider: 'auto',
      children: 1,
      memoryBytes: 4 * 2 ** 30,
      cache: { maxEntries: 8, maxBytes: 2 * 2 ** 30 },
      loadTimeoutMs: 60_000,
      runTimeoutMs: 30_000,
      batch: { maxSize: 32, maxDelayMs: 0 },
    });
    const set = loadConfig(inferenceConfig, { REMIT_EXECUTION_PROVIDER: 'cuda, cpu', REMIT_INFERENCE_THREADS: '4' });
    expect(runnerOptionsOf(set)).toMatchObject({ provider: ['cuda', 'cpu'], threads: 4 });
  });

  it.each(['gpu', '', 'cpu,cpu', 'auto,cpu'])('refuses the provider %j', (value) => {
    expect(() => loadConfig(inferenceConfig, { REMIT_EXECUTION_PROVIDER: value })).toThrow('REMIT_EXECUTION_PROVIDER');
  });
});
