import { dataType } from '../../workers/onnx/data-type.ts';
import { encodeMessage } from '../../workers/onnx/proto.ts';
import {
  endlessLoop,
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
import { delimited } from './wire-bytes.ts';
import { type Draw, type Family, pick, turn } from './hostile-model.ts';

type Node = ReturnType<typeof node>;

const text = (content: string): Buffer => Buffer.from(content);
const bool = (name: string): Node =>
  node('Constant', [], [name], [tensorAttribute('value', { dataType: dataType.bool, dims: [], int32Data: [1] })]);
const stringAttribute = (name: string, content: string): Node => ({ name, type: 3, s: text(content) });

/** A loop of `trips` rounds around another one, and so on: their product. */
function loop(depth: number): Node[] {
  const name = (part: string): string => `${part}${depth}`;
  const carried =
    depth === 0
      ? [node('Add', [name('a'), name('a')], [name('b')])]
      : [...loop(depth - 1), node('Identity', [`y${depth - 1}`], [name('b')])];
  const body = {
    name: text(name('body')),
    node: [node('Identity', [name('c')], [name('d')]), ...carried],
    input: [value(name('i'), [], dataType.int64), value(name('c'), [], dataType.bool), value(name('a'), [1])],
    output: [value(name('d'), [], dataType.bool), value(name('b'), [1])],
  };
  return [node('Loop', ['trips', '', 'x'], [name('y')], [graphAttribute('body', body)])];
}

const nestedIf = (depth: number): Record<string, unknown> => ({
  name: text('b'),
  node: [
    depth === 0
      ? node('Relu', ['x'], ['z'])
      : node(
          'If',
          ['c'],
          ['z'],
          [graphAttribute('then_branch', nestedIf(depth - 1)), graphAttribute('else_branch', nestedIf(0))],
        ),
  ],
  output: [value('z', [1])],
});

/** Deeper than an encoder would go: a graph in an attribute of a node of a graph, and so on. */
function nestedGraphs(depth: number): Uint8Array {
  let graph = encodeMessage('Graph', { name: text('g'), output: [value('y', [1])] });
  for (let at = 0; at < depth; at++) {
    const attribute = Buffer.concat([
      encodeMessage('Attribute', { name: 'then_branch', type: 5 }),
      delimited(6, graph),
    ]);
    graph = delimited(1, Buffer.concat([encodeMessage('Node', { opType: 'If' }), delimited(5, attribute)]));
  }
  const head = encodeMessage('Model', { irVersion: 8, opsetImport: [{ domain: '', version: 17 }] });
  return Buffer.concat([head, delimited(7, graph)]);
}

/** Hours of arithmetic in a few hundred bytes, without much memory. */
function labour(draw: Draw): Uint8Array {
  const width = pick(draw, [3_000, 5_000, 9_000]);
  const square = (): Node[] => [node('Transpose', ['x'], ['t']), node('Add', ['x', 't'], ['m0'])];
  const steps = pick(draw, [20, 100, 1_000]);
  const chain = (opType: string): Node[] =>
    Array.from({ length: steps }, (_, at) => node(opType, [`m${at}`, `m${at}`], [`m${at + 1}`]));
  const last = (): Node => node('ReduceSum', [`m${steps}`], ['y'], [intAttribute('keepdims', 0)]);
  const ends = { input: [value('x', [width, 1])], output: [value('y', [])] };
  return turn(draw, [
    () => onnxModel({ ...ends, node: [...square(), ...chain('MatMul'), last()] }),
    () => onnxModel({ ...ends, node: [...square(), ...chain('Pow'), last()] }),
    () =>
      onnxModel({
        node: [
          node('ConvTranspose', ['x', 'w'], ['c'], [intsAttribute('strides', [997, 997])]),
          node('Conv', ['c', 'k'], ['y']),
        ],
        input: [value('x', [1, 4, 8, 8])],
        output: [value('y', ['a', 'b', 'c', 'd'])],
        initializer: [
          floats('w', [4, 4, 3, 3], Array(144).fill(1)),
          floats('k', [4, 4, 31, 31], Array(15_376).fill(1)),
        ],
      }),
    () =>
      onnxModel({
        node: [
          node('Expand', ['x', 's'], ['e']),
          node('CumSum', ['e', 'axis'], ['c']),
          node('TopK', ['c', 'k'], ['v', 'i']),
          node('ReduceSum', ['v'], ['y'], [intAttribute('keepdims', 0)]),
        ],
        input: [value('x', [1])],
        output: [value('y', [])],
        initializer: [int64s('s', [40_000_000]), int64s('axis', [0], []), int64s('k', [39_999_999])],
      }),
    () =>
      onnxModel({
        node: [
          node('Expand', ['x', 'sb'], ['boxes']),
          node('Expand', ['x', 'ss'], ['scores']),
          node('NonMaxSuppression', ['boxes', 'scores', 'max', 'iou'], ['n']),
          node('Size', ['n'], ['k']),
          node('Cast', ['k'], ['y'], [intAttribute('to', 1)]),
        ],
        input: [value('x', [1])],
        output: [value('y', [])],
        initializer: [
          int64s('sb', [1, 200_000, 4]),
          int64s('ss', [1, 8, 200_000]),
          int64s('max', [200_000]),
          floats('iou', [1], [1]),
        ],
      }),
    () =>
      onnxModel({
        node: [node('Einsum', ['a', 'a', 'a'], ['y'], [stringAttribute('equation', 'ab,cd,ef->ace')])],
        input: [value('a', [300, 300])],
        output: [value('y', ['p', 'q', 'r'])],
      }),
  ])();
}

/** Families that never end, or not in time. */
export const TIME: readonly Family[] = [
  { name: 'endless-loop', draw: ({ nth }) => ({ bytes: endlessLoop(), admitControlFlow: nth < 3 }) },
  {
    name: 'nested-loops',
    draw: (draw) => ({
      admitControlFlow: draw.nth % 3 === 0,
      bytes: onnxModel({
        node: [...loop(draw.random.below(6)), node('Identity', ['x'], ['y'])],
        input: [value('x', [1])],
        output: [value('y', [1])],
        initializer: [int64s('trips', [pick(draw, [1_000, 2 ** 31, 2 ** 62])], [])],
      }),
    }),
  },
  {
    name: 'endless-output',
    draw: (draw) => {
      // Every round adds to what is scanned out.
      const body = {
        name: text('body'),
        node: [node('Identity', ['c'], ['c2']), node('Identity', ['a'], ['a2']), node('Identity', ['a'], ['out'])],
        input: [value('i', [], dataType.int64), value('c', [], dataType.bool), value('a', [4_096])],
        output: [value('c2', [], dataType.bool), value('a2', [4_096]), value('out', [4_096])],
      };
      return {
        admitControlFlow: draw.nth % 3 === 0,
        bytes: onnxModel({
          node: [bool('go'), node('Loop', ['', 'go', 'x'], ['y', 'all'], [graphAttribute('body', body)])],
          input: [value('x', [4_096])],
          output: [value('y', [4_096]), value('all', ['n', 4_096])],
        }),
      };
    },
  },
  {
    name: 'nested-if',
    draw: (draw) => {
      const top = (then: Record<string, unknown>): Uint8Array =>
        onnxModel({
          node: [
            bool('c'),
            node('If', ['c'], ['y'], [graphAttribute('then_branch', then), graphAttribute('else_branch', nestedIf(0))]),
          ],
          input: [value('x', [1])],
          output: [value('y', [1])],
        });
      return {
        admitControlFlow: draw.nth % 2 === 0,
        bytes: turn(draw, [
          () => top(nestedIf(pick(draw, [3, 7, 8, 9, 15]))),
          () => top(nestedIf(30)),
          () => nestedGraphs(pick(draw, [90, 300, 10_000])),
        ])(),
      };
    },
  },
  { name: 'labour', draw: (draw) => ({ bytes: labour(draw) }) },
  {
    name: 'many-nodes',
    draw: (draw) => {
      const count = pick(draw, [5_000, 20_000, 49_000, 49_990, 100_000]);
      const input = (at: number): string[] =>
        turn(draw, [[`n${at}`], [`n${at}`, `n${at}`], [`n${Math.floor(at / 2)}`, `n${at}`]]);
      const opType = input(0).length === 1 ? 'Relu' : 'Add';
      return {
        bytes: onnxModel({
          node: [
            node('Identity', ['x'], ['n0']),
            ...Array.from({ length: count }, (_, at) => node(opType, input(at), [`n${at + 1}`])),
            node('Identity', [`n${count}`], ['y']),
          ],
          input: [value('x', [1])],
          output: [value('y', [1])],
        }),
      };
    },
  },
  {
    // Wide joints: what is quick for each pair of nodes is slow for all of them.
    name: 'many-edges',
    draw: (draw) => {
      const width = pick(draw, [100, 200, 400]);
      const layers = pick(draw, [5, 20, 60]);
      const names = (layer: number): string[] => Array.from({ length: width }, (_, at) => `l${layer}_${at}`);
      const nodes = Array.from({ length: layers }, (_, layer) =>
        names(layer + 1).map((name) => node('Sum', layer === 0 ? ['x'] : names(layer), [name])),
      ).flat();
      return {
        bytes: onnxModel({
          node: [...nodes, node('Sum', names(layers), ['y'])],
          input: [value('x', [1])],
          output: [value('y', [1])],
        }),
      };
    },
  },
  {
    name: 'huge-attribute',
    draw: (draw) => {
      const length = pick(draw, [100_000, 1_000_000, 8_000_000]);
      const attribute = turn(draw, [
        stringAttribute('mode', 'x'.repeat(length)),
        { name: 'strings', type: 8, strings: Array.from({ length: length / 10 }, () => text('s')) },
        { name: 'pads', type: 7, ints: Array.from({ length }, () => 1) },
        { name: 'x'.repeat(length), type: 2, i: 1 },
        { name: 'equation', type: 3, s: text('a,'.repeat(length / 2)) },
        { name: 'equation', type: 3, s: text(`${'('.repeat(length)}ab`) },
      ]);
      return {
        bytes: onnxModel({
          node: [node(pick(draw, ['Relu', 'Pad', 'Einsum', 'Constant', 'Conv']), ['x'], ['y'], [attribute])],
          input: [value('x', [1])],
          output: [value('y', [1])],
        }),
      };
    },
  },
  {
    name: 'text-search',
    draw: (draw) => {
      const pattern = pick(draw, [
        '(a*)*b',
        '(a|a)*$',
        '((a{1,100}){1,100}){1,100}',
        '(.*)(.*)(.*)(.*)(.*)x',
        `${'a?'.repeat(5_000)}${'a'.repeat(5_000)}`,
      ]);
      const strings = { dims: [1], dataType: dataType.string, stringData: [text('a'.repeat(100_000))] };
      return {
        bytes: onnxModel({
          opset: 20,
          node: [
            node('Constant', [], ['t'], [tensorAttribute('value', strings)]),
            node('RegexFullMatch', ['t'], ['b'], [stringAttribute('pattern', pattern)]),
            node('Cast', ['b'], ['y'], [intAttribute('to', 1)]),
          ],
          output: [value('y', [1])],
        }),
      };
    },
  },
];
