import { basename, dirname, relative } from 'node:path';
import { dataType } from '../../workers/onnx/data-type.ts';
import { encodeMessage } from '../../workers/onnx/proto.ts';
import { graphAttribute, node, onnxModel, tensorAttribute, value } from '../../test/support/onnx-builder.ts';
import { type Draw, type Family, pick, turn } from './hostile-model.ts';
import { delimited } from './wire-bytes.ts';

const ELEMENTS = 16;
const output = [value('y', [ELEMENTS])];
const text = (content: string): Buffer => Buffer.from(content);

interface Outside {
  readonly location: string;
  readonly entries?: Readonly<Record<string, string>>;
  readonly tensor?: Readonly<Record<string, unknown>>;
}

/** A weight whose numbers are in another file. */
function outside({ location, entries = {}, tensor = {} }: Outside): Record<string, unknown> {
  const data = Object.entries({ location, ...entries }).map(([key, content]) => ({
    key: text(key),
    value: text(content),
  }));
  return { name: 'w', dims: [ELEMENTS], dataType: dataType.float32, dataLocation: 1, externalData: data, ...tensor };
}

const plain = (initializer: object): Uint8Array =>
  onnxModel({ node: [node('Identity', ['w'], ['y'])], output, initializer: [initializer as never] });

/** Where the part of a file is said in turns, as engines differ in what they believe. */
function part(draw: Draw): Readonly<Record<string, string>> {
  return turn<Readonly<Record<string, string>>>(draw, [
    {},
    { offset: '0', length: String(ELEMENTS * 4) },
    { offset: '8' },
    { length: '4096' },
    { offset: '-64', length: '64' },
    { offset: '18446744073709551552', length: '128' },
    { checksum: '0', basepath: '/' },
  ]);
}

const located = (name: string, locations: (draw: Draw) => readonly [string, ...string[]]): Family => ({
  name,
  draw: (draw) => ({ bytes: plain(outside({ location: pick(draw, locations(draw)), entries: part(draw) })) }),
});

/** The file names a secret in one of the ways in which weights may lie outside. */
function anySecret(draw: Draw): string {
  const { canaries } = draw;
  return pick(draw, [
    canaries.names.beside,
    canaries.names.symlink,
    canaries.names.hardlink,
    '.env',
    ...canaries.paths,
    ...canaries.paths.map((path) => relative(canaries.store, path)),
  ]);
}

const deep = (tensor: object, depth: number): Record<string, unknown> => ({
  name: text('b'),
  node: [
    depth === 0
      ? node('Constant', [], ['z'], [tensorAttribute('value', tensor as never)])
      : node('If', ['c'], ['z'], [graphAttribute('then_branch', deep(tensor, depth - 1))]),
  ],
  output: [value('z', [ELEMENTS])],
});

/** A varint of more bytes than it needs, which parsers of 32 bits cut off differently. */
function longVarint(field: number, low: number): Buffer {
  return Buffer.of(field << 3, low | 0x80, 0x80, 0x80, 0x80, 0x90, 0x80, 0x80, 0x80, 0x80, 0x01);
}

/** Encodings of one weight that two parsers may read in two ways. */
function ambiguous(draw: Draw): Uint8Array {
  const location = anySecret(draw);
  const harmless = { name: 'w', dims: [ELEMENTS], dataType: 1, rawData: Buffer.alloc(ELEMENTS * 4) };
  const hidden = encodeMessage('Tensor', outside({ location, tensor: { dataLocation: 0 } }));
  const tensor = turn(draw, [
    // The location as an overlong number, after a harmless one.
    () => Buffer.concat([encodeMessage('Tensor', harmless), Buffer.of(14 << 3, 0), longVarint(14, 1)]),
    // The entries without the flag, the flag as an overlong number.
    () => Buffer.concat([hidden, longVarint(14, 1)]),
    // Numbers inside and outside at once.
    () => Buffer.from(encodeMessage('Tensor', { ...outside({ location }), rawData: Buffer.alloc(ELEMENTS * 4) })),
    // A flag that no version knows.
    () => Buffer.from(encodeMessage('Tensor', outside({ location, tensor: { dataLocation: 2 } }))),
    () => Buffer.from(encodeMessage('Tensor', outside({ location, tensor: { dataLocation: -1 } }))),
    // Entries in the group encoding.
    () => Buffer.concat([encodeMessage('Tensor', harmless), Buffer.of((13 << 3) | 3, (13 << 3) | 4)]),
  ])();
  const graph = Buffer.concat([
    encodeMessage('Graph', { name: text('g'), node: [node('Identity', ['w'], ['y'])], output }),
    delimited(5, tensor),
  ]);
  const head = encodeMessage('Model', { irVersion: 8, opsetImport: [{ domain: '', version: 17 }] });
  // The same graph twice is merged by some parsers: the second one brings the weight.
  const first = encodeMessage('Graph', { name: text('g'), node: [node('Relu', ['x'], ['y'])], output });
  return draw.nth % 7 === 6
    ? Buffer.concat([head, delimited(7, first), delimited(7, graph)])
    : Buffer.concat([head, delimited(7, graph)]);
}

