import { describe, expect, it } from 'vitest';
import { dataType } from '../../../workers/onnx/data-type.ts';
import { encodeInputs, type Nested } from '../../../workers/inference/input-encoding.ts';
import { vetModel } from '../../../workers/inference/model-vetting.ts';
import {
  bindShapes,
  joinOutputs,
  splitInputs,
  splitOutputs,
  type Tensor,
} from '../../../workers/inference/tensor-layout.ts';
import { decodeFloats, encodeFloats, encodeInts } from '../../../workers/protocol/vector.ts';
import { node, onnxModel, value } from '../../support/onnx-builder.ts';

const types = ['bool', 'int8', 'uint8', 'int16', 'uint16', 'int32', 'int64'] as const;
const twoInputs = vetModel(
  onnxModel({
    node: [node('Add', ['a', 'b'], ['y'])],
    input: [value('a', ['n', 3]), value('b', [2], dataType.int64)],
    output: [value('y', ['n', 3]), value('z', ['m'])],
  }),
);
const single = (type: keyof typeof dataType, dims: readonly (number | string)[] = [2]) =>
  bindShapes(
    vetModel(
      onnxModel({
        node: [node('Identity', ['x'], ['y'])],
        input: [value('x', dims, dataType[type])],
        output: [value('y', dims, dataType[type])],
      }),
    ),
  );
const code = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'nothing was thrown';
};

describe('bindShapes', () => {
  it('binds dynamic dimensions to 1, or by name, and aligns every input to 64 elements', () => {
    expect(bindShapes(twoInputs)).toMatchObject({
      inputs: [
        { shape: [1, 3], start: 0, length: 3 },
        { shape: [2], start: 64, length: 2 },
      ],
      inputLength: 66,
    });
    expect(bindShapes(twoInputs, { n: 50 })).toMatchObject({
      inputs: [{ shape: [50, 3], start: 0 }, { start: 192 }],
      inputLength: 194,
    });
  });

  it('leaves outputs open when no input tells their size', () => {
    expect(bindShapes(twoInputs)).toMatchObject({ outputs: null, outputLength: null });
    expect(single('float32', ['n', 4])).toMatchObject({ outputs: [{ shape: [1, 4] }], outputLength: 4 });
  });

  it('refuses bindings that mean nothing', () => {
    expect(code(() => bindShapes(twoInputs, { batch: 1 }))).toBe('INPUT_SHAPE');
    expect(code(() => bindShapes(twoInputs, { n: 0 }))).toBe('INPUT_SHAPE');
  });
});

describe('splitInputs and joinOutputs', () => {
  it('gives back what was encoded, for every element type', () => {
    for (const type of types) {
      const layout = single(type);
      const vector = encodeInputs(layout, [[1, 0]]);
      const [tensor] = splitInputs(layout, vector);
      expect(Array.from(tensor?.data ?? [], Number), type).toEqual([1, 0]);
      expect(Buffer.compare(joinOutputs(layout, tensor ? [tensor] : []), vector), type).toBe(0);
    }
    const layout = single('float32');
    const vector = encodeInputs(layout, [[-0, 0.1]]);
    expect(Object.is(decodeFloats(vector)[0], 0)).toBe(true);
    expect(Buffer.compare(joinOutputs(layout, splitInputs(layout, vector)), vector)).toBe(0);
  });

  it('joins several outputs, each aligned, and cuts them apart again', () => {
    const layout = bindShapes(
      vetModel(
        onnxModel({
          node: [node('Split', ['x'], ['y', 'z'])],
          input: [value('x', [70])],
          output: [value('y', [3]), value('z', [67])],
        }),
      ),
    );
    const tensors: Tensor[] = [3, 67].map((length) => ({
      name: 'y',
      type: 'float32',
      shape: [length],
      data: new Float32Array(length).fill(length),
    }));
    const vector = joinOutputs(layout, tensors);
    expect(vector.length).toBe((64 + 67) * 4);
    expect(splitOutputs(layout, vector).map((tensor) => tensor.data)).toEqual(tensors.map((tensor) => tensor.data));
  });

  it('names the first thing that is wrong with an input vector', () => {
    const layout = bindShapes(twoInputs);
    const good = encodeInputs(layout, [
      [1, 2, 3],
      [4, 5],
    ]);
    const damaged = good.slice();
    damaged[4 * 10] = 1;
    expect(code(() => splitInputs(layout, good.subarray(4)))).toBe('INPUT_LENGTH');
    expect(code(() => splitInputs(layout, damaged))).toBe('INPUT_PADDING');
    expect(() => splitInputs(single('float32'), encodeFloats([1, Number.NaN]))).toThrow(
      'element 1 of input "x" is NaN',
    );
    expect(code(() => splitInputs(single('float32'), encodeFloats([Infinity, 0])))).toBe('INPUT_NOT_FINITE');
    expect(code(() => splitInputs(single('uint8'), encodeInts([0, 256])))).toBe('INPUT_OUT_OF_RANGE');
    expect(code(() => splitInputs(single('bool'), encodeInts([0, 2])))).toBe('INPUT_OUT_OF_RANGE');
  });

  it('names what is wrong with an output', () => {
    const output = (data: Tensor['data'], type: Tensor['type']): Tensor[] => [{ name: 'y', type, shape: [2], data }];
    expect(() => joinOutputs(single('float32'), output(Float32Array.of(1, Infinity), 'float32'))).toThrow(
      'element 1 of output "y" is Infinity',
    );
    expect(code(() => joinOutputs(single('float32'), output(Float32Array.of(1), 'float32')))).toBe('OUTPUT_LENGTH');
    expect(code(() => joinOutputs(single('int64'), output(BigInt64Array.of(1n, 2n ** 31n), 'int64')))).toBe(
      'OUTPUT_OUT_OF_RANGE',
    );
  });
});

describe('encodeInputs', () => {
  const layout = single('float32', [2, 2]);
  const ints = single('int64', [2]);

  it('takes flat and nested arrays alike', () => {
    expect(encodeInputs(layout, [[1, 2, 3, 4]])).toEqual(
      encodeInputs(layout, [
        [
          [1, 2],
          [3, 4],
        ],
      ]),
    );
  });

  it.each<[string, string, () => unknown]>([
    ['too few inputs', 'INPUT_LENGTH', () => encodeInputs(layout, [])],
    ['too few elements', 'INPUT_LENGTH', () => encodeInputs(layout, [[1, 2, 3]])],
    ['another shape', 'INPUT_SHAPE', () => encodeInputs(layout, [[[1, 2, 3, 4]]])],
    [
      'a ragged array',
      'INPUT_SHAPE',
      () =>
        encodeInputs(layout, [
          [
            [1, 2],
            [3, 4, 5],
          ],
        ]),
    ],
    ['text', 'INPUT_TYPE', () => encodeInputs(layout, [['1', 2, 3, 4] as unknown as Nested])],
    ['a fraction for an integer', 'INPUT_TYPE', () => encodeInputs(ints, [[1.5, 0]])],
    ['NaN', 'INPUT_NOT_FINITE', () => encodeInputs(layout, [[1, NaN, 3, 4]])],
    ['a number beyond float32', 'INPUT_NOT_FINITE', () => encodeInputs(layout, [[1, 1e39, 3, 4]])],
    ['an int64 beyond int32', 'INPUT_OUT_OF_RANGE', () => encodeInputs(ints, [[2 ** 31, 0]])],
  ])('refuses %s (%s)', (_, expected, act) => {
    expect(code(act)).toBe(expected);
  });
});
