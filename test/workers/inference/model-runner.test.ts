import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { onTestFinished, describe, expect, it } from 'vitest';
import { dataType } from '../../../workers/onnx/data-type.ts';
import { encodeInputs } from '../../../workers/inference/input-encoding.ts';
import { createOnnxRunner, type LoadedModel, type ModelRunner } from '../../../workers/inference/model-runner.ts';
import type { OnnxRunnerOptions } from '../../../workers/inference/runner-options.ts';
import { decodeFloats, encodeFloats } from '../../../workers/protocol/vector.ts';
import { systemClock } from '../../../workers/runtime/clock.ts';
import type { Logger } from '../../../workers/runtime/logger.ts';
import { endlessLoop, floats, modelFile, node, onnxModel, smallModel, value } from '../../support/onnx-builder.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { until } from '../../support/until.ts';

const MIB = 2 ** 20;
const never = (): AbortSignal => new AbortController().signal;

interface Bench {
  readonly runner: ModelRunner;
  readonly pids: () => number[];
  readonly ended: string[];
  readonly batches: number[];
  load(bytes: Uint8Array, bindings?: Record<string, number>): Promise<LoadedModel>;
}

async function bench(options: OnnxRunnerOptions = {}): Promise<Bench> {
  const pids: number[] = [];
  const ended: string[] = [];
  const batches: number[] = [];
  const note = (fields: object): void => {
    if ('pid' in fields && !('requests' in fields)) pids.push(fields.pid as number);
  };
  const logger: Logger = { debug: note, info: note, warn: note, error: note, child: () => logger };
  const runner = await createOnnxRunner(
    { provider: 'cpu', ...options },
    {
      clock: systemClock,
      logger,
      metrics: { ran: ({ rows }) => batches.push(rows), childEnded: (reason) => ended.push(reason) },
    },
  );
  onTestFinished(() => runner.close());
  const folder = await tempFolder();
  return {
    runner,
    pids: () => pids,
    ended,
    batches,
    load: async (bytes, bindings) =>
      runner.load({ ...(await modelFile(folder, bytes)), ...(bindings ? { bindings } : {}) }),
  };
}

const answer = async ({ runner }: Bench, { key }: LoadedModel, input: readonly number[]): Promise<number[]> => [
  ...decodeFloats((await runner.run(key, encodeFloats(input), never())).output),
];

/** Rows depend on each other: y = 2x − mean over rows, so y = x for a single row. */
const mixesRows = onnxModel({
  node: [
    node('ReduceMean', ['x'], ['m'], [{ name: 'axes', type: 7, ints: [0] }]),
    node('Sub', ['x', 'm'], ['d']),
    node('Add', ['d', 'x'], ['y']),
  ],
  input: [value('x', ['n', 2])],
  output: [value('y', ['n', 2])],
});

/** Processor time a process has used, in hundredths of a second. */
async function ticksOf(pid: number): Promise<number> {
  return Number((await readFile(`/proc/${pid}/stat`, 'utf8')).split(' ')[13]);
}

