import { dataType } from '../../../../workers/onnx/data-type.ts';
import {
  floats,
  graphAttribute,
  int64s,
  intAttribute,
  intsAttribute,
  node,
  onnxModel,
  tensorAttribute,
  value,
} from '../../../support/onnx-builder.ts';
import type { CaseInput, OperatorCase } from '../../../support/operator-cases.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Seeded numbers within ±2 with two decimals. */
export function numbers(count: number, seed: number): readonly number[] {
  let state = (seed * 2_654_435_761) >>> 0;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.round((state / 2 ** 31 - 1) * 200) / 100;
  });
}

const countOf = (dims: readonly number[]): number => dims.reduce((all, dim) => all * dim, 1);

export const floatInput = (name: string, dims: readonly number[], seed = 1): CaseInput => ({
  name,
  type: 'float32',
  dims,
  values: numbers(countOf(dims), seed),
});

const text = (name: string, s: string): Fields => ({ name, type: 3, s: Buffer.from(s) });
const untyped = (name: string, elemType: number = dataType.float32): Fields => ({
  name,
  type: { tensorType: { elemType } },
});

interface GraphParts {
  readonly nodes: readonly Fields[];
  readonly inputs: readonly CaseInput[];
  readonly constants?: readonly Fields[];
  readonly outputs?: readonly Fields[];
  readonly opset?: number;
}

/** Several nodes: what one leaves as a view the next has to read. */
function graph(title: string, { nodes, inputs, constants = [], outputs, opset = 17 }: GraphParts): OperatorCase {
  return {
    operator: String(nodes[0]?.['opType']),
    title,
    model: onnxModel({
      opset,
      node: nodes,
      input: inputs.map(({ name, dims, type }) => value(name, dims, dataType[type])),
      output: outputs ?? [untyped('y')],
      initializer: constants,
      model: { irVersion: 10 },
    }),
    inputs,
  };
}

const truth = (name: string): Fields =>
  node('Constant', [], [name], [tensorAttribute('value', { dims: [], dataType: dataType.bool, int32Data: [1] })]);

const branch = (name: string, only: Fields): Fields =>
  graphAttribute(name, { name: Buffer.from(name), node: [only], output: [untyped('t')] });

const X = [floatInput('x', [2, 3, 4])];
const IMAGE = [floatInput('x', [2, 3, 7, 6], 3)];
const WEIGHTS = floats('w', [4, 3, 3, 3], numbers(108, 4));
const perm = (order: readonly number[]): Fields => intsAttribute('perm', order);
const long = numbers(20_000, 9);

