import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Containment, containModels } from '../../bench/models/contain-models.ts';
import { createContainmentReport } from '../../bench/models/containment-report.ts';
import { type Canaries, plantCanaries } from '../../bench/models/canaries.ts';
import { FAMILIES } from '../../bench/models/hostile-corpus.ts';
import { writtenFiles } from '../../bench/models/written-files.ts';
import { createRandom } from '../../models/credit-score/random.ts';
import type { LoadReply, RowResult, RunReply } from '../../workers/inference/child-protocol.ts';
import type { ChildSlot } from '../../workers/inference/child-slot.ts';
import { chooseProvider } from '../../workers/inference/devices.ts';
import { createOnnxRunner } from '../../workers/inference/model-runner.ts';
import type { OnnxRunnerOptions } from '../../workers/inference/runner-options.ts';
import { createRunQueue } from '../../workers/inference/run-queue.ts';
import { fromWireError, toWireError } from '../../workers/inference/wire-error.ts';
import { decodeFloats, encodeFloats } from '../../workers/protocol/vector.ts';
import { systemClock } from '../../workers/runtime/clock.ts';
import { RemitError } from '../../workers/runtime/errors.ts';
import { silentLogger } from '../../workers/runtime/logger.ts';
import { effort } from '../support/effort.ts';
import { ManualClock } from '../support/manual-clock.ts';
import {
  endlessLoop,
  int64s,
  intAttribute,
  modelFile,
  node,
  onnxModel,
  smallModel,
  value,
} from '../support/onnx-builder.ts';
import { oneJob, resultOf } from '../support/one-job.ts';
import { tempFolder } from '../support/temp-folder.ts';

const never = (): AbortSignal => new AbortController().signal;
const SEED = Number(process.env['REMIT_SEED'] ?? 1);

/** What onnxruntime says when a device gives up, by provider. */
const GAVE_UP = [
  [
    'cuda',
    'CUDA failure 2: out of memory ; GPU=0 ; hostname=node ; file=cuda_allocator.cc ; line=55 ; expr=cudaMalloc((void**)&p, size); ',
  ],
  [
    'cuda',
    "Non-zero status code returned while running Conv node. Name:'c' Status Message: Failed to allocate memory for requested buffer of size 4294967296",
  ],
  ['cuda', 'Available memory of 1048576 is smaller than requested bytes of 67108864'],
  ['cuda', 'CUDA failure 700: an illegal memory access was encountered ; GPU=0 ; expr=cudaStreamSynchronize(stream);'],
  ['cuda', 'CUDNN failure 8: CUDNN_STATUS_EXECUTION_FAILED ; GPU=0'],
  ['cuda', 'CUBLAS failure 13: CUBLAS_STATUS_EXECUTION_FAILED ; GPU=0'],
  ['tensorrt', 'TensorRT EP execution context enqueue failed.'],
  ['webgpu', 'WebGPU device lost (2): A valid external Instance reference no longer exists.'],
  [
    'dml',
    '887A0005 The GPU device instance has been suspended. Use GetDeviceRemovedReason to determine the appropriate action.',
  ],
] as const;