describe('model runner', () => {
  it('loads, proves and runs a model, and says in one line where', async () => {
    const one = await bench();
    const model = await one.load(smallModel());
    expect(model).toMatchObject({
      layout: { inputLength: 2, outputLength: 2 },
      provider: { provider: 'cpu', nodes: { cpu: 1 } },
    });
    expect(model.provider.line).toMatch(/^model [0-9a-f]{8}… on cpu \(asked: cpu; [\d.]+ ms\)$/);
    expect(await answer(one, model, [1, 10])).toEqual([21, 43]);
    const { timings } = await one.runner.run(model.key, encodeFloats([0, 0]), never());
    expect(timings).toMatchObject({ rows: 1, loadMs: 0 });
    expect(timings.childMs).toBeGreaterThanOrEqual(timings.runMs);
  });

  it('binds dynamic dimensions by name', async () => {
    const one = await bench();
    const model = await one.load(smallModel('n'), { n: 2 });
    expect(await answer(one, model, [1, 10, 0, 1])).toEqual([21, 43, 2, 4]);
    expect(model.batch.safe).toBe(false);
  });

  it('learns the size of outputs from a run when the file names it wrongly', async () => {
    const one = await bench();
    const model = await one.load(
      onnxModel({
        node: [node('Concat', ['x', 'x'], ['y'], [{ name: 'axis', type: 2, i: 0 }])],
        input: [value('x', ['n', 2])],
        output: [value('y', ['n', 2])],
      }),
    );
    expect(model.layout.outputs).toMatchObject([{ shape: [2, 2] }]);
    expect(model.batch).toMatchObject({ safe: false });
    expect(await answer(one, model, [1, 2])).toEqual([1, 2, 1, 2]);
  });

  it('refuses an input by name and runs the next', async () => {
    const one = await bench();
    const model = await one.load(smallModel());
    await expect(answer(one, model, [1])).rejects.toMatchObject({
      code: 'INPUT_LENGTH',
      context: { expected: 2, got: 1 },
    });
    await expect(answer(one, model, [1, NaN])).rejects.toMatchObject({
      code: 'INPUT_NOT_FINITE',
      context: { index: 1 },
    });
    await expect(answer(one, model, [3e38, 3e38])).rejects.toMatchObject({ code: 'OUTPUT_NOT_FINITE' });
    await expect(one.runner.run('00', new Uint8Array(8), never())).rejects.toMatchObject({ code: 'MODEL_NOT_LOADED' });
    expect(await answer(one, model, [1, 10])).toEqual([21, 43]);
    expect(one.ended).toEqual([]);
  });

  it('refuses models before the engine sees them, and files that are not what was asked for', async () => {
    const one = await bench();
    await expect(one.load(Buffer.from('no model'))).rejects.toMatchObject({ code: 'MODEL_MALFORMED' });
    await expect(
      one.load(
        onnxModel({
          node: [node('NoSuchOperator', ['x'], ['y'])],
          input: [value('x', [1])],
          output: [value('y', [1])],
        }),
      ),
    ).rejects.toMatchObject({ code: 'MODEL_REFUSED' });
    await expect(one.runner.load({ key: '00', path: '/nowhere.onnx' })).rejects.toMatchObject({
      code: 'MODEL_FILE_MISSING',
      retryable: true,
    });
    const file = await modelFile(await tempFolder(), smallModel());
    await writeFile(file.path, smallModel(2));
    await expect(one.runner.load(file)).rejects.toMatchObject({ code: 'MODEL_DIGEST_MISMATCH' });
    expect(one.ended).toEqual([]);
  });

  it('says why an asked provider does not run a model', async () => {
    const one = await bench({ provider: 'tensorrt' });
    await expect(one.load(smallModel())).rejects.toMatchObject({ code: 'EXECUTION_PROVIDER_UNAVAILABLE' });
  });

  it('stops waiting when it is told to, and runs the next', async () => {
    const one = await bench();
    const model = await one.load(smallModel());
    const giveUp = new AbortController();
    const given = one.runner.run(model.key, encodeFloats([0, 0]), giveUp.signal);
    giveUp.abort(new Error('enough'));
    await expect(given).rejects.toThrow('enough');
    expect(await answer(one, model, [1, 10])).toEqual([21, 43]);
  });

  it('fails waiting runs when it is closed', async () => {
    const one = await bench();
    const model = await one.load(smallModel());
    const waiting = Array.from({ length: 3 }, () => one.runner.run(model.key, encodeFloats([0, 0]), never()));
    const settled = Promise.allSettled(waiting);
    await one.runner.close();
    for (const result of await settled)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'RUNNER_CLOSED' });
    await expect(one.runner.run(model.key, encodeFloats([0, 0]), never())).rejects.toMatchObject({
      code: 'RUNNER_CLOSED',
    });
  });
});

describe('a hostile model costs a child, never the host', () => {
  it.skipIf(process.platform !== 'linux')(
    'a child that is killed mid-run fails that run as retryable; the next run has a new child',
    async () => {
      const one = await bench({ limits: { allowControlFlow: true } });
      const good = await one.load(smallModel());
      const doomed = one.load(endlessLoop());
      const failed = expect(doomed).rejects.toMatchObject({ code: 'MODEL_CRASHED', retryable: true });
      const child = one.pids()[0] ?? 0;
      const before = await ticksOf(child);
      // Half a second of processor time is more than loading takes: it is inside the run.
      await until(async () => (await ticksOf(child)) - before > 50, { what: 'the endless run' });
      process.kill(child, 'SIGKILL');
      await failed;
      expect(await answer(one, good, [1, 10])).toEqual([21, 43]);
      expect(one.pids()).toHaveLength(2);
    },
  );

  it.skipIf(process.platform !== 'linux')('a child in an endless run ends with its host, even by kill -9', async () => {
    const file = await modelFile(await tempFolder(), endlessLoop());
    const runner = new URL('../../../workers/inference/model-runner.ts', import.meta.url).href;
    const clock = new URL('../../../workers/runtime/clock.ts', import.meta.url).href;
    const script = `
      const { createOnnxRunner } = await import('${runner}');
      const { systemClock } = await import('${clock}');
      const note = (fields) => fields.pid && console.log(fields.pid);
      const logger = { info: note, warn: note, error: note, debug: note };
      const runner = await createOnnxRunner({ provider: 'cpu', limits: { allowControlFlow: true } }, { clock: systemClock, logger });
      await runner.load(${JSON.stringify(file)});`;
    const host = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void host.kill('SIGKILL'));
    let printed = '';
    host.stdout.on('data', (data: Buffer) => {
      printed += data.toString();
    });
    const child = await until(() => Number(printed) || undefined, { what: 'the start of the child' });
    // Busy for longer than vetting and loading take: it is inside the engine.
    await until(async () => (await ticksOf(child)) > 60, { what: 'the endless run' });
    host.kill('SIGKILL');
    await until(() => !existsSync(`/proc/${child}`), { what: 'the end of the child' });
  });

  it('a child sees none of our environment, and works in an empty folder that goes with it', async () => {
    const one = await bench();
    await one.load(smallModel());
    const pid = one.pids()[0] ?? 0;
    const environment = (await readFile(`/proc/${pid}/environ`, 'utf8'))
      .split('\0')
      .map((line) => line.split('=')[0])
      .filter(Boolean);
    expect(environment.every((name) => name?.startsWith('NODE_CHANNEL_'))).toBe(true);
    const folder = await readlink(`/proc/${pid}/cwd`);
    expect(await readdir(folder)).toEqual([]);
    await one.runner.close();
    await expect(readdir(folder)).rejects.toThrow('ENOENT');
  });
});