/** Families that want bytes of other files, of devices, or of the process itself in the output. */
export const READING: readonly Family[] = [
  located('external-parent', ({ canaries }) => [
    relative(canaries.store, canaries.paths[0]),
    `../${basename(dirname(canaries.store))}/secret.bin`,
    ...canaries.paths.map((path) => `${'../'.repeat(32)}${path}`),
    ...canaries.paths.map((path) => `./x/../${relative(canaries.store, path)}`),
    '..\\secret.bin',
  ]),
  located('external-absolute', ({ canaries }) => [
    ...canaries.paths,
    ...canaries.paths.map((path) => `file://${path}`),
    `/${canaries.paths[0]}`,
    '/etc/passwd',
  ]),
  located('external-symlink', ({ canaries }) => [canaries.names.symlink, `./${canaries.names.symlink}`]),
  located('external-hardlink', ({ canaries }) => [canaries.names.hardlink, `./${canaries.names.hardlink}`]),
  // A model loaded from a buffer looks for its weights in the working directory.
  located('external-cwd', ({ canaries }) => ['.env', './.env', canaries.names.beside, '.', '']),
  located('external-process', () => [
    '/proc/self/environ',
    '/proc/self/mem',
    '/proc/self/fd/0',
    '/dev/zero',
    '/dev/stdin',
    '/proc/1/environ',
  ]),
  // The engine's own mark for weights that lie in its memory: the offset is then an address.
  located('external-memory', () => ['*/_ORT_MEM_ADDR_/*', 'tag_ort_mem_addr', '*/_ORT_IN_MEM_ADDR_/*']),
  {
    name: 'external-injection',
    draw: (draw) => {
      const location = anySecret(draw);
      const entries = pick<Readonly<Record<string, string>>>(draw, [
        { __class__: 'os', __dict__: '{}' },
        { offset: '0x10', length: '1e9' },
        { offset: '99999999999999999999', length: '-1' },
        { prepacked_0: '0;64;0', prepacked: '1' },
        { location: location, LOCATION: location, 'location\0': location },
        { offset: ' 0', length: '64 ' },
      ]);
      const flag = turn<Readonly<Record<string, unknown>>>(draw, [
        {},
        { dataLocation: 0 },
        { dataLocation: 2 },
        { rawData: Buffer.alloc(ELEMENTS * 4) },
      ]);
      return { bytes: plain(outside({ location, entries, tensor: flag })) };
    },
  },
  {
    name: 'external-attribute',
    draw: (draw) => {
      const hidden = outside({ location: anySecret(draw), entries: part(draw) });
      const attribute = turn(draw, [
        tensorAttribute('value', hidden),
        { name: 'value', type: 9, tensors: [hidden] },
        { name: 'sparse_value', type: 11, sparseTensor: { values: hidden, dims: [ELEMENTS] } },
        { name: 'value', type: 1, t: hidden },
      ]);
      return { bytes: onnxModel({ node: [node('Constant', [], ['y'], [attribute])], output }) };
    },
  },
  {
    name: 'external-subgraph',
    draw: (draw) => {
      const hidden = outside({ location: anySecret(draw), entries: part(draw) });
      const branch = deep(hidden, draw.random.below(4));
      const go = { dataType: dataType.bool, dims: [], int32Data: [1] };
      return {
        admitControlFlow: true,
        bytes: onnxModel({
          node: [
            node('Constant', [], ['c'], [tensorAttribute('value', go)]),
            node('If', ['c'], ['y'], [graphAttribute('then_branch', branch), graphAttribute('else_branch', branch)]),
          ],
          output,
        }),
      };
    },
  },
  { name: 'external-ambiguous', draw: (draw) => ({ bytes: ambiguous(draw) }) },
];
