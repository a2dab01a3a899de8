import { describe, expect, it } from 'vitest';
import { compileModel } from '../../../../workers/canonical/compiler/compile-model.ts';
import type { CompileOptions } from '../../../../workers/canonical/compiler/place-inputs.ts';
import { constantOf } from '../../../../workers/canonical/compiler/value.ts';
import { TYPE } from '../../../../workers/canonical/plan/instruction.ts';
import { dataType } from '../../../../workers/onnx/data-type.ts';
import { RemitError } from '../../../../workers/runtime/errors.ts';
import {
  floats,
  graphAttribute,
  int64s,
  intAttribute,
  intsAttribute,
  type ModelParts,
  node,
  onnxModel,
  value,
} from '../../../support/onnx-builder.ts';

const X = [value('x', [2, 3])];
const Y = [value('y', ['a', 'b'])];
const relu = [node('Relu', ['x'], ['y'])];
const base: ModelParts = { node: relu, input: X, output: Y };
const LARGEST = { name: 'm', dims: [1], dataType: dataType.int64, int64Data: ['9223372036854775807'] };

function refusal(parts: ModelParts, options?: CompileOptions): RemitError {
  try {
    compileModel(onnxModel({ ...base, ...parts }), options);
  } catch (error) {
    if (error instanceof RemitError) return error;
    throw error;
  }
  throw new Error('it was compiled');
}

describe('a file that engines could read differently is refused', () => {
  it.each<readonly [string, ModelParts, string]>([
    [
      'functions of its own that could be named like operators',
      { model: { functions: [{ name: 'Relu', domain: '', input: ['a'], output: ['b'], node: [] }] } },
      'MODEL_GRAPH_INVALID',
    ],
    [
      'an operator set that is imported twice',
      {
        model: {
          opsetImport: [
            { domain: '', version: 7 },
            { domain: 'ai.onnx', version: 17 },
          ],
        },
      },
      'MODEL_OPSET_UNSUPPORTED',
    ],
    ['an operator set of the future', { opset: 99 }, 'MODEL_OPSET_UNSUPPORTED'],
    ['a value that two nodes make', { node: [...relu, node('Neg', ['x'], ['y'])] }, 'MODEL_GRAPH_INVALID'],
    ['a node that makes an input', { node: [node('Neg', ['x'], ['x']), ...relu] }, 'MODEL_GRAPH_INVALID'],
    ['two inputs of one name', { input: [...X, ...X] }, 'MODEL_GRAPH_INVALID'],
    [
      'two initializers of one name',
      { initializer: [floats('w', [], [1]), floats('w', [], [2])] },
      'MODEL_GRAPH_INVALID',
    ],
    ['a shape that the file declares otherwise', { output: [value('y', [7])] }, 'MODEL_GRAPH_INVALID'],
    [
      'a type that the file declares otherwise',
      { output: [value('y', [2, 3], dataType.int32)] },
      'MODEL_GRAPH_INVALID',
    ],
    [
      'a flag that is neither 0 nor 1',
      { node: [node('ReduceMax', ['x'], ['y'], [intAttribute('keepdims', 2)])] },
      'MODEL_NODE_INVALID',
    ],
  ])('%s', (_, parts, code) => {
    expect(refusal(parts).code).toBe(code);
  });
});

describe('a graph that cannot be compiled is refused', () => {
  it.each<readonly [string, ModelParts, string]>([
    [
      'a circle',
      { node: [node('Add', ['x', 'b'], ['a']), node('Neg', ['a'], ['b']), node('Add', ['a', 'b'], ['y'])] },
      'MODEL_GRAPH_INVALID',
    ],
    ['a value that nothing makes', { node: [node('Add', ['x', 'z'], ['y'])] }, 'MODEL_GRAPH_INVALID'],
    ['no outputs', { output: [] }, 'MODEL_GRAPH_INVALID'],
    [
      'an input without a shape',
      { input: [{ name: 'x', type: { tensorType: { elemType: 1 } } }] },
      'MODEL_SHAPE_UNBOUND',
    ],
    ['a float64 input', { input: [value('x', [2, 3], dataType.float64)] }, 'MODEL_TENSOR_REFUSED'],
    ['a tensor that lacks numbers', { initializer: [floats('w', [3], [1, 2])] }, 'MODEL_TENSOR_REFUSED'],
    ['a tensor of negative sizes', { initializer: [floats('w', [-1, -1], [1])] }, 'MODEL_TENSOR_REFUSED'],
    [
      'a tensor in another file',
      {
        initializer: [{ ...floats('w', [1], [1]), dataLocation: 1, externalData: [{ key: Buffer.from('location') }] }],
      },
      'MODEL_TENSOR_REFUSED',
    ],
    [
      'an output without elements',
      { node: [node('Slice', ['x', 'f', 'f'], ['y'])], initializer: [int64s('f', [1])] },
      'MODEL_GRAPH_INVALID',
    ],
  ])('%s', (_, parts, code) => {
    expect(refusal(parts).code).toBe(code);
  });
});

