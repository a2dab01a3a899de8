import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { compileRegistered } from '../../workers/canonical/service/compile-registered.ts';
import { vetModel } from '../../workers/inference/model-vetting.ts';
import { decodeModel, encodeMessage, type OnnxGraph } from '../../workers/onnx/proto.ts';
import { sha256Of } from '../../workers/protocol/content-id.ts';
import type { Attack } from './stage/attack.ts';

const FILE = 'models/credit-score/credit-score.onnx';

/** A model file is one file, of which every byte counts; what else it asks for is refused before anything runs. */
export const hostileModel: Attack = {
  name: 'hostile-model',
  threats: ['T25', 'O2'],
  what: 'a publisher’s file reads other files, runs foreign code, fills the memory, or changes after it was registered',
  async run(stage) {
    const file = await readFile(join(resolve(import.meta.dirname, '../..'), FILE));
    const changed = (change: (graph: OnnxGraph) => object): Uint8Array => {
      const model = decodeModel(file);
      return encodeMessage('Model', { ...model, graph: change({ ...model.graph }) });
    };
    const withInitializer = (fields: object): Uint8Array =>
      changed(({ initializer = [], ...graph }) => {
        const [first, ...rest] = initializer;
        return { ...graph, initializer: [{ ...first, ...fields }, ...rest] };
      });
    const vet = (bytes: Uint8Array) => (): Promise<unknown> => Promise.resolve().then(() => vetModel(bytes));
    const secret = [{ key: Buffer.from('location'), value: Buffer.from('../../../etc/passwd') }];
    const external = withInitializer({ rawData: undefined, dataLocation: 1, externalData: secret });
    await stage.failsWith('a weight is said to lie in another file', 'MODEL_EXTERNAL_DATA', vet(external));
    const foreign = changed(({ node = [], ...graph }) => ({
      ...graph,
      node: node.map((one, at) => (at === 0 ? { ...one, domain: 'example.evil', opType: 'RunShell' } : one)),
    }));
    await stage.failsWith('an operator of a foreign library is asked for', 'MODEL_DOMAIN_UNSUPPORTED', vet(foreign));
    const huge = changed(({ input = [], ...graph }) => ({
      ...graph,
      input: input.map((one) => ({
        ...one,
        type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 2 ** 31 }, { dimValue: 2 ** 20 }] } } },
      })),
    }));
    await stage.failsWith('an input of two petabytes is declared', 'MODEL_MEMORY', vet(huge));
    const cut = file.subarray(0, file.length - 7);
    await stage.failsWith('the file ends in the middle', 'MODEL_MALFORMED', vet(cut));
    const { spec } = stage.model;
    const weights = Buffer.from(decodeModel(file).graph?.initializer?.[0]?.rawData ?? []);
    weights[0] = (weights[0] ?? 0) ^ 1;
    const swapped = withInitializer({ rawData: weights });
    stage.shows('attempt', 'the file is replaced by one with a single other bit in a weight');
    stage.proves('its digest is another one than the model’s', sha256Of(swapped) !== spec.onnxSha256);
    stage.proves('so is the root of its weights', compileRegistered(swapped).weightsRoot !== spec.weightsRoot);
    const { inputs } = vetModel(file);
    stage.shows(
      'control',
      'the file as it was registered is taken',
      inputs.length === 1 && sha256Of(file) === spec.onnxSha256,
    );
  },
};
