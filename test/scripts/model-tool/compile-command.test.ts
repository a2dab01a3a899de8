import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compileCommand } from '../../../scripts/model/compile-command.ts';
import { compileRegistered } from '../../../workers/canonical/service/compile-registered.ts';
import { floats, node, onnxModel, value } from '../../support/onnx-builder.ts';
import { modelCli } from './model-cli.ts';

const deps = { signal: new AbortController().signal };
const anywhere = { lo: -Infinity, hi: Infinity };
const perceptron = onnxModel({
  node: [node('MatMul', ['x', 'w'], ['h']), node('Relu', ['h'], ['y'])],
  input: [value('x', [2, 3])],
  output: [value('y', [2, 4])],
  initializer: [floats('w', [3, 4], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])],
});

let root: string;
async function fileOf(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(root, name);
  await writeFile(path, bytes);
  return path;
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'remit-compile-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

test('model compile counts nodes, instructions, elements and multiplications of every operator', async () => {
  const { json, lines } = await compileCommand(await fileOf('perceptron.onnx', perceptron), anywhere, deps);
  const { planRoot, weightsRoot } = compileRegistered(perceptron);
  expect(json).toMatchObject({ compiled: true, planRoot, weightsRoot, instructions: 2, macs: 24, canonicalOnly: [] });
  expect(json['operators']).toEqual([
    { opType: 'MatMul', nodes: 1, instructions: 1, elements: 8, macs: 24 },
    { opType: 'Relu', nodes: 1, instructions: 1, elements: 8, macs: 0 },
  ]);
  expect(lines.join('\n')).toMatch(/MatMul +1 +1 +8 +24\n/);
});

test('model compile names the instruction whose proof is dearest, and what its calldata costs', async () => {
  const wide = onnxModel({
    node: [node('Relu', ['x'], ['h']), node('ReduceSum', ['h'], ['y'])],
    input: [value('x', [640])],
    output: [value('y', [1])],
  });
  const { json } = await compileCommand(await fileOf('wide.onnx', wide), anywhere, deps);
  const worst = json['worst'] as { opType: string; calldataBytes: number; gas: number };
  // ten chunks of operands and the claimed element's
  expect(worst.opType).toBe('ReduceSum');
  expect(worst.calldataBytes).toBeGreaterThan(11 * 256);
  expect(worst.gas).toBeGreaterThan(21_000 + 10 * worst.calldataBytes);
  expect(worst.gas).toBeLessThanOrEqual(21_000 + 40 * worst.calldataBytes);
});

test('model compile names all nodes that no plan can hold, those of branches too, and fails', async () => {
  const branch = (opType: string) => ({
    node: [node(opType, ['x'], ['b'])],
    output: [value('b', [1])],
    name: 'branch',
  });
  const hopeless = onnxModel({
    node: [
      node('Det', ['m'], ['d']),
      node(
        'If',
        ['c'],
        ['i'],
        [
          { name: 'then_branch', type: 5, g: branch('Relu') },
          { name: 'else_branch', type: 5, g: branch('Bernoulli') },
        ],
      ),
    ],
    input: [value('m', [1, 2, 2]), value('x', [1]), value('c', [], 9)],
    output: [value('d', [1]), value('i', [1])],
  });
  const run = await modelCli('compile', await fileOf('hopeless.onnx', hopeless), '--json');
  expect(run.exitCode).toBe(1);
  expect(JSON.parse(run.stdout)).toMatchObject({
    compiled: false,
    refused: [
      { name: 'Det_d', opType: 'Det', opset: 17 },
      { name: 'Bernoulli_b', opType: 'Bernoulli', opset: 17 },
    ],
    error: { code: 'MODEL_OPERATOR_REFUSED' },
  });
  expect(run.stderr).toMatch(/^MODEL_OPERATOR_REFUSED: .*\n {2}fix: /);
});

test('model compile refuses a file that is no model by its name', async () => {
  const run = await modelCli('compile', await fileOf('noise.onnx', Buffer.from('not a model')));
  expect(run.exitCode).toBe(1);
  expect(run.stderr).toMatch(/^MODEL_(FILE_)?MALFORMED: /);
});
