import { describe, expect, it } from 'vitest';
import { compileModel } from '../../../../workers/canonical/compiler/compile-model.ts';
import type { CompileOptions } from '../../../../workers/canonical/compiler/place-inputs.ts';
import { constantOf } from '../../../../workers/canonical/compiler/value.ts';
import { execute } from '../../../../workers/canonical/executor/execute.ts';
import { type Instruction, OP, SPACE, TYPE } from '../../../../workers/canonical/plan/instruction.ts';
import { dataType } from '../../../../workers/onnx/data-type.ts';
import {
  floats,
  int64s,
  intAttribute,
  intsAttribute,
  type ModelParts,
  node,
  onnxModel,
  value,
} from '../../../support/onnx-builder.ts';

const compiled = (parts: ModelParts, options: CompileOptions = {}) => compileModel(onnxModel(parts), options);
const opsOf = ({ instructions }: { readonly instructions: readonly Instruction[] }) => instructions.map(({ op }) => op);
const perm = (order: readonly number[]) => intsAttribute('perm', order);
const ones = (count: number): readonly number[] => new Array<number>(count).fill(1);

/** Two branches that could be lowered in either order. */
function branches(nodes: readonly (0 | 1 | 2)[]): Uint8Array {
  const all = [node('Relu', ['x'], ['a']), node('Neg', ['x'], ['b']), node('Add', ['a', 'b'], ['y'])];
  return onnxModel({ node: nodes.map((i) => all[i] ?? {}), input: [value('x', [3])], output: [value('y', [3])] });
}

describe('what a file compiles to', () => {
  it('is the same for nodes that are listed after what needs them', () => {
    const [listed, turned] = [compileModel(branches([0, 1, 2])), compileModel(branches([2, 0, 1]))];
    expect(turned.planRoot).toBe(listed.planRoot);
    expect(turned.origins.map(({ opType }) => opType)).toEqual(['Relu', 'Neg', 'Add']);
  });

  it('follows the order of the file where it is free', () => {
    expect(compileModel(branches([1, 0, 2])).origins.map(({ opType }) => opType)).toEqual(['Neg', 'Relu', 'Add']);
  });

  it('has another root for another shape, number or attribute', () => {
    const model = (rows: number, weight: number, axis: number) =>
      compiled({
        node: [node('Add', ['x', 'w'], ['a']), node('Softmax', ['a'], ['y'], [intAttribute('axis', axis)])],
        input: [value('x', [rows, 4])],
        output: [value('y', [rows, 4])],
        initializer: [floats('w', [4], [1, 2, 3, weight])],
      });
    const base = model(3, 4, 1);
    expect(model(3, 4, 1).planRoot).toBe(base.planRoot);
    expect(model(2, 4, 1).planRoot).not.toBe(base.planRoot);
    expect(model(3, 4, 0).planRoot).not.toBe(base.planRoot);
    expect(model(3, 5, 1).planRoot).toBe(base.planRoot);
    expect(model(3, 5, 1).weightsRoot).not.toBe(base.weightsRoot);
  });

  it('leaves out nodes that no output needs, even of operators that it does not know', () => {
    const { origins } = compiled({
      node: [node('Mystery', ['x'], ['m', '']), node('Clip', ['x', '', 'one'], ['y'])],
      input: [value('x', [2])],
      output: [value('y', [2])],
      initializer: [floats('one', [], [1])],
    });
    expect(origins).toEqual([{ node: 'Clip_y', opType: 'Clip' }]);
  });

  it('names the node of each instruction, and of what brings an output into place', () => {
    const { origins } = compiled({
      node: [node('Relu', ['x'], ['r']), node('Transpose', ['r'], ['y'])],
      input: [value('x', [2, 3])],
      output: [value('y', [3, 2])],
    });
    expect(origins).toEqual([
      { node: 'Relu_r', opType: 'Relu' },
      { node: 'output', opType: 'Identity' },
    ]);
  });
});

