import { describe, expect, it } from 'vitest';
import { compileModel } from '../../../../workers/canonical/compiler/compile-model.ts';
import { dataType } from '../../../../workers/onnx/data-type.ts';
import {
  floats,
  intAttribute,
  int64s,
  type ModelParts,
  node,
  onnxModel,
  value,
} from '../../../support/onnx-builder.ts';

const reasonsOf = (parts: ModelParts): readonly string[] =>
  compileModel(onnxModel({ input: [value('x', [1, 1, 4, 4])], output: [value('y', ['a', 'b', 'c', 'd'])], ...parts }))
    .canonicalOnly;

const text = (name: string, s: string) => ({ name, type: 3, s: Buffer.from(s) });
const computed = [node('Exp', ['x'], ['e'])];
const resized = (scale: number, mode: string): ModelParts => ({
  node: [node('Resize', ['x', '', 's'], ['y'], [text('mode', 'linear'), text('coordinate_transformation_mode', mode)])],
  initializer: [floats('s', [4], [1, 1, scale, scale])],
  opset: 19,
});

describe('nodes are told to answer from the canonical run', () => {
  it.each<readonly [string, ModelParts]>([
    [
      'a jump comes before the output',
      { node: [...computed, node('Round', ['e'], ['r']), node('Relu', ['r'], ['y'])] },
    ],
    ['a jump is the output itself', { node: [...computed, node('Floor', ['e'], ['y'])] }],
    [
      'the judged jump is not the output',
      {
        node: [
          ...computed,
          node('ArgMax', ['e'], ['m']),
          node('Cast', ['m'], ['y'], [intAttribute('to', dataType.float32)]),
        ],
      },
    ],
    [
      'a float becomes whole on the way',
      {
        node: [
          ...computed,
          node('Cast', ['e'], ['i'], [intAttribute('to', dataType.int32)]),
          node('Cast', ['i'], ['y'], [intAttribute('to', dataType.float32)]),
        ],
      },
    ],
    [
      '64-bit numbers are added',
      {
        node: [node('Add', ['x', 'x'], ['y'])],
        input: [value('x', [2], dataType.int64)],
        output: [value('y', [2], dataType.int64)],
      },
    ],
    [
      '64-bit numbers could leave 32 bits',
      {
        node: [
          node('Less', ['x', 'w'], ['c']),
          node('Cast', ['c'], ['i'], [intAttribute('to', dataType.int64)]),
          node('Mul', ['i', 'k'], ['p']),
          node('Add', ['p', 'k'], ['y']),
        ],
        initializer: [floats('w', [], [0.5]), int64s('k', [1_500_000_000], [])],
        output: [value('y', ['a', 'b', 'c', 'd'], dataType.int64)],
      },
    ],
    [
      'the best are given in any order',
      {
        node: [node('TopK', ['x', 'k'], ['y', 'i'], [intAttribute('sorted', 0)])],
        initializer: [int64s('k', [2])],
      },
    ],
    ['corners are aligned between elements', resized(0.8, 'align_corners')],
  ])('when %s', (_, parts) => {
    expect(reasonsOf(parts)).toHaveLength(1);
  });

  it.each<readonly [string, ModelParts]>([
    ['nothing jumps', { node: [node('Relu', ['x'], ['y'])] }],
    [
      'every number that jumps is as it was given',
      {
        node: [
          node('Transpose', ['x'], ['t']),
          node('Less', ['t', 'w'], ['c']),
          node('Cast', ['c'], ['i'], [intAttribute('to', dataType.float32)]),
          node('Exp', ['i'], ['y']),
        ],
        initializer: [floats('w', [4], [0.5, 1.5, 2.5, 3.6])],
      },
    ],
    [
      'a jump is judged by its margin',
      { node: [...computed, node('ArgMax', ['e'], ['y'])], output: [value('y', ['a', 'b', 'c', 'd'], dataType.int64)] },
    ],
    [
      'a jump is of constants',
      {
        node: [node('Round', ['w'], ['r']), node('Mul', ['x', 'r'], ['y'])],
        initializer: [floats('w', [4], [0.5, 1.5, 2.5, 3.6])],
      },
    ],
    [
      '64-bit arithmetic cannot leave 32 bits',
      {
        node: [
          node('Less', ['x', 'w'], ['c']),
          node('Cast', ['c'], ['i'], [intAttribute('to', dataType.int64)]),
          node('Mul', ['i', 'k'], ['p']),
          node('Add', ['p', 'k'], ['y']),
        ],
        initializer: [floats('w', [], [0.5]), int64s('k', [1_000_000_000], [])],
        output: [value('y', ['a', 'b', 'c', 'd'], dataType.int64)],
      },
    ],
    ['corners are aligned of whole sizes', resized(2, 'align_corners')],
    ['pixels are scaled by their middles', resized(0.8, 'half_pixel')],
  ])('but not when %s', (_, parts) => {
    expect(reasonsOf(parts)).toEqual([]);
  });
});