describe('F26 · the GPU is out of memory, or gone', () => {
  it.each(GAVE_UP)('%s: "%.40s…" may be tried again, and never condemns the model', (provider, text) => {
    expect(toWireError(new Error(text), provider)).toMatchObject({ code: 'DEVICE_FAILED', retryable: true });
  });

  it('is not what a model on the CPU can say of itself by its names, and not what no driver says', () => {
    const named =
      "Non-zero status code returned while running Gather node. Name:'CUDA failure 2' indices out of bounds";
    expect(toWireError(new Error(named), 'cpu')).toMatchObject({ code: 'MODEL_REFUSED', retryable: false });
    const none = 'CUDA failure 100: no CUDA-capable device is detected';
    expect(toWireError(new Error(none), 'cuda')).toMatchObject({ code: 'MODEL_REFUSED', retryable: false });
  });

  /** A child whose device does what `device` says of each row; its CPU always works. */
  function childWith(device: (rows: number) => RowResult[] | RemitError) {
    const asked: string[] = [];
    const slot: ChildSlot = {
      backends: [],
      pid: 1,
      close: () => Promise.resolve(),
      request: (request) => {
        const inputs = 'inputs' in request ? request.inputs : [];
        asked.push(`${request.provider} ${inputs.length}`);
        const rows = request.provider === 'cpu' ? inputs.map((output) => ({ output })) : device(inputs.length);
        if (rows instanceof RemitError) return Promise.reject(rows);
        const reply: RunReply = { rows, loadMs: 0, runMs: 1, childMs: 1 };
        return Promise.resolve(reply as never);
      },
    };
    const queue = createRunQueue(
      { batch: { maxSize: 8, maxDelayMs: 0 } },
      { slots: [slot], clock: new ManualClock(), logger: silentLogger },
    );
    const source = { key: 'k', path: '/k' };
    const order = { source, provider: 'cuda', session: 's', stack: true, maxJoined: 8, signal: never() };
    const run = (given: number) => queue.run({ ...order, input: Uint8Array.of(given) });
    return { asked, run };
  }
  const lost = toWireError(new Error(GAVE_UP[0][1]), 'cuda');

  it.each([
    ['in every row', (rows: number): RowResult[] => Array.from({ length: rows }, () => ({ error: lost }))],
    ['as a whole', (): RemitError => fromWireError(lost)],
  ])(
    'every run of a batch that failed %s is repeated on the CPU, alone; the next one tries the device',
    async (_, device) => {
      const { asked, run } = childWith(device);
      const outputs = await Promise.all([run(1), run(2), run(3)]);
      expect(outputs.map(({ output }) => [...output])).toEqual([[1], [2], [3]]);
      expect(asked.filter((one) => one === 'cpu 1')).toHaveLength(3);
      expect(asked.filter((one) => one.startsWith('cpu')).length).toBe(3);
      await run(4);
      expect(asked.at(-2)).toBe('cuda 1');
    },
  );

  it('a model that cannot be loaded on its device for now may be loaded later, one without a device not', async () => {
    const cpu: LoadReply = {
      summary: { inputs: [], outputs: [], nodes: 1, opset: 17, parameters: 0, bytes: 0, estimatedPeakBytes: 0 },
      layout: { inputs: [], inputLength: 0, outputs: [], outputLength: 0 },
      ...{ loadMs: 1, warmUpMs: 1, proof: { nodes: { cpu: 1 }, runMs: 1 } },
    };
    const choose = (failure: Error) =>
      chooseProvider(
        { key: 'k', asked: 'cuda', platform: 'linux' },
        { attempt: (provider) => (provider === 'cpu' ? Promise.resolve(cpu) : Promise.reject(failure)) },
      );
    await expect(choose(fromWireError(lost))).rejects.toMatchObject({
      code: 'EXECUTION_PROVIDER_UNAVAILABLE',
      retryable: true,
    });
    await expect(choose(new Error('[cuda] backend not found.'))).rejects.toMatchObject({ retryable: false });
  });

  it('a job that meets it is attested by nobody, and comes again', async () => {
    const failed = await oneJob(() => Promise.reject(fromWireError(lost)));
    expect(failed).toMatchObject({ outcome: 'again: DEVICE_FAILED', attested: [], ended: [] });
    // The same job, when the device is back.
    const after = await oneJob(() => Promise.resolve(resultOf(encodeFloats([0.5]))));
    expect(after.attested).toHaveLength(1);
  });
});

async function runnerOf(options: OnnxRunnerOptions) {
  const ended: string[] = [];
  const runner = await createOnnxRunner(
    { provider: 'cpu', ...options },
    {
      clock: systemClock,
      logger: silentLogger,
      metrics: { ran: () => undefined, childEnded: (reason) => ended.push(reason) },
    },
  );
  onTestFinished(() => runner.close());
  const folder = await tempFolder();
  const load = async (bytes: Uint8Array) => runner.load(await modelFile(folder, bytes));
  const answers = async (key: string): Promise<number[]> => [
    ...decodeFloats((await runner.run(key, encodeFloats([1, 10]), never())).output),
  ];
  return { runner, ended, load, answers };
}

