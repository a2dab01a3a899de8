import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Hex32 } from '../../../workers/protocol/ids.ts';
import { createHttpPeer } from '../../../workers/store/artifact-peer.ts';
import { createArtifactServer } from '../../../workers/store/artifact-server.ts';
import { createTraceFolder } from '../../../workers/store/trace-folder.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { recordingLogger } from '../../support/role-jobs.ts';

const root = `0x${createHash('sha256').update('a').digest('hex')}` as Hex32;
const trace = new Uint8Array(70_000).map((_, at) => at % 251);
const { signal } = new AbortController();
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'remit-traces-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

it('a trace is kept by its root and gone once it is removed', async () => {
  const traces = createTraceFolder(folder);
  expect(await traces.read(root)).toBeUndefined();
  await traces.put(root, trace);
  await traces.put(root, trace);
  expect(Buffer.from((await traces.read(root)) ?? []).equals(trace)).toBe(true);
  expect(readdirSync(join(folder, 'traces'))).toEqual([root.slice(2)]);
  await traces.remove(root);
  await traces.remove(root);
  expect(await traces.read(root)).toBeUndefined();
});

it('a trace is served to peers by its root while it is kept, whole, and never more of it than the reader wants', async () => {
  const deps = { clock: new ManualClock(), logger: recordingLogger() };
  const server = createArtifactServer({ folder, host: '127.0.0.1', port: 0 }, deps);
  await server.start(signal);
  try {
    const peer = createHttpPeer({ url: server.url() }, deps);
    const read = async (maxBytes: number): Promise<Buffer> => {
      const parts: Uint8Array[] = [];
      for await (const part of peer.readTrace(root, { maxBytes, signal })) parts.push(part);
      return Buffer.concat(parts);
    };
    await expect(read(trace.length)).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' });
    await createTraceFolder(folder).put(root, trace);
    expect((await read(trace.length)).equals(trace)).toBe(true);
    await expect(read(trace.length - 1)).rejects.toMatchObject({ code: 'BLOB_TOO_LARGE' });
  } finally {
    await server.stop();
  }
});
