import { dataType } from '../../workers/onnx/data-type.ts';
import {
  floats,
  int64s,
  intAttribute,
  intsAttribute,
  node,
  onnxModel,
  tensorAttribute,
  value,
} from '../../test/support/onnx-builder.ts';
import { type Draw, type Family, pick, turn } from './hostile-model.ts';

type Node = ReturnType<typeof node>;

const GIB = 2 ** 30;
const y = [value('y', [])];
const sum = (from: string): Node => node('ReduceSum', [from], ['y'], [intAttribute('keepdims', 0)]);
/** Elements of float32 that take this many bytes, give or take a tenth. */
const elementsOf = ({ random }: Draw, bytes: number): number => Math.floor((bytes / 4) * (0.9 + random.uniform() / 5));
/** The same product as several dimensions. */
function split({ random }: Draw, elements: number): number[] {
  const width = 2 ** (4 + random.below(8));
  return random.uniform() < 0.5 ? [elements] : [Math.ceil(elements / width), width];
}
/** From what one weight of the engine may be to what no machine has. */
const size = (draw: Draw): number =>
  turn(draw, [0.9 * GIB, 1.2 * GIB, 1.9 * GIB, 2.5 * GIB, 4 * GIB, 40 * GIB, 1024 * GIB]);

/** A shape that only the engine's own folding of constants finds out. */
function hiddenShape(dims: readonly number[]): { readonly nodes: Node[]; readonly weights: Node[] } {
  const parts = dims.map((_, at) => `h${at}`);
  return {
    nodes: [
      ...dims.map((_, at) => node('Mul', [`a${at}`, `b${at}`], [`h${at}`])),
      node('Concat', parts, ['s'], [intAttribute('axis', 0)]),
    ],
    weights: dims.flatMap((dim, at) => {
      const factor = dim > 64 ? 64 : 1;
      return [int64s(`a${at}`, [Math.ceil(dim / factor)]), int64s(`b${at}`, [factor])];
    }),
  };
}

const filler = (draw: Draw): Node[] =>
  turn(draw, [
    [],
    [tensorAttribute('value', { dims: [1], dataType: dataType.float64, doubleData: [1] })],
    [tensorAttribute('value', { dims: [1], dataType: dataType.int8, int32Data: [1] })],
  ]);

/** One operator that makes much out of a small constant. */
function blowUp(draw: Draw, elements: number): { readonly node: Node[]; readonly initializer: Node[] } {
  const one = floats('x', [1], [1]);
  return turn(draw, [
    () => ({ node: [node('Expand', ['x', 's'], ['big'])], initializer: [one, int64s('s', split(draw, elements))] }),
    () => ({ node: [node('Tile', ['x', 's'], ['big'])], initializer: [one, int64s('s', [elements])] }),
    () => ({
      node: [node('Range', ['from', 'to', 'by'], ['r']), node('Cast', ['r'], ['big'], [intAttribute('to', 1)])],
      initializer: [int64s('from', [0], []), int64s('to', [elements], []), int64s('by', [1], [])],
    }),
    () => ({
      node: [node('Resize', ['p', '', '', 's'], ['big'])],
      initializer: [floats('p', [1, 1, 1, 1], [1]), int64s('s', [1, 1, 1, elements])],
    }),
    () => ({
      node: [node('Resize', ['p', '', 'k'], ['big'])],
      initializer: [floats('p', [1, 1, 1, 1], [1]), floats('k', [4], [1, 1, Math.sqrt(elements), Math.sqrt(elements)])],
    }),
    () => ({ node: [node('Pad', ['x', 's'], ['big'])], initializer: [one, int64s('s', [0, elements])] }),
    () => ({
      node: [node('OneHot', ['i', 'n', 'v'], ['big'])],
      initializer: [int64s('i', [1, 2, 3, 4]), int64s('n', [Math.floor(elements / 4)], []), floats('v', [2], [0, 1])],
    }),
    () => ({
      node: [node('RandomNormal', [], ['big'], [intsAttribute('shape', split(draw, elements))])],
      initializer: [],
    }),
    () => ({
      node: [
        node('ConcatFromSequence', ['q'], ['big'], [intAttribute('axis', 0)]),
        node('SequenceConstruct', ['x'], ['q']),
      ],
      initializer: [
        floats(
          'x',
          [1024],
          Array.from({ length: 1024 }, () => 1),
        ),
      ],
    }),
  ])();
}