describe('F27 · a model never ends', () => {
  it('its process is killed at the wall limit, and the next run has another', async () => {
    const { ended, load, answers } = await runnerOf({ limits: { allowControlFlow: true }, loadTimeoutMs: 1_500 });
    const good = await load(smallModel());
    await expect(load(endlessLoop())).rejects.toMatchObject({ code: 'MODEL_TIMEOUT', retryable: false });
    expect(ended).toEqual(['failed']);
    expect(await answers(good.key)).toEqual([21, 43]);
  });

  it('no node admits it in the first place, because nobody admits control flow unasked', async () => {
    const { ended, load } = await runnerOf({});
    await expect(load(endlessLoop())).rejects.toMatchObject({ code: 'MODEL_FEATURE_UNSUPPORTED' });
    expect(ended).toEqual([]);
  });

  it.each(['MODEL_TIMEOUT', 'MODEL_MEMORY'])(
    'its job ends the same each time: refused by %s, never attested',
    async (code) => {
      const limit = new RemitError({ code, message: 'killed at the limit' });
      for (let time = 0; time < 2; time += 1)
        expect(await oneJob(() => Promise.reject(limit))).toEqual({
          outcome: undefined,
          attested: [],
          ended: [`refused ${code}`],
        });
    },
  );
});

describe('F31 · a hostile model', () => {
  let folder: string;
  let canaries: Canaries;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'remit-models-'));
    canaries = await plantCanaries(folder, createRandom(SEED));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it(
    'of every family reads no file, takes no more than it may, and leaves host and other models as they were',
    async () => {
      const rounds = effort({ test: 1, nightly: 10 });
      const files = rounds * FAMILIES.length;
      const report = createContainmentReport({ watchesReads: canaries.reads !== undefined });
      const settings = { memoryMib: 1_792, cacheMib: 512, loadSeconds: 2, runSeconds: 2 };
      const deps = { canaries, clock: systemClock, settings, time: () => performance.now() };
      const seen: Containment[] = [];
      for await (const one of containModels(writtenFiles({ files, seed: SEED, canaries }), deps)) {
        seen.push(one);
        report.add(one);
      }
      expect(report.end().missed, `REMIT_SEED=${SEED}`).toEqual([]);
      expect(seen).toHaveLength(files);
      // Not everything is stopped at the door: engine, wall limit and memory limit have had their share.
      const ends = new Set(seen.map(({ ended }) => ended));
      for (const end of [
        'MODEL_EXTERNAL_DATA',
        'MODEL_MALFORMED',
        'MODEL_REFUSED',
        'MODEL_MEMORY',
        'MODEL_TIMEOUT',
        'RAN',
      ])
        expect(ends, `REMIT_SEED=${SEED}`).toContain(end);
    },
    effort({ test: 180_000, nightly: 1_800_000 }),
  );

  it('that fills the process it is kept in takes no memory from the models after it', async () => {
    const elements = 1_000_000;
    // Vectors are small; what lies in between has 400 MB, which the engine keeps.
    const wide = (rows: number): Uint8Array =>
      onnxModel({
        node: [
          node('Tile', ['x', 'times'], ['wide']),
          node('ReduceSum', ['wide'], ['y'], [intAttribute('keepdims', 0)]),
        ],
        input: [value('x', [rows, elements / rows])],
        output: [value('y', [])],
        initializer: [int64s('times', [1, 100])],
      });
    const { ended, load } = await runnerOf({ memoryBytes: 1_950 * 2 ** 20, heapMib: 256 });
    await load(wide(1));
    expect(await load(wide(2))).toMatchObject({ layout: { inputLength: elements } });
    expect(ended.length).toBeGreaterThan(0);
  });
});
