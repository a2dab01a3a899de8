import { describe, expect, it } from 'vitest';
import { dataType } from '../../../workers/onnx/data-type.ts';
import { encodeMessage } from '../../../workers/onnx/proto.ts';
import { vetModel } from '../../../workers/inference/model-vetting.ts';
import { withoutWeightInputs } from '../../../workers/inference/weight-inputs.ts';
import type { RemitError } from '../../../workers/runtime/errors.ts';
import {
  endlessLoop,
  floats,
  graphAttribute,
  int64s,
  intsAttribute,
  node,
  onnxModel,
  smallModel,
  tensorAttribute,
  value,
} from '../../support/onnx-builder.ts';

const io = { input: [value('x', [1])], output: [value('y', [1])] };
const plain = { ...io, node: [node('Relu', ['x'], ['y'])] };
const external = {
  name: 'w',
  dims: [4],
  dataType: dataType.float32,
  dataLocation: 1,
  externalData: [{ key: Buffer.from('location'), value: Buffer.from('../../.env') }],
};
const constantOf = (t: object): Uint8Array =>
  onnxModel({ ...io, node: [node('Constant', [], ['y'], [tensorAttribute('value', t as never)])] });
const branch = (inner: readonly object[]): object => ({
  name: Buffer.from('b'),
  node: inner,
  output: [value('z', [1])],
});
const nested = (depth: number): object =>
  depth === 0
    ? node('Relu', ['x'], ['z'])
    : node('If', ['c'], ['z'], [graphAttribute('then_branch', branch([nested(depth - 1)]) as never)]);

function refusal(bytes: Uint8Array, limits = {}): RemitError {
  try {
    vetModel(bytes, limits);
  } catch (error) {
    return error as RemitError;
  }
  throw new Error('the model was accepted');
}

describe('vetModel accepts', () => {
  it('a plain model and describes it', () => {
    expect(vetModel(smallModel('batch'))).toEqual({
      inputs: [{ name: 'x', type: 'float32', shape: [null, 2], symbols: ['batch', null] }],
      outputs: [{ name: 'y', type: 'float32', shape: [null, 2], symbols: ['batch', null] }],
      nodes: 1,
      opset: 17,
      parameters: 4,
      bytes: smallModel('batch').length,
      estimatedPeakBytes: 48,
    });
  });

  it('graph inputs that are weights, and counts them as weights', () => {
    const model = onnxModel({
      ...plain,
      input: [...io.input, value('w', [2])],
      initializer: [floats('w', [2], [1, 2])],
    });
    expect(vetModel(model).inputs.map((input) => input.name)).toEqual(['x']);
    const cut = withoutWeightInputs(model);
    expect(cut.length).toBeLessThan(model.length);
    expect(vetModel(cut)).toMatchObject({
      inputs: vetModel(model).inputs,
      outputs: vetModel(model).outputs,
      parameters: 2,
    });
    expect(withoutWeightInputs(cut)).toBe(cut);
  });

  it('control flow when it is allowed', () => {
    expect(vetModel(endlessLoop(), { allowControlFlow: true }).nodes).toBe(4);
  });
});