describe('inputs', () => {
  it('lie in graph order, each aligned to 64 elements', () => {
    const { inputs, plan } = compiled({
      node: [node('Concat', ['b', 'a'], ['y'], [intAttribute('axis', 0)])],
      input: [value('a', [70]), value('b', [3])],
      output: [value('y', [73])],
    });
    expect(inputs.map(({ name, start, length }) => [name, start, length])).toEqual([
      ['a', 0, 70],
      ['b', 128, 3],
    ]);
    expect(plan.inputLength).toBe(131);
  });

  it('have their dynamic dimensions bound by name, by whole shape, or to 1', () => {
    const parts: ModelParts = {
      node: [node('Relu', ['x'], ['y'])],
      input: [value('x', ['batch', 3])],
      output: [value('y', ['batch', 3])],
    };
    const shapeFor = (shapes: NonNullable<CompileOptions['shapes']>) => compiled(parts, { shapes }).inputs[0]?.shape;
    expect(shapeFor({})).toEqual([1, 3]);
    expect(shapeFor({ batch: 5 })).toEqual([5, 3]);
    expect(shapeFor({ x: [7, 3] })).toEqual([7, 3]);
  });

  it('that are bound become constants and leave the input vector', () => {
    const bound = constantOf([2], dataType.int64, TYPE.I32, Uint32Array.of(3, 2));
    const parts: ModelParts = {
      node: [node('Reshape', ['x', 's'], ['y'])],
      input: [value('x', [2, 3]), value('s', [2], dataType.int64)],
      output: [value('y', ['a', 'b'])],
    };
    const { inputs, outputs } = compiled(parts, { bind: { s: bound } });
    expect(inputs.map(({ name }) => name)).toEqual(['x']);
    expect(outputs[0]?.shape).toEqual([3, 2]);
    expect(() => compiled(parts)).toThrow(expect.objectContaining({ code: 'MODEL_INPUT_NOT_CONSTANT' }));
  });

  it('that are initializers too are constants', () => {
    const { inputs } = compiled({
      node: [node('Add', ['x', 'w'], ['y'])],
      input: [value('x', [2]), value('w', [2])],
      output: [value('y', [2])],
      initializer: [floats('w', [2], [1, 2])],
    });
    expect(inputs.map(({ name }) => name)).toEqual(['x']);
  });
});

describe('outputs', () => {
  it('that are inputs or constants are moved into the trace', () => {
    const { plan, outputs, weights } = compiled({
      node: [node('Identity', ['x'], ['y']), node('Identity', ['w'], ['z'])],
      input: [value('x', [2])],
      output: [value('y', [2]), value('z', [3])],
      initializer: [floats('w', [3], [1, 2, 3])],
    });
    expect(opsOf(plan)).toEqual([OP.MAP, OP.MAP]);
    expect(outputs.map(({ start }) => start)).toEqual([0, 64]);
    const trace = execute(plan, { input: Uint32Array.of(0x40000000, 0), weights });
    expect([...new Float32Array(trace.buffer).slice(0, 2), ...new Float32Array(trace.buffer).slice(64)]).toEqual([
      2, 0, 1, 2, 3,
    ]);
  });

  it('are contiguous parts of the trace when they are row-major already', () => {
    const { plan, outputs } = compiled({
      node: [node('Relu', ['x'], ['r']), node('Split', ['r'], ['y', 'z'], [intAttribute('axis', 0)])],
      input: [value('x', [4, 3])],
      output: [value('y', [2, 3]), value('z', [2, 3])],
    });
    expect(plan.instructions).toHaveLength(1);
    expect(outputs.map(({ start, length }) => [start, length])).toEqual([
      [0, 6],
      [6, 6],
    ]);
  });
});

