import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ElementStory } from '../../../scripts/model/explain-element.ts';
import { type ExplainArguments, explainCommand } from '../../../scripts/model/explain-command.ts';
import { modelCli } from './model-cli.ts';
import { floats, int64s, node, onnxModel, value } from '../../support/onnx-builder.ts';

const deps = { signal: new AbortController().signal };
const perceptron = onnxModel({
  node: [node('MatMul', ['x', 'w'], ['h']), node('Relu', ['h'], ['y'])],
  input: [value('x', [1, 24])],
  output: [value('y', [1, 2])],
  initializer: [
    floats(
      'w',
      [24, 2],
      Array.from({ length: 48 }, (_, i) => (i % 2 === 0 ? i / 4 : -1)),
    ),
  ],
});
const gathering = onnxModel({
  node: [node('Gather', ['w', 'i'], ['y'])],
  input: [value('i', [2], 7)],
  output: [value('y', [2])],
  initializer: [floats('w', [4], [10, 20, 30, 40]), int64s('unused', [0])],
});

let root: string;
async function explain(name: string, model: Uint8Array, values: readonly number[], how: Partial<ExplainArguments>) {
  const [file, input] = [join(root, `${name}.onnx`), join(root, `${name}.json`)];
  await writeFile(file, model);
  await writeFile(input, JSON.stringify({ values }));
  const { json, lines } = await explainCommand(file, { input, ...how }, deps);
  return { story: json as unknown as ElementStory, text: lines.join('\n') };
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'remit-explain-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const ones = Array.from({ length: 24 }, (_, i) => (i < 20 ? i : 0));

test('model explain shows the factors of a sum, so that it can be done again by hand', async () => {
  const { story, text } = await explain('sum', perceptron, ones, { element: '0' });
  expect(story).toMatchObject({ instruction: 0, opType: 'MatMul', windowSize: 24, divisor: 1, coordinates: [0] });
  expect(story.window).toHaveLength(24);
  const sum = story.window.reduce((total, [a, b]) => total + (a?.value ?? NaN) * (b?.value ?? NaN), 0);
  expect(sum).toBe(story.value);
  expect(text).toMatch(/window 3 +INPUT\[3\] +3 +0x40400000 +WEIGHT\[\d+\] +1.5 +0x3fc00000 +product 4.5\n/);
  expect(text).toContain('… and 4 more of 24');
  expect(text).toMatch(new RegExp(`exact value +${story.value} +0x`));
});

test('model explain finds an element of an output by its place', async () => {
  const { story } = await explain('relu', perceptron, ones, { output: 'y', at: 1 });
  expect(story).toMatchObject({ opType: 'Relu', value: 0, bits: '0x00000000', windowSize: 0 });
  expect(story.operands.some(({ at, value: read }) => at === 'TRACE[1]' && read === -190)).toBe(true);
});

test('model explain prints one JSON object for programs', async () => {
  const [file, input] = [join(root, 'cli.onnx'), join(root, 'cli.json')];
  await writeFile(file, perceptron);
  await writeFile(input, JSON.stringify({ values: ones }));
  const run = await modelCli('explain', file, '--input', input, '--element', '64', '--json');
  expect(run).toMatchObject({ exitCode: 0, stderr: '' });
  expect(JSON.parse(run.stdout)).toMatchObject({ element: 64, instruction: 1, opType: 'Relu', input: 'cli.json' });
});

test('model explain takes a place in an output in brackets', async () => {
  const { story } = await explain('brackets', perceptron, ones, { element: 'y[1]' });
  expect(story).toMatchObject({ element: 65, opType: 'Relu' });
  const numbered = await explain('brackets', perceptron, ones, { element: '0[1]' });
  expect(numbered.story.element).toBe(65);
});

test('model explain goes down as many levels as it is asked to, and explains each element once', async () => {
  const squares = onnxModel({
    node: [node('Add', ['x', 'x'], ['a']), node('Mul', ['a', 'a'], ['b']), node('Sub', ['b', 'a'], ['y'])],
    input: [value('x', [2])],
    output: [value('y', [2])],
  });
  const below = async (depth: number): Promise<(readonly [string, number])[]> => {
    const { story } = await explain('squares', squares, [3, 5], { at: 1, depth });
    const { below: stories } = story as unknown as { below: ElementStory[] };
    return stories.map(({ opType, value: made }) => [opType, made] as const);
  };
  expect(await below(0)).toEqual([]);
  expect(await below(1)).toEqual([
    ['Mul', 100],
    ['Add', 10],
  ]);
  expect(await below(9)).toEqual(await below(1));
  const { text } = await explain('squares', squares, [3, 5], { at: 1, depth: 1 });
  expect(text.match(/exact value/g)).toHaveLength(3);
});

test('model explain follows an index to what it picks', async () => {
  const { story } = await explain('gather', gathering, [2, 3], { output: '0', at: 1 });
  expect(story.value).toBe(40);
  expect(story.operands.find(({ letter }) => letter === 'A')).toMatchObject({ value: 40 });
  const outside = await explain('outside', gathering, [2, 9], { at: 1 });
  expect(outside.story.operands.find(({ letter }) => letter === 'A')).toMatchObject({ at: 'no such index', value: 0 });
});

test.each<[string, Partial<ExplainArguments>]>([
  ['between two instructions', { element: '5' }],
  ['past the end of the trace', { element: '1000' }],
  ['of an output that is not there', { output: 'z' }],
  ['past the end of an output', { output: 'y', at: 2 }],
  ['past the end of an output in brackets', { element: 'y[2]' }],
  ['that is no number', { element: '-1' }],
])('model explain refuses an element %s', async (_, how) => {
  await expect(explain('none', perceptron, ones, how)).rejects.toMatchObject({ code: 'MODEL_ELEMENT_UNKNOWN' });
});