/** Each step makes two of one. */
function doubling(draw: Draw): Node[] {
  const steps = 20 + draw.random.below(20);
  const grow = (from: string, to: string): Node[] =>
    turn(draw, [
      [node('Concat', [from, from], [to], [intAttribute('axis', 0)])],
      [node('Concat', [from, from, from, from], [to], [intAttribute('axis', 0)])],
      [node('Tile', [from, 'two'], [to])],
    ]);
  const nodes = Array.from({ length: steps }, (_, at) => grow(`d${at}`, `d${at + 1}`)).flat();
  return [node('Identity', ['x'], ['d0']), ...nodes, sum(`d${steps}`)];
}

/** Families that want more memory than there is. */
export const MEMORY: readonly Family[] = [
  {
    name: 'constant-of-shape',
    draw: (draw) => ({
      bytes: onnxModel({
        node: [
          node('ConstantOfShape', ['s'], ['big'], filler(draw)),
          node('Size', ['big'], ['n']),
          node('Cast', ['n'], ['y'], [intAttribute('to', 1)]),
        ],
        output: y,
        initializer: [int64s('s', split(draw, elementsOf(draw, size(draw))))],
      }),
    }),
  },
  {
    name: 'hidden-shape',
    draw: (draw) => {
      const { nodes, weights } = hiddenShape(split(draw, elementsOf(draw, size(draw))));
      return {
        bytes: onnxModel({
          node: [
            ...nodes,
            node('ConstantOfShape', ['s'], ['big'], filler(draw)),
            node('Cast', ['big'], ['f'], [intAttribute('to', 1)]),
            sum('f'),
          ],
          output: y,
          initializer: weights,
        }),
      };
    },
  },
  {
    name: 'shape-from-input',
    draw: (draw) => {
      const fill = pick(draw, [16_384, 22_000, 30_000, 46_341, 65_536, 2 ** 31 - 1]);
      return {
        fill,
        bytes: onnxModel({
          node: [
            node('ConstantOfShape', ['shape'], ['big']),
            ...turn(draw, [
              [sum('big')],
              [node('Exp', ['big'], ['e']), sum('e')],
              [node('Add', ['big', 'big'], ['e']), sum('e')],
            ]),
          ],
          input: [value('shape', [2], dataType.int64)],
          output: y,
        }),
      };
    },
  },
  {
    name: 'blow-up',
    draw: (draw) => {
      const { node: nodes, initializer } = blowUp(draw, elementsOf(draw, size(draw)));
      return { bytes: onnxModel({ node: [...nodes, sum('big')], output: y, initializer }) };
    },
  },
  {
    name: 'doubling',
    draw: (draw) => ({
      bytes: onnxModel({
        node: doubling(draw),
        input: [value('x', [1])],
        output: y,
        initializer: [int64s('two', [2])],
      }),
    }),
  },
  {
    // Every shape is plain to see and none is large; their product is.
    name: 'outer-product',
    draw: (draw) => {
      const rows = pick(draw, [12_000, 16_384, 23_000, 40_000, 120_000]);
      const join = turn(draw, [
        [node('MatMul', ['x', 'r'], ['big'])],
        [node('Mul', ['x', 'r'], ['big'])],
        [node('Einsum', ['x', 'r'], ['big'], [{ name: 'equation', type: 3, s: Buffer.from('ab,bc->ac') }])],
        [node('Mul', ['x', 'r'], ['m']), node('Exp', ['m'], ['e']), node('Add', ['m', 'e'], ['big'])],
      ]);
      return {
        bytes: onnxModel({
          node: [node('Transpose', ['x'], ['r']), ...join, sum('big')],
          input: [value('x', [rows, 1])],
          output: y,
        }),
      };
    },
  },
  {
    name: 'large-output',
    draw: (draw) => ({
      bytes: onnxModel({
        node: [node('Expand', ['x', 's'], ['y'])],
        input: [value('x', [1])],
        output: [value('y', ['n'])],
        initializer: [int64s('s', [elementsOf(draw, pick(draw, [0.1 * GIB, 0.3 * GIB, 0.6 * GIB, 0.95 * GIB]))])],
      }),
    }),
  },
  {
    name: 'large-input',
    draw: (draw) => ({
      bytes: onnxModel({
        node: [node('Relu', ['x'], ['y'])],
        input: [value('x', split(draw, elementsOf(draw, pick(draw, [0.1 * GIB, 0.3 * GIB, 0.6 * GIB, 2 * GIB]))))],
        output: [value('y', ['n', 'm'])],
      }),
    }),
  },
  {
    // A byte in the file, and more than that in whoever decodes it.
    name: 'packed-weights',
    draw: (draw) => {
      const count = 2 ** (20 + draw.random.below(4));
      const ones = { length: count };
      const weight = turn<Readonly<Record<string, unknown>>>(draw, [
        { dataType: dataType.int64, int64Data: Array.from(ones, () => 1) },
        { dataType: dataType.int8, int32Data: Array.from(ones, () => 1) },
        { dataType: dataType.float32, floatData: Array.from(ones, () => 0) },
        { dataType: dataType.bool, int32Data: Array.from(ones, () => 0) },
        { dataType: dataType.string, stringData: Array.from({ length: count / 8 }, () => Buffer.alloc(0)) },
      ]);
      const dims = [weight['stringData'] === undefined ? count : count / 8];
      return {
        bytes: onnxModel({
          node: [node('Cast', ['w'], ['f'], [intAttribute('to', 1)]), sum('f')],
          output: y,
          initializer: [{ name: 'w', dims, ...weight }],
        }),
      };
    },
  },
  {
    name: 'many-weights',
    draw: (draw) => {
      const count = pick(draw, [100, 3_000, 30_000, 120_000]);
      const names = Array.from({ length: count }, (_, at) => `w${at}`);
      return {
        bytes: onnxModel({
          node: [node('Sum', names, ['y'])],
          output: [value('y', [1])],
          initializer: names.map((name) => floats(name, [1], [1])),
        }),
      };
    },
  },
  {
    name: 'huge-dimensions',
    draw: (draw) => {
      const dims = pick<readonly number[]>(draw, [
        [2 ** 40],
        [2 ** 32, 2 ** 32],
        [2 ** 21, 2 ** 21, 2 ** 22],
        [2 ** 53 - 1],
        [3, 2 ** 62],
        [65_536, 65_536, 65_536, 65_536],
        Array.from({ length: 64 }, () => 2),
        [0, 2 ** 40],
      ]);
      const model = { node: [node('Relu', ['x'], ['y'])], output: [value('y', ['n'])] };
      return {
        bytes: turn(draw, [
          () => onnxModel({ ...model, input: [value('x', dims)] }),
          () => onnxModel({ ...model, initializer: [{ name: 'x', dims, dataType: 1, rawData: Buffer.alloc(16) }] }),
          () => onnxModel({ ...model, input: [value('x', ['n'])], output: [value('y', dims)] }),
          () =>
            onnxModel({
              node: [node('Reshape', ['x', 's'], ['y'])],
              input: [value('x', ['n'])],
              output: [value('y', ['n'])],
              initializer: [int64s('s', dims)],
            }),
        ])(),
      };
    },
  },
  {
    name: 'negative-dimensions',
    draw: (draw) => {
      const dims = pick<readonly number[]>(draw, [
        [-1],
        [-(2 ** 31)],
        [-1, -1],
        [-(2 ** 62)],
        [4, -4],
        [-(2 ** 32) + 4],
      ]);
      return {
        bytes: turn(draw, [
          () =>
            onnxModel({ node: [node('Relu', ['x'], ['y'])], input: [value('x', dims)], output: [value('y', ['n'])] }),
          () =>
            onnxModel({
              node: [node('ConstantOfShape', ['s'], ['y'])],
              output: [value('y', ['n'])],
              initializer: [int64s('s', dims)],
            }),
          () =>
            onnxModel({
              node: [node('Relu', ['x'], ['y'])],
              output: [value('y', ['n'])],
              initializer: [{ name: 'x', dims, dataType: 1, rawData: Buffer.alloc(16) }],
            }),
          () =>
            onnxModel({
              node: [node('Pad', ['x', 's'], ['y'])],
              input: [value('x', [4])],
              output: [value('y', ['n'])],
              initializer: [int64s('s', [0, dims[0] ?? -1])],
            }),
        ])(),
      };
    },
  },
  {
    name: 'metadata',
    draw: (draw) => {
      const much = Buffer.alloc(2 ** (20 + draw.random.below(5)), 'x');
      const entries = Array.from({ length: 50_000 }, (_, at) => ({
        key: Buffer.from(`k${at}`),
        value: Buffer.from('v'),
      }));
      const base = { node: [node('Relu', ['x'], ['y'])], input: [value('x', [1])], output: [value('y', [1])] };
      return {
        bytes: onnxModel({
          ...base,
          model: turn<Readonly<Record<string, unknown>>>(draw, [
            { docString: much },
            { metadataProps: entries },
            { metadataProps: [{ key: much, value: much }] },
            { producerName: much, domain: much },
            { configuration: Array.from({ length: 1_000 }, () => Buffer.alloc(1_000)) },
          ]),
        }),
      };
    },
  },
];
