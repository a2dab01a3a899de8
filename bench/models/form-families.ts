import type { Random } from '../../models/credit-score/random.ts';
import { floats, int64s, intsAttribute, node, onnxModel, smallModel, value } from '../../test/support/onnx-builder.ts';
import { type Draw, type Family, pick, turn } from './hostile-model.ts';

const text = (content: string): Buffer => Buffer.from(content);
const io = { input: [value('x', [4])], output: [value('y', [4])] };
const relu = { ...io, node: [node('Relu', ['x'], ['y'])] };

/** A small honest model of one of several kinds, to be damaged. */
function honest(draw: Draw): Uint8Array {
  return pick(draw, [
    () => smallModel(4),
    () =>
      onnxModel({
        node: [node('Conv', ['x', 'w'], ['c'], [intsAttribute('pads', [1, 1, 1, 1])]), node('Relu', ['c'], ['y'])],
        input: [value('x', [1, 2, 5, 5])],
        output: [value('y', [1, 3, 5, 5])],
        initializer: [floats('w', [3, 2, 3, 3], Array(54).fill(0.5))],
      }),
    () =>
      onnxModel({
        node: [node('Reshape', ['x', 's'], ['r']), node('Softmax', ['r'], ['p']), node('Gather', ['p', 'i'], ['y'])],
        input: [value('x', [4])],
        output: [value('y', [2, 2])],
        initializer: [int64s('s', [2, 2]), int64s('i', [1, 0])],
      }),
  ])();
}

export function flipBits(bytes: Uint8Array, random: Random): Uint8Array {
  const copy = Uint8Array.from(bytes);
  for (let left = 1 + random.below(4); left > 0; left--) {
    const at = random.below(copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
  }
  return copy;
}

/** Cuts a piece out, or doubles it, or moves it. */
function spliced(bytes: Uint8Array, { random }: Draw): Uint8Array {
  const [from, to] = [random.below(bytes.length), random.below(bytes.length)].sort((a, b) => a - b) as [number, number];
  const at = random.below(bytes.length);
  const piece = bytes.subarray(from, to);
  return random.uniform() < 0.5
    ? Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)])
    : Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
}

const namesOf = (draw: Draw): string =>
  pick(draw, [
    '',
    '__proto__',
    'constructor',
    '../../../tmp/x',
    'a\0b',
    '"},{"provider" : "EvilExecutionProvider"',
    '%s%n%n',
    '\u202e',
    '𝕏'.repeat(99),
    '$(id)',
    'y\n'.repeat(50),
  ]);

/** Families that are hardly a graph: damaged files, names that clash or lead nowhere. */
export const FORM: readonly Family[] = [
  {
    name: 'truncated',
    draw: (draw) => {
      const whole = honest(draw);
      return { bytes: whole.subarray(0, draw.random.below(whole.length)) };
    },
  },
  { name: 'bit-flips', draw: (draw) => ({ bytes: flipBits(honest(draw), draw.random) }) },
  { name: 'spliced', draw: (draw) => ({ bytes: spliced(honest(draw), draw) }) },
  {
    name: 'no-model',
    draw: (draw) => {
      const random = Uint8Array.from({ length: 1 + draw.random.below(4_096) }, () => draw.random.below(256));
      // Lengths that run past the file, or past 64 bits.
      const length = Buffer.of(
        0x3a,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        pick(draw, [0x01, 0x7f, 0xff]),
      );
      return {
        bytes: turn(draw, [
          random,
          Buffer.concat([Buffer.of(8, 8, 0x3a), random]),
          length,
          Buffer.concat([smallModel(), length]),
          Buffer.alloc(1_000_000),
          Buffer.from('\u001f\u008b\b', 'latin1'),
          Buffer.from('ORTM----'),
        ]),
      };
    },
  },
  {
    name: 'cycle',
    draw: (draw) => {
      const length = 1 + draw.random.below(50);
      const ring = Array.from({ length }, (_, at) => node('Add', [`n${(at + length - 1) % length}`, 'x'], [`n${at}`]));
      return { bytes: onnxModel({ ...io, node: [...ring, node('Identity', ['n0'], ['y'])] }) };
    },
  },
  {
    name: 'duplicate-names',
    draw: (draw) => ({
      bytes: turn(draw, [
        onnxModel({ ...io, node: [node('Relu', ['x'], ['y']), node('Exp', ['x'], ['y'])] }),
        onnxModel({ ...relu, input: [value('x', [4]), value('x', [8])] }),
        onnxModel({ ...relu, output: [value('y', [4]), value('y', [4])] }),
        onnxModel({ ...relu, initializer: [floats('x', [1], [1]), floats('x', [2], [1, 2])] }),
        onnxModel({ ...io, node: [node('Split', ['x'], ['y', 'y'])] }),
        onnxModel({ ...relu, valueInfo: [value('y', [9_999]), value('y', [1])] }),
        onnxModel({ ...relu, initializer: [floats('y', [4], [1, 2, 3, 4])] }),
      ]),
    }),
  },
  {
    name: 'missing-names',
    draw: (draw) => ({
      bytes: turn(draw, [
        onnxModel({ ...io, node: [node('Relu', ['nothing'], ['y'])] }),
        onnxModel({ ...io, node: [node('Relu', ['x'], ['z'])] }),
        onnxModel({ ...io, node: [node('Relu', [], ['y'])] }),
        onnxModel({ ...io, node: [node('', ['x'], ['y'])] }),
        onnxModel({ ...relu, output: [] }),
        onnxModel({ ...io, node: [] }),
        onnxModel({ ...io, node: [node('Relu', [''], [''])] }),
      ]),
    }),
  },
  {
    name: 'strange-names',
    draw: (draw) => {
      const [first, second] = [namesOf(draw), namesOf(draw)];
      return {
        bytes: onnxModel({
          node: [node('Relu', [first], [second], [], { name: namesOf(draw) })],
          input: [value(first, [namesOf(draw)])],
          output: [value(second, ['__proto__'])],
        }),
      };
    },
  },
  {
    name: 'foreign-domain',
    draw: (draw) => {
      const domain = pick(draw, [
        'com.microsoft',
        'com.evil',
        'ai.onnx.training',
        'ai.onnx.preview.training',
        'org.pytorch.aten',
        'ai.onnx\0',
        'AI.ONNX',
        'com.microsoft.nchwc',
      ]);
      const opType = pick(draw, [
        'ATen',
        'PythonOp',
        'QAttention',
        'Relu',
        'ExecuteScript',
        'MemcpyFromHost',
        'EPContext',
      ]);
      return {
        bytes: onnxModel({
          ...io,
          node: [
            node(opType, ['x'], ['y'], [{ name: 'ep_cache_context', type: 3, s: text('../../secret.bin') }], {
              domain,
            }),
          ],
          model: {
            opsetImport: [
              { domain: '', version: 17 },
              { domain, version: 1 },
            ],
          },
        }),
      };
    },
  },
];
