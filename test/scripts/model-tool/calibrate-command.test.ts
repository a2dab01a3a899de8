import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { calibrateCommand } from '../../../scripts/model/calibrate-command.ts';
import { UNBOUNDED } from '../../../scripts/model/show-model.ts';
import { dataType } from '../../../workers/onnx/data-type.ts';
import { systemClock } from '../../../workers/runtime/clock.ts';
import { silentLogger } from '../../../workers/runtime/logger.ts';
import { floats, node, onnxModel, value } from '../../support/onnx-builder.ts';

const deps = { clock: systemClock, logger: silentLogger, signal: new AbortController().signal };
let root: string;

async function fileOf(name: string, content: Uint8Array | string): Promise<string> {
  const path = join(root, name);
  await writeFile(path, content);
  return path;
}
const oneNode = (opType: string): Uint8Array =>
  onnxModel({ node: [node(opType, ['x'], ['y'])], input: [value('x', [1, 8])], output: [value('y', [1, 8])] });

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'remit-calibrate-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

test('model calibrate compares both kinds of the CPU engine with the canonical run and proposes a tolerance', async () => {
  const given = {
    samples: 8,
    lo: -4,
    hi: 4,
    input: await fileOf('one.json', JSON.stringify({ values: [0, 1, 2, 3, -1, -2, -3, 0.5] })),
  };
  const { json, lines } = await calibrateCommand(await fileOf('softmax.onnx', oneNode('Softmax')), given, deps);
  expect(json).toMatchObject({ samples: 9, warnings: [] });
  const engines = json['engines'] as { name: string; outputs: { elements: number; absolute: { max: number } }[] }[];
  expect(engines.map(({ name }) => name)).toEqual(expect.arrayContaining(['cpu, optimised', 'cpu, as exported']));
  for (const { outputs } of engines) expect(outputs[0]).toMatchObject({ elements: 72 });
  const [{ absTol } = { absTol: 0 }] = json['tolerances'] as { absTol: number }[];
  expect(absTol).toBeGreaterThanOrEqual(16 * Math.max(...engines.map(({ outputs }) => outputs[0]?.absolute.max ?? 0)));
  expect(absTol).toBeLessThan(1e-4);
  expect(lines.join('\n')).toContain(`--abs-tol ${absTol}`);
});

test('model calibrate warns of inputs without bounds', async () => {
  const given = { samples: 2, lo: -Infinity, hi: Infinity };
  const { json } = await calibrateCommand(await fileOf('tanh.onnx', oneNode('Tanh')), given, deps);
  expect(json['warnings']).toContain(UNBOUNDED);
});

test('model calibrate refuses a domain in which no sample gives finite numbers', async () => {
  const given = { samples: 3, lo: 100, hi: 200 };
  await expect(calibrateCommand(await fileOf('exp.onnx', oneNode('Exp')), given, deps)).rejects.toMatchObject({
    code: 'MODEL_CALIBRATION_UNSTABLE',
  });
});

test('model calibrate proposes whole numbers for quantised floats, and as many as an engine is off', async () => {
  const quantising = onnxModel({
    node: [node('Softmax', ['x'], ['p']), node('QuantizeLinear', ['p', 'scale'], ['y'])],
    input: [value('x', [1, 8])],
    output: [value('y', [1, 8], dataType.uint8)],
    initializer: [floats('scale', [], [1 / 255])],
  });
  const given = { samples: 4, lo: -4, hi: 4 };
  const { json, lines } = await calibrateCommand(await fileOf('quantising.onnx', quantising), given, deps);
  const [tolerance] = json['tolerances'] as { absTol: number; relTol: number }[];
  expect(tolerance?.relTol).toBe(0);
  expect([4, 16]).toContain(tolerance?.absTol);
  expect(lines.join('\n')).toContain(`whole numbers within ${tolerance?.absTol}`);
});