describe('sessions and children', () => {
  it('a model that was evicted from the cache is loaded again within its run', async () => {
    const one = await bench({ cache: { maxEntries: 1, maxBytes: MIB } });
    const first = await one.load(smallModel());
    await one.load(smallModel(3));
    const { output, timings } = await one.runner.run(first.key, encodeFloats([1, 10]), never());
    expect([...decodeFloats(output)]).toEqual([21, 43]);
    expect(timings.loadMs).toBeGreaterThan(0);
  });

  it('several children share the work', async () => {
    const one = await bench({ children: 2, batch: { maxSize: 1, maxDelayMs: 0 } });
    const model = await one.load(smallModel());
    const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => answer(one, model, [i, 0])));
    expect(answers).toEqual(Array.from({ length: 8 }, (_, i) => [i, 3 * i]));
    expect(one.pids()).toHaveLength(2);
  });
});

describe('batching', () => {
  it('runs waiting rows of a batch-safe model as one, each with its own output', async () => {
    const one = await bench({ batch: { maxSize: 16, maxDelayMs: 0 } });
    const model = await one.load(smallModel('n'));
    expect(model.batch).toMatchObject({ safe: true, reason: expect.stringContaining('3 rows agree') as string });
    const answers = await Promise.all(Array.from({ length: 17 }, (_, i) => answer(one, model, [i, 1])));
    expect(answers).toEqual(Array.from({ length: 17 }, (_, i) => [i + 2, 3 * i + 4]));
    expect(one.batches).toEqual([1, 16]);
  });

  it('lets a bad row fail alone', async () => {
    const one = await bench();
    const model = await one.load(smallModel('n'));
    const results = await Promise.allSettled(
      [
        [0, 0],
        [1, 1],
        [1, NaN],
        [3e38, 3e38],
        [1, 10],
      ].map((input) => answer(one, model, input)),
    );
    expect(
      results.map((result) =>
        result.status === 'fulfilled' ? result.value : (result.reason as { code: string }).code,
      ),
    ).toEqual([[0, 0], [3, 7], 'INPUT_NOT_FINITE', 'OUTPUT_NOT_FINITE', [21, 43]]);
  });

  it('is off for a model whose rows depend on each other, whatever its shapes promise', async () => {
    const one = await bench();
    const model = await one.load(mixesRows);
    expect(model.batch).toMatchObject({
      safe: false,
      reason: expect.stringMatching(/row 0 of output "y" differs/) as string,
    });
    const answers = await Promise.all(
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ].map((input) => answer(one, model, input)),
    );
    expect(answers).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
  });

  it('is off for a fixed first dimension, but quick runs still share a request', async () => {
    const one = await bench();
    const model = await one.load(smallModel());
    expect(model.batch).toEqual({ safe: false, reason: 'the first dimension is fixed' });
    const answers = await Promise.all(Array.from({ length: 9 }, (_, i) => answer(one, model, [i, 0])));
    expect(answers).toEqual(Array.from({ length: 9 }, (_, i) => [i, 3 * i]));
    expect(one.batches.length).toBeLessThan(9);
  });

  it('gives the same result for several inputs and integer types', async () => {
    const one = await bench();
    const model = await one.load(
      onnxModel({
        node: [
          node('Cast', ['k'], ['kf'], [{ name: 'to', type: 2, i: 1 }]),
          node('Mul', ['x', 'kf'], ['p']),
          node('Add', ['p', 'c'], ['y']),
        ],
        input: [value('x', ['n', 2]), value('k', ['n', 1], dataType.int64)],
        output: [value('y', ['n', 2])],
        initializer: [floats('c', [1], [0.5])],
      }),
    );
    const outputs = await Promise.all(
      [1, 2, 3].map(
        async (k) => (await one.runner.run(model.key, encodeInputs(model.layout, [[[1, k]], [[k]]]), never())).output,
      ),
    );
    expect(model.batch.safe).toBe(true);
    expect(outputs.map((output) => [...decodeFloats(output)])).toEqual([
      [1.5, 1.5],
      [2.5, 4.5],
      [3.5, 9.5],
    ]);
  });
});
