import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Confinement } from '../../workers/inference/confinement.ts';
import { createOnnxRunner } from '../../workers/inference/model-runner.ts';
import type { OnnxRunnerOptions } from '../../workers/inference/runner-options.ts';
import { decodeFloats, encodeFloats, encodeInts } from '../../workers/protocol/vector.ts';
import { systemClock } from '../../workers/runtime/clock.ts';
import { silentLogger } from '../../workers/runtime/logger.ts';
import { createArtifactStore } from '../../workers/store/artifact-store.ts';
import { hiddenBomb, modelFile, smallModel } from '../support/onnx-builder.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { until } from '../support/until.ts';

const MIB = 2 ** 20;
const never = new AbortController().signal;
const SERVER = new URL('serve-blobs.ts', import.meta.url).pathname;

async function runnerWith(options: OnnxRunnerOptions, confinement?: Confinement) {
  const ended: string[] = [];
  const runner = await createOnnxRunner(
    { provider: 'cpu', ...options },
    {
      clock: systemClock,
      logger: silentLogger,
      metrics: { ran: () => undefined, childEnded: (reason) => ended.push(reason) },
      ...(confinement && { confinement }),
    },
  );
  onTestFinished(() => runner.close());
  const folder = await tempFolder();
  return {
    ended,
    load: async (bytes: Uint8Array) => (await runner.load(await modelFile(folder, bytes))).key,
    run: async (key: string, input: Uint8Array) => [...decodeFloats((await runner.run(key, input, never)).output)],
  };
}

const openFiles = async (): Promise<number> => (await readdir('/proc/self/fd')).length;
const childFolders = async (): Promise<number> =>
  (await readdir(tmpdir())).filter((name) => name.startsWith('remit-onnx-')).length;

describe('F45 · files and memory run out', () => {
  it('a child is replaced after its share of runs: nothing of the old ones is left, and nobody notices', async () => {
    // Other tests start and end children of their own meanwhile.
    vi.stubEnv('TMPDIR', await tempFolder());
    onTestFinished(() => void vi.unstubAllEnvs());
    const { ended, load, run } = await runnerWith({ recycle: { runs: 3, rssGrowthBytes: 1e12 } });
    const model = await load(smallModel());
    expect(await run(model, encodeFloats([1, 10]))).toEqual([21, 43]);
    const files = await openFiles();
    for (let n = 0; n < 12; n += 1) expect(await run(model, encodeFloats([1, 10]))).toEqual([21, 43]);
    expect(ended.length).toBeGreaterThanOrEqual(4);
    expect(new Set(ended)).toEqual(new Set(['recycled']));
    // One child comes and one goes: a handful of descriptors either way, whatever the number of children so far.
    expect(Math.abs((await openFiles()) - files)).toBeLessThanOrEqual(8);
    expect(await childFolders()).toBeLessThanOrEqual(1);
  });

  it('a child that grows is replaced before it is a danger', async () => {
    const { ended, load, run } = await runnerWith({ recycle: { runs: 1_000, rssGrowthBytes: 1 } });
    const model = await load(smallModel());
    // Sooner or later it has a byte more than it had.
    for (let n = 0; n < 200 && ended.length === 0; n += 1)
      expect(await run(model, encodeFloats([1, 10]))).toEqual([21, 43]);
    expect(ended.length).toBeGreaterThan(0);
    expect(new Set(ended)).toEqual(new Set(['recycled']));
  });

  it('a child whose memory is bounded by the system says so, and the next run has a new one', async () => {
    const { load, run } = await runnerWith({ memoryBytes: 1_200 * MIB, heapMib: 256 });
    const [good, bomb] = [await load(smallModel()), await load(hiddenBomb())];
    await expect(run(bomb, encodeInts([60_000, 60_000]))).rejects.toMatchObject({ code: 'MODEL_MEMORY' });
    expect(await run(bomb, encodeInts([2, 2]))).toEqual([0]);
    expect(await run(good, encodeFloats([1, 10]))).toEqual([21, 43]);
  });

  it('a child that nothing bounds is watched and killed', async () => {
    const { ended, load, run } = await runnerWith({ memoryBytes: 500 * MIB }, { prefix: [], holds: [] });
    const [good, bomb] = [await load(smallModel()), await load(hiddenBomb())];
    await expect(run(bomb, encodeInts([30_000, 30_000]))).rejects.toMatchObject({
      code: 'MODEL_MEMORY',
      message: expect.stringMatching(/bytes are resident/) as string,
    });
    expect(new Set(ended)).toEqual(new Set(['failed']));
    expect(await run(good, encodeFloats([1, 10]))).toEqual([21, 43]);
  });

  it('a server with 64 files lives through 300 callers, and answers when they are gone', async () => {
    const folder = await tempFolder();
    const store = await createArtifactStore({ folder }, { clock: systemClock, logger: silentLogger });
    const { contentId } = await store.put(Buffer.alloc(100_000, 7));
    const server = spawn('prlimit', ['--nofile=64:64', '--', process.execPath, SERVER, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void server.kill('SIGKILL'));
    const urls = createInterface(server.stdout)[Symbol.asyncIterator]();
    const { url } = JSON.parse(String((await urls.next()).value)) as { readonly url: string };
    const port = Number(new URL(url).port);
    const fetched = async (): Promise<number> =>
      (await (await fetch(`${url}/blobs/${contentId}`)).arrayBuffer()).byteLength;
    expect(await fetched()).toBe(100_000);

    const callers: Socket[] = [];
    let refused = 0;
    for (let n = 0; n < 300; n += 1) {
      const caller = connect(port, '127.0.0.1', () => caller.write(`GET /blobs/${contentId} HTTP/1.1\r\nHost: a\r\n`));
      caller.on('error', () => undefined);
      caller.on('close', () => (refused += 1));
      callers.push(caller);
    }
    await until(() => refused > 200, { what: 'callers turned away', deadlineMs: 20_000 });
    expect(server.exitCode).toBeNull();
    for (const caller of callers) caller.destroy();
    const served = await until(() => fetched().catch(() => undefined), { what: 'an answer', deadlineMs: 15_000 });
    expect(served).toBe(100_000);
    server.kill('SIGKILL');
    await once(server, 'exit');
  });
});