describe('vetModel refuses', () => {
  const tag = (bytes: Uint8Array): Uint8Array =>
    Buffer.concat([Uint8Array.of(0x3a), encodeLength(bytes.length), bytes]);
  const graph = encodeMessage('Graph', { node: [node('Relu', ['x'], ['y'])] });

  const families: readonly (readonly [string, string, Uint8Array, object?])[] = [
    ['an empty file', 'MODEL_MALFORMED', new Uint8Array()],
    ['a file that is no protobuf', 'MODEL_MALFORMED', Buffer.from('\u0089PNG\r\n not a model at all')],
    ['a truncated file', 'MODEL_MALFORMED', smallModel().subarray(0, smallModel().length - 7)],
    ['an unknown field', 'MODEL_MALFORMED', Buffer.concat([smallModel(), Uint8Array.of(0x9a, 0x06, 0x00)])],
    [
      'two graphs, of which engines merge and decoders drop one',
      'MODEL_MALFORMED',
      Buffer.concat([smallModel(), tag(graph)]),
    ],
    ['a graph without outputs', 'MODEL_MALFORMED', onnxModel({ ...plain, output: [] })],
    ['a weight in an external file', 'MODEL_EXTERNAL_DATA', onnxModel({ ...plain, initializer: [external] })],
    ['external data in a Constant attribute', 'MODEL_EXTERNAL_DATA', constantOf(external)],
    [
      'external data named without its location flag, as in the hard-link trick',
      'MODEL_EXTERNAL_DATA',
      constantOf({ ...external, dataLocation: 0 }),
    ],
    [
      'external data deep inside a branch',
      'MODEL_EXTERNAL_DATA',
      onnxModel({
        ...io,
        node: [
          node(
            'If',
            ['c'],
            ['y'],
            [graphAttribute('then_branch', { name: Buffer.from('b'), initializer: [external] })],
          ),
        ],
      }),
      { allowControlFlow: true },
    ],
    [
      'an unknown operator domain',
      'MODEL_DOMAIN_UNSUPPORTED',
      onnxModel({ ...io, node: [node('Relu', ['x'], ['y'], [], { domain: 'com.evil' })] }),
    ],
    [
      'an unknown domain inside a branch',
      'MODEL_DOMAIN_UNSUPPORTED',
      onnxModel({
        ...io,
        node: [
          node(
            'If',
            ['c'],
            ['y'],
            [graphAttribute('else_branch', branch([node('Relu', ['x'], ['z'], [], { domain: 'com.evil' })]) as never)],
          ),
        ],
      }),
      { allowControlFlow: true },
    ],
    [
      'model-local functions',
      'MODEL_FEATURE_UNSUPPORTED',
      onnxModel({ ...plain, model: { functions: [{ name: 'f', domain: 'x' }] } }),
    ],
    ['training information', 'MODEL_FEATURE_UNSUPPORTED', onnxModel({ ...plain, model: { trainingInfo: [{}] } })],
    ['sparse weights', 'MODEL_FEATURE_UNSUPPORTED', onnxModel({ ...plain, ...{ sparseInitializer: [{ dims: [4] }] } })],
    ['a loop', 'MODEL_FEATURE_UNSUPPORTED', endlessLoop()],
    [
      'subgraphs nested 30 deep',
      'MODEL_TOO_DEEP',
      onnxModel({ ...io, node: [nested(30) as never] }),
      { allowControlFlow: true },
    ],
    [
      'too many nodes',
      'MODEL_TOO_LARGE',
      onnxModel({ ...io, node: Array.from({ length: 101 }, (_, i) => node('Relu', ['x'], [`n${i}`])) }),
      { maxNodes: 100 },
    ],
    [
      'too many fields',
      'MODEL_TOO_LARGE',
      onnxModel({
        ...plain,
        initializer: [
          int64s(
            'big',
            Array.from({ length: 2000 }, () => 1),
          ),
        ],
      }),
      { maxFields: 1000 },
    ],
    ['a file that is too large', 'MODEL_TOO_LARGE', smallModel(), { maxFileBytes: 10 }],
    [
      'a shape of 4 GB made from a constant',
      'MODEL_MEMORY',
      onnxModel({ ...io, node: [node('ConstantOfShape', ['s'], ['y'])], initializer: [int64s('s', [1_000_000_000])] }),
    ],
    [
      'the same with the shape in a Constant node',
      'MODEL_MEMORY',
      onnxModel({
        ...io,
        node: [
          node('Constant', [], ['s'], [intsAttribute('value_ints', [40_000, 40_000])]),
          node('ConstantOfShape', ['s'], ['y']),
        ],
      }),
    ],
    [
      'an Expand to gigabytes',
      'MODEL_MEMORY',
      onnxModel({ ...io, node: [node('Expand', ['x', 's'], ['y'])], initializer: [int64s('s', [2 ** 31])] }),
    ],
    [
      'many moderate tensors that add up',
      'MODEL_MEMORY',
      onnxModel({
        ...io,
        node: Array.from({ length: 40 }, (_, i) => node('ConstantOfShape', ['s'], [`n${i}`])),
        initializer: [int64s('s', [2 ** 24])],
      }),
    ],
    [
      'a weight of 2^80 numbers',
      'MODEL_MEMORY',
      onnxModel({ ...plain, initializer: [{ name: 'w', dims: [2 ** 40, 2 ** 40], dataType: 1 }] }),
    ],
    ['an input of 2^40 numbers', 'MODEL_MEMORY', onnxModel({ ...plain, input: [value('x', [2 ** 40])] })],
    [
      'a negative dimension',
      'MODEL_MALFORMED',
      onnxModel({ ...plain, initializer: [{ name: 'w', dims: [-1], dataType: 1 }] }),
    ],
    ['a negative input dimension', 'MODEL_MALFORMED', onnxModel({ ...plain, input: [value('x', [-5])] })],
    [
      'a weight with fewer numbers than it promises',
      'MODEL_MALFORMED',
      onnxModel({ ...plain, initializer: [floats('w', [100], [1, 2])] }),
    ],
    ['an operator set from before 2018', 'MODEL_OPSET_UNSUPPORTED', onnxModel({ ...plain, opset: 1 })],
    ['an operator set from the future', 'MODEL_OPSET_UNSUPPORTED', onnxModel({ ...plain, opset: 99 })],
    ['a text input', 'MODEL_TYPE_UNSUPPORTED', onnxModel({ ...plain, input: [value('x', [1], dataType.string)] })],
    [
      'an output of float64',
      'MODEL_TYPE_UNSUPPORTED',
      onnxModel({ ...plain, output: [value('y', [1], dataType.float64)] }),
    ],
    [
      'a sequence input',
      'MODEL_TYPE_UNSUPPORTED',
      onnxModel({ ...plain, input: [{ name: 'x', type: { sequenceType: {} } }] }),
    ],
  ];

  it.each(families.map(([title, code, bytes, limits]) => ({ title, code, bytes, limits })))(
    '$title ($code)',
    ({ code, bytes, limits }) => {
      const error = refusal(bytes, limits);
      expect(error.code, error.message).toBe(code);
      expect(error.fix).toBeTruthy();
    },
  );

  it('a foreign operator by the name of its node and its domain', () => {
    const error = refusal(
      onnxModel({ ...io, node: [node('Steal', ['x'], ['y'], [], { domain: 'com.evil', name: 'n7' })] }),
    );
    expect(error.message).toContain('"n7"');
    expect(error.message).toContain('"com.evil"');
  });

  it('every truncation and every single damaged byte without anything but a coded error', () => {
    const model = smallModel();
    for (let at = 0; at < model.length; at += 1) {
      for (const bytes of [model.subarray(0, at), model.map((byte, index) => (index === at ? byte ^ 0xff : byte))]) {
        try {
          vetModel(bytes);
        } catch (error) {
          expect((error as RemitError).code, `${at}: ${String(error)}`).toMatch(/^MODEL_/);
        }
      }
    }
  });
});

function encodeLength(length: number): Uint8Array {
  return length < 128 ? Uint8Array.of(length) : Uint8Array.of((length & 0x7f) | 0x80, length >> 7);
}