/** Chains of core operators, and edges of theirs that ONNX publishes no case for. */
export const coreCases: readonly OperatorCase[] = [
  graph('Transpose, reshaped across the dimensions that it parted', {
    nodes: [node('Transpose', ['x'], ['t'], [perm([2, 0, 1])]), node('Reshape', ['t', 's'], ['y'])],
    inputs: X,
    constants: [int64s('s', [6, -1])],
  }),
  graph('Slice with negative steps, transposed, added to itself', {
    nodes: [
      node('Slice', ['x', 'from', 'to', 'axes', 'steps'], ['s']),
      node('Transpose', ['s'], ['t'], [perm([1, 2, 0])]),
      node('Add', ['t', 't'], ['y']),
    ],
    inputs: X,
    constants: [
      int64s('from', [-1, 2]),
      int64s('to', [-(2 ** 40), 0]),
      int64s('axes', [2, 1]),
      int64s('steps', [-2, -1]),
    ],
  }),
  graph('Expand to what a product then sums over', {
    nodes: [node('Expand', ['x', 's'], ['e']), node('MatMul', ['e', 'w'], ['y'])],
    inputs: [floatInput('x', [1, 4])],
    constants: [int64s('s', [3, 2, 4]), floats('w', [4, 5], numbers(20, 6))],
  }),
  graph('MatMul with a transposed activation on its right', {
    nodes: [node('Transpose', ['x'], ['t'], [perm([0, 2, 1])]), node('MatMul', ['x', 't'], ['y'])],
    inputs: X,
  }),
  graph('MatMul of vectors', {
    nodes: [node('MatMul', ['a', 'b'], ['y'])],
    inputs: [floatInput('a', [5]), floatInput('b', [5], 2)],
  }),
  graph('MatMul over 20,000, in blocks', {
    nodes: [node('MatMul', ['x', 'w'], ['y'])],
    inputs: [{ name: 'x', type: 'float32', dims: [1, 20_000], values: long }],
    constants: [floats('w', [20_000, 2], numbers(40_000, 10))],
  }),
  graph('Gemm over 10,000 with a bias and factors', {
    nodes: [
      node(
        'Gemm',
        ['x', 'w', 'b'],
        ['y'],
        [
          intAttribute('transA', 1),
          intAttribute('transB', 1),
          { name: 'alpha', type: 1, f: 0.5 },
          { name: 'beta', type: 1, f: -2 },
        ],
      ),
    ],
    inputs: [{ name: 'x', type: 'float32', dims: [10_000, 1], values: long.slice(0, 10_000) }],
    constants: [floats('w', [3, 10_000], numbers(30_000, 11)), floats('b', [3], [1, -2, 0.5])],
  }),
  graph('Conv, Relu, MaxPool, flattened into a product', {
    nodes: [
      node('Conv', ['x', 'w', 'b'], ['c'], [intsAttribute('pads', [1, 0, 2, 1]), intsAttribute('strides', [1, 2])]),
      node('Relu', ['c'], ['r']),
      node('MaxPool', ['r'], ['m'], [intsAttribute('kernel_shape', [2, 2]), intsAttribute('strides', [2, 1])]),
      node('Flatten', ['m'], ['f']),
      node('MatMul', ['f', 'v'], ['y']),
    ],
    inputs: IMAGE,
    constants: [WEIGHTS, floats('b', [4], [0.1, -0.2, 0.3, 0]), floats('v', [32, 3], numbers(96, 7))],
  }),
  graph('Conv over 9,000, padded, in blocks', {
    nodes: [node('Conv', ['x', 'w', 'b'], ['y'], [intsAttribute('pads', [1, 1, 1, 1])])],
    inputs: [floatInput('x', [1, 1000, 3, 3], 12)],
    constants: [floats('w', [2, 1000, 3, 3], numbers(18_000, 13)), floats('b', [2], [1, -1])],
  }),
  ...['SAME_UPPER', 'SAME_LOWER', 'VALID'].map((auto) =>
    graph(`Conv with auto_pad ${auto}`, {
      nodes: [node('Conv', ['x', 'w'], ['y'], [text('auto_pad', auto), intsAttribute('strides', [2, 2])])],
      inputs: IMAGE,
      constants: [WEIGHTS],
    }),
  ),
  graph('Conv of one dimension', {
    nodes: [node('Conv', ['x', 'w'], ['y'], [intsAttribute('dilations', [2]), intsAttribute('pads', [2, 1])])],
    inputs: [floatInput('x', [1, 2, 9])],
    constants: [floats('w', [3, 2, 3], numbers(18, 5))],
  }),
  graph('Conv with weights that are computed at run time', {
    nodes: [node('Conv', ['x', 'k'], ['y'])],
    inputs: [...IMAGE, floatInput('k', [2, 3, 2, 2], 8)],
  }),
  graph('ConvTranspose, grouped, strided, padded', {
    nodes: [
      node(
        'ConvTranspose',
        ['x', 'w', 'b'],
        ['y'],
        [
          intAttribute('group', 2),
          intsAttribute('strides', [2, 3]),
          intsAttribute('pads', [1, 0, 0, 2]),
          intsAttribute('output_padding', [1, 0]),
        ],
      ),
    ],
    inputs: [floatInput('x', [2, 4, 3, 3])],
    constants: [floats('w', [4, 3, 3, 2], numbers(72, 5)), floats('b', [6], numbers(6, 2))],
  }),
  graph('ConvTranspose with auto_pad and strides wider than its kernel', {
    nodes: [
      node('ConvTranspose', ['x', 'w'], ['y'], [text('auto_pad', 'SAME_UPPER'), intsAttribute('strides', [2, 2])]),
    ],
    inputs: [floatInput('x', [1, 1, 3, 3])],
    constants: [floats('w', [1, 2, 1, 3], numbers(6, 5))],
  }),
  graph('AveragePool over its padding, ceil, dilated', {
    nodes: [
      node(
        'AveragePool',
        ['x'],
        ['y'],
        [
          intsAttribute('kernel_shape', [2, 3]),
          intsAttribute('pads', [1, 1, 0, 1]),
          intsAttribute('strides', [2, 2]),
          intAttribute('ceil_mode', 1),
        ],
      ),
    ],
    inputs: IMAGE,
  }),
  graph('GlobalMaxPool over more than one window holds', {
    nodes: [node('GlobalMaxPool', ['x'], ['y'])],
    inputs: [{ name: 'x', type: 'float32', dims: [1, 2, 100, 100], values: long }],
  }),
  graph('Concat of 20 slices along the middle', {
    nodes: [
      node('Split', ['x', 'ones'], ['a', 'b', 'c'], [intAttribute('axis', 1)]),
      node(
        'Concat',
        Array.from({ length: 20 }, (_, i) => 'abc'[i % 3] ?? 'a'),
        ['y'],
        [intAttribute('axis', 1)],
      ),
    ],
    inputs: X,
    constants: [int64s('ones', [1, 1, 1])],
  }),
  graph('Tile of a transposed tensor', {
    nodes: [node('Transpose', ['x'], ['t'], [perm([1, 2, 0])]), node('Tile', ['t', 'r'], ['y'])],
    inputs: X,
    constants: [int64s('r', [2, 1, 3])],
  }),
  ...['constant', 'edge', 'reflect', 'wrap'].map((mode) =>
    graph(`Pad, ${mode}, of named axes`, {
      nodes: [node('Pad', ['x', 'p', '', 'axes'], ['y'], [text('mode', mode)])],
      inputs: X,
      constants: [int64s('p', [1, 2, 0, 3]), int64s('axes', [-2, 2])],
      opset: 19,
    }),
  ),
  graph('Pad with a number, cutting on one side', {
    nodes: [node('Pad', ['x', 'p', 'c'], ['y'])],
    inputs: X,
    constants: [int64s('p', [0, -1, 2, 1, 0, -1]), floats('c', [], [-7.5])],
  }),
  graph('Range of floats, added up as ONNX does', {
    nodes: [node('Range', ['from', 'to', 'by'], ['r']), node('Add', ['r', 'x'], ['y'])],
    inputs: [floatInput('x', [100])],
    constants: [floats('from', [], [0.1]), floats('to', [], [10.05]), floats('by', [], [0.1])],
  }),
  graph('Shape, gathered and multiplied, as the target of Reshape', {
    nodes: [
      node('Shape', ['x'], ['s']),
      node('Slice', ['s', 'one', 'end'], ['tail']),
      node('Mul', ['tail', 'two'], ['t']),
      node('Concat', ['minus', 't'], ['target'], [intAttribute('axis', 0)]),
      node('Tile', ['x', 'r'], ['tiled']),
      node('Reshape', ['tiled', 'target'], ['y']),
    ],
    inputs: X,
    constants: [
      int64s('one', [1]),
      { name: 'end', dims: [1], dataType: dataType.int64, int64Data: ['9223372036854775807'] },
      int64s('two', [2]),
      int64s('minus', [-1]),
      int64s('r', [1, 2, 2]),
    ],
  }),
  graph('Constant of float16, widened by Cast', {
    nodes: [
      node(
        'Constant',
        [],
        ['h'],
        [tensorAttribute('value', { dims: [2], dataType: dataType.float16, int32Data: [0x3c00, 0x8001] })],
      ),
      node('Cast', ['h'], ['c'], [intAttribute('to', dataType.float32)]),
      node('Mul', ['x', 'c'], ['y']),
    ],
    inputs: [floatInput('x', [3, 2])],
  }),
  graph('Where with three shapes', {
    nodes: [node('Less', ['x', 'b'], ['c']), node('Where', ['c', 'x', 's'], ['y'])],
    inputs: [floatInput('x', [2, 3]), floatInput('b', [3], 5)],
    constants: [floats('s', [2, 1], [10, 20])],
  }),
  graph('Clip with bounds of the graph', {
    nodes: [node('Clip', ['x', 'low', 'high'], ['y'])],
    inputs: [
      floatInput('x', [9]),
      { ...floatInput('low', []), values: [-0.5] },
      { ...floatInput('high', []), values: [1] },
    ],
  }),
  graph('Loop whose body chooses a branch that reads what the loop carries', {
    nodes: [
      truth('go'),
      node(
        'Loop',
        ['n', 'go', 'x'],
        ['y'],
        [
          graphAttribute('body', {
            name: Buffer.from('body'),
            node: [
              node('Identity', ['c'], ['c2']),
              node('Add', ['a', 'x'], ['sum']),
              node(
                'If',
                ['c'],
                ['a2'],
                [
                  branch('then_branch', node('Mul', ['sum', 'a'], ['t'])),
                  branch('else_branch', node('Neg', ['a'], ['t'])),
                ],
              ),
            ],
            input: [value('i', [], dataType.int64), value('c', [], dataType.bool), value('a', [3])],
            output: [value('c2', [], dataType.bool), value('a2', [3])],
          }),
        ],
      ),
    ],
    inputs: [floatInput('x', [3])],
    constants: [int64s('n', [2], [])],
  }),
  graph('Trilu, upper', {
    nodes: [node('Trilu', ['x', 'k'], ['y'])],
    inputs: X,
    constants: [int64s('k', [1], [])],
  }),
  graph('Trilu, lower, transposed', {
    nodes: [
      node('Transpose', ['x'], ['t'], [perm([0, 2, 1])]),
      node('Trilu', ['t'], ['y'], [intAttribute('upper', 0)]),
    ],
    inputs: X,
  }),
  graph('EyeLike above the diagonal', {
    nodes: [node('EyeLike', ['x'], ['e'], [intAttribute('k', 1)]), node('Add', ['e', 'x'], ['y'])],
    inputs: [floatInput('x', [3, 4])],
  }),
  graph('Shrink with a bias', {
    nodes: [
      node(
        'Shrink',
        ['x'],
        ['y'],
        [
          { name: 'bias', type: 1, f: 0.3 },
          { name: 'lambd', type: 1, f: 0.7 },
        ],
      ),
    ],
    inputs: X,
  }),
  graph('Tan', { nodes: [node('Tan', ['x'], ['y'])], inputs: X }),
  ...['LEFT', 'RIGHT'].map((direction) =>
    graph(`BitShift of uint8, ${direction}`, {
      nodes: [
        node('Cast', ['x'], ['a'], [intAttribute('to', dataType.uint8)]),
        node('Cast', ['n'], ['b'], [intAttribute('to', dataType.uint8)]),
        node('BitShift', ['a', 'b'], ['c'], [text('direction', direction)]),
        node('Cast', ['c'], ['y'], [intAttribute('to', dataType.int32)]),
      ],
      inputs: [
        { name: 'x', type: 'int32', dims: [4], values: [255, 1, 128, 77] },
        { name: 'n', type: 'int32', dims: [4], values: [1, 7, 0, 3] },
      ],
      outputs: [untyped('y', dataType.int32)],
    }),
  ),
  graph('BitwiseNot of uint8 and int32', {
    nodes: [
      node('Cast', ['x'], ['a'], [intAttribute('to', dataType.uint8)]),
      node('BitwiseNot', ['a'], ['b']),
      node('Cast', ['b'], ['c'], [intAttribute('to', dataType.int32)]),
      node('BitwiseNot', ['c'], ['y']),
    ],
    inputs: [{ name: 'x', type: 'int32', dims: [3], values: [0, 255, 7] }],
    outputs: [untyped('y', dataType.int32)],
    opset: 18,
  }),
];
