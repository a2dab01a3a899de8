import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compileCommand } from '../../../scripts/model/compile-command.ts';
import { bindInputs, fixDimensions } from '../../../scripts/model/derive-model.ts';
import { examineModel } from '../../../scripts/model/examine-model.ts';
import { compileModel } from '../../../workers/canonical/compiler/compile-model.ts';
import { compileRegistered } from '../../../workers/canonical/service/compile-registered.ts';
import { dataType } from '../../../workers/onnx/data-type.ts';
import { decodeModel } from '../../../workers/onnx/proto.ts';
import { systemClock } from '../../../workers/runtime/clock.ts';
import { silentLogger } from '../../../workers/runtime/logger.ts';
import { floats, int64s, node, onnxModel, smallModel, value } from '../../support/onnx-builder.ts';
import { modelCli } from './model-cli.ts';

const deps = { clock: systemClock, logger: silentLogger, signal: new AbortController().signal };
const anywhere = { lo: -Infinity, hi: Infinity };
const reshaping = (irVersion = 8): Uint8Array =>
  onnxModel({
    node: [node('Reshape', ['x', 'shape'], ['h']), node('Add', ['h', 'w'], ['y'])],
    input: [value('x', [2, 3]), value('shape', [2], dataType.int64)],
    output: [value('y', [3, 2])],
    initializer: [floats('w', [2], [-0.5, 2 ** -149])],
    model: { irVersion },
  });

let root: string;
async function fileOf(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(root, name);
  await writeFile(path, bytes);
  return path;
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'remit-derive-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

test.each([3, 8])('a bound input is a constant for the compiler and for the engine, in format %d', async (format) => {
  const bound = bindInputs(reshaping(format), { shape: '[3, 2]' });
  const compiled = compileRegistered(bound);
  expect(compiled.inputs.map(({ name }) => name)).toEqual(['x']);
  expect(compiled.outputs[0]?.shape).toEqual([3, 2]);
  const examined = await examineModel({ file: await fileOf(`bound-${format}.onnx`, bound) }, deps);
  expect(examined.inputs.map(({ name, length }) => ({ name, length }))).toEqual([{ name: 'x', length: 6 }]);
  expect(examined.outputs[0]?.shape).toEqual([3, 2]);
});

test('binding leaves everything else of the file as it was', () => {
  const before = decodeModel(reshaping());
  const after = decodeModel(bindInputs(reshaping(), { shape: '[3,2]' }));
  expect(after.graph?.node).toEqual(before.graph?.node);
  expect(after.graph?.output).toEqual(before.graph?.output);
  expect(after.graph?.initializer?.[0]).toEqual(before.graph?.initializer?.[0]);
  expect(after.opsetImport?.map(({ version }) => version?.toNumber())).toEqual([17]);
});

test.each<[string, number, readonly number[], string, readonly number[]]>([
  ['a number for a scalar', dataType.float32, [], '0.5', [0, 0, 0, 63]],
  ['a number for one element', dataType.int64, [1], '-2', [254, ...Array<number>(7).fill(255)]],
  ['a flat list for fixed dimensions', dataType.int8, [2, 2], '[1,-1,0,127]', [1, 255, 0, 127]],
  ['truth values', dataType.bool, [2], '[true,false]', [1, 0]],
  ['lists in lists', dataType.uint16, [2, 1], '[[258],[3]]', [2, 1, 3, 0]],
  ['nothing at all', dataType.int32, [0], '[]', []],
])('--bind takes %s', (_, onnxType, dims, json, bytes) => {
  const model = onnxModel({ node: [], input: [value('p', dims, onnxType)], output: [value('p', dims, onnxType)] });
  const initializer = decodeModel(bindInputs(model, { p: json })).graph?.initializer?.[0];
  expect(initializer?.dims?.map((dim) => dim.toNumber()) ?? []).toEqual(dims);
  expect([...(initializer?.rawData ?? [])]).toEqual(bytes);
});

test.each<[string, Readonly<Record<string, string>>, RegExp]>([
  ['a name that the model does not have', { k: '1' }, /no such input/],
  ['an input of the prototype', { constructor: '1' }, /no such input/],
  ['what is no JSON', { shape: '3,2' }, /neither a number nor lists/],
  ['ragged lists', { shape: '[[3],[2,1]]' }, /neither a number nor lists/],
  ['another number of elements', { shape: '[3,2,1]' }, /\[3\] is not its shape/],
  ['a fraction for a whole number', { shape: '[1.5,4]' }, /1.5 is not of type int64/],
])('--bind refuses %s', (_, bind, words) => {
  expect(() => bindInputs(reshaping(), bind)).toThrow(
    expect.objectContaining({ code: 'MODEL_BINDING_INVALID', message: expect.stringMatching(words) as string }),
  );
});

test('fixed dimensions compile to what the same sizes give on request', () => {
  const fixed = compileRegistered(fixDimensions(smallModel('rows'), { rows: 3 }));
  expect(fixed.planRoot).toBe(compileModel(smallModel('rows'), { shapes: { rows: 3 } }).planRoot);
  expect(fixed.planRoot).not.toBe(compileRegistered(smallModel('rows')).planRoot);
});

test('model compile writes the file that nodes will compile to the same plan', async () => {
  const file = await fileOf(
    'dynamic.onnx',
    onnxModel({
      node: [node('Slice', ['x', 'from', 'to'], ['y'])],
      input: [value('x', ['rows', 2]), value('from', [1], dataType.int64), value('to', [1], dataType.int64)],
      output: [value('y', ['left', 2])],
      initializer: [int64s('from', [0])],
    }),
  );
  const out = join(root, 'derived.onnx');
  const run = await modelCli('compile', file, '--shape', 'rows=4', '--bind', 'to=[3]', '--out', out, '--json');
  expect(run).toMatchObject({ exitCode: 0, stderr: '' });
  const json = JSON.parse(run.stdout) as Record<string, unknown>;
  expect(json).toMatchObject({ compiled: true, written: out, inputLength: 8 });
  expect(json['planRoot']).toBe(compileRegistered(await readFile(out)).planRoot);
});

test('model compile says that a bound input has to be written into a file', async () => {
  const file = await fileOf('reshaping.onnx', reshaping());
  const { lines } = await compileCommand(file, { ...anywhere, bind: { shape: '[3,2]' } }, deps);
  expect(lines.join('\n')).toContain('WARNING: nodes compile the file that is registered and nothing else');
});

test.each(['reshaping.onnx', 'no/such/folder.onnx'])('model compile does not write %s', async (name) => {
  const file = await fileOf('reshaping.onnx', reshaping());
  const asked = compileCommand(file, { ...anywhere, bind: { shape: '[3,2]' }, out: join(root, name) }, deps);
  await expect(asked).rejects.toMatchObject({ code: 'MODEL_FILE_UNWRITABLE' });
  expect(await readFile(file)).toEqual(Buffer.from(reshaping()));
});