describe('a node is named that', () => {
  it('has an operator without a lowering', () => {
    const error = refusal({ node: [node('Mystery', ['x'], ['y'], [], { domain: 'com.example' })] });
    expect(error.code).toBe('MODEL_OPERATOR_REFUSED');
    expect(error.context).toMatchObject({ name: 'Mystery_y', opType: 'Mystery', domain: 'com.example' });
    expect(error.message).toContain('Mystery_y (com.example.Mystery');
  });

  it.each<readonly [string, ModelParts]>([
    ['transposes by no permutation', { node: [node('Transpose', ['x'], ['y'], [intsAttribute('perm', [0, 0])])] }],
    [
      'adds what does not broadcast',
      { node: [node('Add', ['x', 'w'], ['y'])], initializer: [floats('w', [2], [1, 2])] },
    ],
    ['has an attribute of another type', { node: [node('Softmax', ['x'], ['y'], [intsAttribute('axis', [1])])] }],
    ['lacks an input', { node: [node('Add', ['x'], ['y'])] }],
    ['has an axis out of range', { node: [node('Softmax', ['x'], ['y'], [intAttribute('axis', 5)])] }],
    ['reshapes to another count', { node: [node('Reshape', ['x', 's'], ['y'])], initializer: [int64s('s', [4, -1])] }],
    [
      'splits into more than there is',
      { node: [node('Split', ['x', 's'], ['y', 'z'])], initializer: [int64s('s', [1, 7])] },
    ],
    [
      'strides by 0',
      {
        input: [value('x', [1, 1, 5])],
        node: [node('MaxPool', ['x'], ['y'], [intsAttribute('kernel_shape', [2]), intsAttribute('strides', [0])])],
      },
    ],
    [
      'convolves with a kernel that is not what it says',
      {
        input: [value('x', [1, 1, 5, 5])],
        node: [node('Conv', ['x', 'w'], ['y'], [intsAttribute('kernel_shape', [3, 3])])],
        initializer: [floats('w', [1, 1, 2, 2], [1, 2, 3, 4])],
      },
    ],
    [
      'continues another shape',
      {
        node: [node('Concat', ['x', 'w'], ['y'], [intAttribute('axis', 0)])],
        initializer: [floats('w', [1, 2], [1, 2])],
      },
    ],
  ])('%s', (_, parts) => {
    const error = refusal(parts);
    expect(error.code).toBe('MODEL_NODE_INVALID');
    expect(error.message).toMatch(/^node \w+_y \(/);
  });

  it('needs more dimensions than an instruction has', () => {
    const dims = new Array<number>(9).fill(2);
    const error = refusal({
      input: [value('x', dims)],
      node: [
        node('Transpose', ['x'], ['t'], [intsAttribute('perm', [8, 6, 7, 4, 5, 2, 3, 0, 1].toReversed())]),
        node('Softmax', ['t'], ['y'], [intAttribute('axis', 4)]),
      ],
      output: [value('y', ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'])],
    });
    expect(error.code).toBe('MODEL_OPERATOR_REFUSED');
  });
});

describe('numbers of more than 32 bits', () => {
  const wide = { input: [value('x', [1], dataType.int64)], output: [value('y', ['a'], dataType.int64)] };

  it('are cut where they end a slice', () => {
    const { outputs } = compileModel(
      onnxModel({ ...base, node: [node('Slice', ['x', 'f', 'm'], ['y'])], initializer: [int64s('f', [1]), LARGEST] }),
    );
    expect(outputs[0]?.shape).toEqual([1, 3]);
  });

  it('are moved, and compared with others, while compiling', () => {
    const ends = onnxModel({
      ...base,
      node: [
        node('Concat', ['m', 'two'], ['both'], [intAttribute('axis', 0)]),
        node('Min', ['both', 'three'], ['least']),
        node('Slice', ['x', 'zeros', 'least'], ['y']),
      ],
      initializer: [LARGEST, int64s('two', [2]), int64s('three', [3]), int64s('zeros', [0, 0])],
    });
    expect(compileModel(ends).outputs[0]?.shape).toEqual([2, 2]);
  });

  it('are refused where they are computed with', () => {
    const atRunTime = refusal({ ...wide, node: [node('Add', ['x', 'm'], ['y'])], initializer: [LARGEST] });
    const folded = refusal({
      ...wide,
      node: [node('Sub', ['m', 'm'], ['z']), node('Add', ['x', 'z'], ['y'])],
      initializer: [LARGEST],
    });
    for (const { code, message } of [atRunTime, folded]) {
      expect(code).toBe('MODEL_OPERATOR_REFUSED');
      expect(message).toContain('does not fit 32 bits');
    }
  });

  it.each([
    ['Mul', 2 ** 20, 2 ** 20],
    ['Add', 2 ** 31 - 1, 1],
    ['Sub', -(2 ** 31), 1],
  ])('are refused when they come out of %s', (opType, one, other) => {
    const error = refusal({
      ...wide,
      node: [node(opType, ['v', 'w'], ['z']), node('Add', ['x', 'z'], ['y'])],
      initializer: [int64s('v', [one]), int64s('w', [other])],
    });
    expect(error.message).toContain('does not fit 32 bits');
  });
});

describe('a few bytes that ask for a lot are refused', () => {
  it.each<readonly [string, ModelParts]>([
    ['an input', { input: [value('x', [2 ** 20, 2 ** 20])] }],
    ['Expand', { node: [node('Expand', ['x', 's'], ['y'])], initializer: [int64s('s', [2 ** 30, 2, 3])] }],
    ['Tile', { node: [node('Tile', ['x', 's'], ['y'])], initializer: [int64s('s', [2 ** 30, 2 ** 20])] }],
    ['Pad', { node: [node('Pad', ['x', 's'], ['y'])], initializer: [int64s('s', [0, 0, 2 ** 30, 2])] }],
    [
      'Range',
      {
        node: [node('Range', ['z', 's', 'o'], ['y'])],
        initializer: [int64s('z', [0], []), int64s('s', [2 ** 30], []), int64s('o', [1], [])],
      },
    ],
    [
      'ConstantOfShape, computed with',
      {
        node: [
          node('ConstantOfShape', ['s'], ['c']),
          node('MatMul', ['c', 'c'], ['d']),
          node('Add', ['d', 'x'], ['y']),
        ],
        initializer: [int64s('s', [2 ** 13, 2 ** 13])],
      },
    ],
    [
      'a window',
      {
        input: [value('x', [1, 1, 4])],
        node: [
          node(
            'AveragePool',
            ['x'],
            ['y'],
            [intsAttribute('kernel_shape', [2 ** 40]), intsAttribute('pads', [2 ** 40, 2 ** 40])],
          ),
        ],
      },
    ],
  ])('%s', (_, parts) => {
    const began = performance.now();
    expect(['MODEL_TOO_LARGE', 'MODEL_NODE_INVALID']).toContain(refusal(parts).code);
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it('loops in loops', () => {
    const loopOf = (depth: number): Record<string, unknown> =>
      depth === 0
        ? node('Identity', ['a0'], ['b0'])
        : node('Loop', ['n', '', `a${depth}`], [`b${depth}`], [graphAttribute('body', bodyOf(depth - 1))]);
    const bodyOf = (depth: number) => ({
      name: Buffer.from('body'),
      node: [node('Identity', [`c${depth}`], [`d${depth}`]), loopOf(depth)],
      input: [
        value(`i${depth}`, [], dataType.int64),
        value(`c${depth}`, [], dataType.bool),
        value(`a${depth}`, [2, 3]),
      ],
      output: [value(`d${depth}`, [], dataType.bool), value(`b${depth}`, [2, 3])],
    });
    const parts: ModelParts = {
      input: [value('a3', [2, 3])],
      node: [loopOf(3)],
      output: [value('b3', [2, 3])],
      initializer: [int64s('n', [9_000], [])],
    };
    expect(refusal(parts).code).toBe('MODEL_TOO_LARGE');
  });

  it('more instructions than a plan may have', () => {
    const { code } = refusal({ node: [node('Softmax', ['x'], ['y'])] }, { limits: { instructions: 2 } });
    expect(code).toBe('MODEL_TOO_LARGE');
  });
});

describe('options that do not fit the model are refused', () => {
  const dynamic: ModelParts = { input: [value('x', ['batch', 3])] };
  const bound = (type: 0 | 1, bits: number) => constantOf([1], dataType.int8, type, Uint32Array.of(bits));

  it.each<readonly [string, CompileOptions]>([
    ['a dimension that it does not name', { shapes: { bacth: 4 } }],
    ['an input that it does not have', { shapes: { z: [4, 3] } }],
    ['another number of dimensions', { shapes: { x: [4] } }],
    ['another size than a fixed one', { shapes: { x: [4, 4] } }],
    ['a size below 1', { shapes: { batch: 0 } }],
    ['a size that is not whole', { shapes: { batch: 1.5 } }],
    ['a bound input that it does not have', { bind: { z: bound(TYPE.I32, 1) } }],
    ['a bound tensor of another shape', { bind: { x: bound(TYPE.F32, 1) } }],
  ])('%s', (_, options) => {
    expect(refusal(dynamic, options).code).toBe('MODEL_SHAPE_INVALID');
  });

  it('a bound number outside its type', () => {
    const parts: ModelParts = {
      input: [value('x', [1], dataType.int8), value('k', [1], dataType.int8)],
      node: [node('Max', ['x', 'k'], ['y'])],
      output: [value('y', [1], dataType.int8)],
    };
    expect(refusal(parts, { bind: { k: bound(TYPE.I32, 300) } }).code).toBe('MODEL_SHAPE_INVALID');
    expect(() => compileModel(onnxModel(parts), { bind: { k: bound(TYPE.I32, 100) } })).not.toThrow();
  });
});
