import { dataType } from '../../workers/onnx/data-type.ts';
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
} from '../../test/support/onnx-builder.ts';
import { type Family, pick, turn } from './hostile-model.ts';

const text = (content: string): Buffer => Buffer.from(content);
const io = { input: [value('x', [4])], output: [value('y', [4])] };
const relu = { ...io, node: [node('Relu', ['x'], ['y'])] };

/** Families whose graphs promise what they are not: types, kinds, lengths, places. */
export const MEANING: readonly Family[] = [
  {
    name: 'wrong-types',
    draw: (draw) => {
      const elemType = pick(draw, [0, 8, 10, 11, 14, 16, 17, 21, 22, 23, 99, -1, 2 ** 31 - 1]);
      return {
        bytes: turn(draw, [
          () => onnxModel({ ...relu, input: [value('x', [4], elemType)] }),
          () => onnxModel({ ...relu, output: [value('y', [4], elemType)] }),
          () => onnxModel({ ...io, node: [node('Cast', ['x'], ['y'], [intAttribute('to', elemType)])] }),
          () =>
            onnxModel({
              ...io,
              node: [node('Add', ['x', 'w'], ['y'])],
              initializer: [{ name: 'w', dims: [4], dataType: elemType, rawData: Buffer.alloc(16) }],
            }),
          () => onnxModel({ ...io, node: [node('Relu', ['x'], ['y'], [{ name: 'axis', type: elemType, i: 1 }])] }),
        ])(),
      };
    },
  },
  {
    name: 'sparse',
    draw: (draw) => {
      const indices = pick<readonly number[]>(draw, [
        [0, 1],
        [-1, 2 ** 40],
        [5, 3],
        [2 ** 62, 0],
      ]);
      const sparse = {
        values: floats('w', [2], [1, 2]),
        indices: int64s('i', indices),
        dims: [pick(draw, [4, 2 ** 40, -4])],
      };
      return {
        bytes: turn(draw, [
          onnxModel({ ...relu, ...{ sparseInitializer: [sparse] } }),
          onnxModel({
            ...io,
            node: [node('Constant', [], ['y'], [{ name: 'sparse_value', type: 11, sparseTensor: sparse }])],
          }),
          onnxModel({
            ...relu,
            input: [{ name: 'x', type: { sparseTensorType: { elemType: 1, shape: { dim: [{ dimValue: 4 }] } } } }],
          }),
        ]),
      };
    },
  },
  {
    name: 'functions',
    draw: (draw) => {
      const body = (name: string, calls: readonly string[]): object => ({
        ...{
          name,
          domain: 'f',
          input: ['x'],
          output: ['y'],
          opsetImport: [
            { domain: '', version: 17 },
            { domain: 'f', version: 1 },
          ],
        },
        node: calls.map((call, at) =>
          node(call, [at === 0 ? 'x' : `t${at}`], [at === calls.length - 1 ? 'y' : `t${at + 1}`], [], {
            domain: call.startsWith('f') ? 'f' : '',
          }),
        ),
      });
      const depth = 2 + draw.random.below(30);
      const functions = turn<readonly object[]>(draw, [
        // Itself; one another; ten of the next, and so on; an operator under its own name.
        [body('f0', ['f0'])],
        [body('f0', ['f1']), body('f1', ['f0'])],
        Array.from({ length: depth }, (_, at) =>
          body(`f${at}`, at === depth - 1 ? ['Relu'] : Array<string>(10).fill(`f${at + 1}`)),
        ),
        [{ ...body('Relu', ['Exp']), domain: '' }],
      ]);
      return {
        bytes: onnxModel({
          ...io,
          node: [node('f0', ['x'], ['y'], [], { domain: 'f' })],
          model: {
            functions,
            opsetImport: [
              { domain: '', version: 17 },
              { domain: 'f', version: 1 },
            ],
          },
        }),
      };
    },
  },
  {
    name: 'opsets',
    draw: (draw) => {
      const version = pick(draw, [0, 1, 6, 27, 99, -1, 2 ** 31, 2 ** 62]);
      const sets = turn(draw, [
        [{ domain: '', version }],
        [],
        [
          { domain: '', version: 17 },
          { domain: '', version },
        ],
        [
          { domain: 'ai.onnx', version: 17 },
          { domain: '', version: 13 },
        ],
        [
          { domain: '', version: 17 },
          { domain: 'ai.onnx.ml', version },
        ],
      ]);
      return {
        bytes: onnxModel({ ...relu, model: { opsetImport: sets, irVersion: pick(draw, [0, 3, 8, 14, 99, -1]) } }),
      };
    },
  },
  {
    name: 'other-kinds',
    draw: (draw) => {
      const tensor = { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 4 }] } } };
      const type = pick<object>(draw, [
        { sequenceType: { elemType: tensor } },
        { mapType: { keyType: 7, valueType: tensor } },
        { optionalType: { elemType: tensor } },
        { opaqueType: { domain: text('d'), name: text('n') } },
        { tensorType: { elemType: 1 } },
        {},
      ]);
      const side = { name: draw.nth % 2 === 0 ? 'x' : 'y', type };
      return { bytes: onnxModel({ ...relu, ...(draw.nth % 2 === 0 ? { input: [side] } : { output: [side] }) }) };
    },
  },
  {
    name: 'out-of-bounds',
    draw: (draw) => {
      const index = pick(draw, [4, -5, 1_000, 2 ** 31, -(2 ** 31), 2 ** 40, -(2 ** 62)]);
      const at = int64s('i', [index]);
      return {
        fill: index,
        bytes: turn(draw, [
          () =>
            onnxModel({
              ...io,
              node: [node('Gather', ['x', 'i'], ['y'])],
              initializer: [at],
              output: [value('y', ['n'])],
            }),
          () =>
            onnxModel({
              ...io,
              node: [node('GatherElements', ['x', 'i'], ['y'])],
              input: [...io.input, value('i', [1], dataType.int64)],
              output: [value('y', ['n'])],
            }),
          () =>
            onnxModel({
              ...io,
              node: [node('ScatterElements', ['x', 'i', 'u'], ['y'])],
              initializer: [at, floats('u', [1], [1])],
            }),
          () =>
            onnxModel({
              ...io,
              node: [node('GatherND', ['x', 'i'], ['y'])],
              input: [...io.input, value('i', [1, 1], dataType.int64)],
              output: [value('y', ['n'])],
            }),
          () =>
            onnxModel({
              ...io,
              node: [node('ScatterND', ['x', 'j', 'u'], ['y'])],
              initializer: [int64s('j', [index], [1, 1]), floats('u', [1], [1])],
            }),
          () =>
            onnxModel({
              ...io,
              node: [node('Slice', ['x', 'i', 'e', '', 'p'], ['y'])],
              initializer: [at, int64s('e', [-index]), int64s('p', [index || 1])],
              output: [value('y', ['n'])],
            }),
          () =>
            onnxModel({
              ...io,
              node: [node('Split', ['x', 'p'], ['y', 'z'])],
              initializer: [int64s('p', [index, 4 - index])],
              output: [value('y', ['n'])],
            }),
          () =>
            onnxModel({
              ...io,
              node: [node('Reshape', ['x', 'p'], ['y'])],
              initializer: [int64s('p', [index, -1])],
              output: [value('y', ['n', 'm'])],
            }),
          () =>
            onnxModel({
              ...io,
              node: [
                node(
                  'Conv',
                  ['x', 'w'],
                  ['y'],
                  [intsAttribute('strides', [0, index]), intsAttribute('pads', [index, -1, index, -1])],
                ),
              ],
              input: [value('x', [1, 1, 4, 4])],
              output: [value('y', ['a', 'b', 'c', 'd'])],
              initializer: [floats('w', [1, 1, 1, 1], [1])],
            }),
          () =>
            onnxModel({
              node: [node('MaxPool', ['x'], ['y'], [intsAttribute('kernel_shape', [index, 0])])],
              input: [value('x', [1, 1, 4, 4])],
              output: [value('y', ['a', 'b', 'c', 'd'])],
            }),
        ])(),
      };
    },
  },
  {
    name: 'wrong-lengths',
    draw: (draw) => {
      const dims = [pick(draw, [0, 1, 3, 5, 1_000, 2 ** 28])];
      const weight = turn<Readonly<Record<string, unknown>>>(draw, [
        { dims, dataType: 1, rawData: Buffer.alloc(16) },
        { dims, dataType: 1, floatData: [1, 2, 3, 4] },
        { dims, dataType: 11, rawData: Buffer.alloc(16) },
        { dims, dataType: 1, floatData: [1, 2, 3, 4], rawData: Buffer.alloc(4_096) },
        { dims, dataType: 22, int32Data: [1] },
        { dims, dataType: 8, stringData: [] },
        { dims, dataType: 1, int64Data: [1, 2, 3, 4] },
        { dims, dataType: 14, floatData: [1, 2, 3] },
      ]);
      return {
        bytes: onnxModel({
          ...io,
          node: [node('Cast', ['w'], ['c'], [intAttribute('to', 1)]), node('Add', ['x', 'c'], ['y'])],
          output: [value('y', ['n'])],
          initializer: [{ name: 'w', ...weight }],
        }),
      };
    },
  },
  {
    name: 'training',
    draw: (draw) => ({
      bytes: onnxModel({
        ...relu,
        model: {
          trainingInfo: Array.from({ length: 1 + draw.random.below(9) }, () => ({
            algorithm: { name: text('g'), node: [node('Exp', ['x'], ['y'])] },
          })),
        },
      }),
    }),
  },
  {
    name: 'graph-attributes',
    draw: (draw) => ({
      bytes: onnxModel({
        ...io,
        // Graphs where none belong, in operators that are admitted.
        node: [
          node(
            pick(draw, ['Relu', 'Constant', 'SequenceMap', 'Gemm']),
            ['x'],
            ['y'],
            [
              graphAttribute('body', {
                name: text('g'),
                node: [node('Loop', ['', '', 'x'], ['z'])],
                output: [value('z', [4])],
              }),
              tensorAttribute('value', floats('t', [4], [1, 2, 3, 4])),
            ],
          ),
        ],
      }),
    }),
  },
];