describe('instructions', () => {
  it('are none for transposing, slicing, expanding and reshaping before a computation', () => {
    const { plan } = compiled({
      node: [
        node('Transpose', ['x'], ['t'], [perm([1, 0])]),
        node('Slice', ['t', 'from', 'to'], ['s']),
        node('Unsqueeze', ['s', 'axis'], ['u']),
        node('Expand', ['u', 'shape'], ['e']),
        node('Relu', ['e'], ['y']),
      ],
      input: [value('x', [4, 5])],
      output: [value('y', [2, 3, 4])],
      initializer: [int64s('from', [1]), int64s('to', [4]), int64s('axis', [0]), int64s('shape', [2, 3, 4])],
    });
    expect(opsOf(plan).filter((op) => op === OP.ZIP)).toHaveLength(1);
    expect(plan.instructions.length).toBeLessThanOrEqual(2);
  });

  it('are none for what depends on constants alone', () => {
    const { plan, weights } = compiled({
      node: [node('Mul', ['w', 'w'], ['v']), node('Exp', ['v'], ['e']), node('Add', ['x', 'e'], ['y'])],
      input: [value('x', [2])],
      output: [value('y', [2])],
      initializer: [floats('w', [2], [0, 1])],
    });
    expect(opsOf(plan)).toEqual([OP.ZIP]);
    expect([...new Float32Array(weights.buffer)]).toEqual([1, Math.fround(Math.E)]);
  });

  it('cut a sum over more than 8,192 into blocks and add the bias last', () => {
    const { plan } = compiled({
      node: [node('Gemm', ['x', 'w', 'b'], ['y'], [intAttribute('transB', 1)])],
      input: [value('x', [1, 20_000])],
      output: [value('y', [1, 2])],
      initializer: [floats('w', [2, 20_000], ones(40_000)), floats('b', [2], [5, 6])],
    });
    expect(plan.instructions.map(({ window, operands }) => [window, operands.length])).toEqual([
      [[8_192], 2],
      [[8_192], 2],
      [[3_616], 2],
      [[3], 3],
    ]);
  });

  it('join more than 16 operands in stages', () => {
    const { plan } = compiled({
      node: [
        node(
          'Concat',
          Array.from({ length: 20 }, () => 'x'),
          ['y'],
          [intAttribute('axis', 0)],
        ),
      ],
      input: [value('x', [2])],
      output: [value('y', [40])],
    });
    expect(plan.instructions.map(({ operands }) => operands.length)).toEqual([16, 4, 2]);
  });

  it('read the weights of a product along its rows', () => {
    const { plan } = compiled({
      node: [node('MatMul', ['x', 'w'], ['y'])],
      input: [value('x', [1, 100])],
      output: [value('y', [1, 3])],
      initializer: [
        floats(
          'w',
          [100, 3],
          Array.from({ length: 300 }, (_, i) => i),
        ),
      ],
    });
    const weight = plan.instructions[0]?.operands[1];
    expect(weight).toMatchObject({ space: SPACE.WEIGHT, steps: [100, 1] });
  });

  it('read a patch of a convolution channel by channel', () => {
    const { plan } = compiled({
      node: [node('Conv', ['x', 'w'], ['c']), node('Conv', ['c', 'v'], ['y'])],
      input: [value('x', [1, 1, 9, 9])],
      output: [value('y', [1, 2, 5, 5])],
      initializer: [
        floats(
          'w',
          [8, 1, 3, 3],
          ones(72).map((_, i) => i),
        ),
        floats(
          'v',
          [2, 8, 3, 3],
          ones(144).map((_, i) => i),
        ),
      ],
    });
    const [data, weight] = plan.instructions[1]?.operands ?? [];
    expect(data?.space === SPACE.TRACE && data.steps.at(-1)).toBe(1);
    expect(weight?.space === SPACE.WEIGHT && weight.steps.at(-1)).toBe(1);
    expect(plan.instructions[1]?.window.reduce((all, size) => all * size, 1)).toBe(72);
  });

  it('share weights that are equal', () => {
    const numbers = [1, 2, 3, 4];
    const { weights } = compiled({
      node: [node('Add', ['x', 'v'], ['a']), node('Mul', ['a', 'w'], ['y'])],
      input: [value('x', [4])],
      output: [value('y', [4])],
      initializer: [floats('v', [4], numbers), floats('w', [4], numbers)],
    });
    expect(weights).toHaveLength(4);
  });
});
