import { readdir, truncate, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createModelShelf } from '../../workers/inference/model-shelf.ts';
import { modelIdOf } from '../../workers/protocol/model.ts';
import { type Clock, systemClock } from '../../workers/runtime/clock.ts';
import { silentLogger } from '../../workers/runtime/logger.ts';
import { DEFAULT_PEER_LIMITS, type PeerLimits } from '../../workers/store/artifact-peer.ts';
import { createArtifactStore } from '../../workers/store/artifact-store.ts';
import { nameOfBytes } from '../../workers/store/blob-name.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startPeer } from '../support/peer.ts';
import { oneJob } from '../support/one-job.ts';
import { failure, specOf } from '../support/role-jobs.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { until } from '../support/until.ts';

const deps = { clock: systemClock, logger: silentLogger };
const HELLO = Buffer.from('hello');
const { contentId, digest } = nameOfBytes(HELLO);
const { windowMs } = DEFAULT_PEER_LIMITS;

interface StoreOptions {
  readonly maxBytes?: number;
  readonly peerLimits?: PeerLimits;
  readonly clock?: Clock;
}

async function storeWith(
  peers: readonly string[],
  { maxBytes = 1_000_000, peerLimits = DEFAULT_PEER_LIMITS, clock = systemClock }: StoreOptions = {},
) {
  const folder = await tempFolder();
  const store = await createArtifactStore({ folder, peers, peerLimits, maxBytes }, { ...deps, clock });
  return {
    folder,
    store,
    leftovers: async () => [await readdir(join(folder, 'tmp')), await readdir(join(folder, 'blobs'))],
  };
}

/** Writes `chunk` for as long as the reader takes it. */
function pourForever(response: ServerResponse, chunk: Buffer): void {
  const pour = (): void => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', pour);
  pour();
}

describe('F28 · an artifact is not what its content id says: a peer', () => {
  it('that gives other bytes is left for the next one, and they are never visible', async () => {
    const liar = await startPeer((_, response) => response.end('jello'));
    const honest = await startPeer((_, response) => response.end(HELLO));
    const { store } = await storeWith([liar.url, honest.url]);
    expect(Buffer.from(await store.get(contentId)).toString()).toBe('hello');

    const alone = await storeWith([liar.url]);
    await expect(alone.store.get(contentId)).rejects.toMatchObject({ code: 'BLOB_HASH_MISMATCH', retryable: true });
    expect(await alone.leftovers()).toEqual([[], []]);
  });

  it('that gives another model is found out before anything parses it; the next peer is asked', async () => {
    const liar = await startPeer((_, response) => response.end('jello'));
    const { store } = await storeWith([liar.url]);
    const parsed: string[] = [];
    const spec = specOf(1, 1, { onnxSha256: digest });
    const shelf = createModelShelf({
      specs: { specOf: () => Promise.resolve(spec) },
      blobs: store,
      runner: {
        load: ({ path }) => {
          parsed.push(path);
          return Promise.reject(failure('MODEL_REFUSED'));
        },
      },
      logger: silentLogger,
    });
    const { signal } = new AbortController();
    const opened = () => shelf.open(modelIdOf(spec), signal);
    // Not remembered: a peer may have the real one later.
    for (let time = 0; time < 2; time += 1)
      await expect(opened()).rejects.toMatchObject({ code: 'BLOB_HASH_MISMATCH' });
    expect(parsed).toEqual([]);
    expect(liar.asked).toHaveLength(2);
    await store.put(HELLO);
    await expect(opened()).rejects.toMatchObject({ code: 'MODEL_REFUSED' });
    expect(parsed).toHaveLength(1);
  });

  it('leaves the job waiting for a good one, without an attestation', async () => {
    const job = await oneJob(() => Promise.reject(failure('BLOB_HASH_MISMATCH', true)));
    expect(job).toMatchObject({ outcome: { why: 'BLOB_HASH_MISMATCH' }, attested: [], ended: [] });
  });
});

describe('F28 · an artifact is not what its content id says: a local file that went bad', () => {
  it('is quarantined and fetched again', async () => {
    const peer = await startPeer((_, response) => response.end(HELLO));
    const folder = await tempFolder();
    const store = await createArtifactStore({ folder, peers: [peer.url] }, deps);
    await store.put(HELLO);
    await writeFile(store.path(contentId), 'jello');
    expect(Buffer.from(await store.get(contentId)).toString()).toBe('hello');
    expect(await readdir(join(folder, 'quarantine'))).toHaveLength(1);
    await truncate(store.path(contentId), 2);
    expect((await store.locate(contentId)).size).toBe(5);
    expect(peer.asked).toHaveLength(2);
  });

  it('is not mistaken for a blob over the cap when it grew', async () => {
    const store = (await storeWith([])).store;
    await store.put(HELLO);
    await writeFile(store.path(contentId), 'hello and more');
    await expect(store.get(contentId, { maxBytes: 5 })).rejects.toMatchObject({ code: 'BLOB_UNAVAILABLE' });
    expect(await store.has(contentId)).toBe(false);
  });

  it('is never returned: without a peer the blob is unavailable', async () => {
    const store = (await storeWith([])).store;
    await store.put(HELLO);
    await writeFile(store.path(digest), 'jello');
    await expect(store.get(digest)).rejects.toMatchObject({ code: 'BLOB_UNAVAILABLE' });
  });
});

describe('F29 · an artifact never ends, or is a bomb: a peer', () => {
  it('that never ends is cut at the cap', async () => {
    let sent = 0;
    const peer = await startPeer((request, response) => {
      pourForever(response, Buffer.alloc(65_536, 1));
      request.socket.on('close', () => (sent = request.socket.bytesWritten));
    });
    const { store, leftovers } = await storeWith([peer.url]);
    await expect(store.get(contentId)).rejects.toMatchObject({ code: 'BLOB_TOO_LARGE' });
    expect(await leftovers()).toEqual([[], []]);
    expect(sent).toBeLessThan(20_000_000);
  });

  it('that declares too much is refused before the body', async () => {
    const peer = await startPeer((_, response) => response.writeHead(200, { 'content-length': 1e12 }).write('x'));
    const { store } = await storeWith([peer.url]);
    await expect(store.get(contentId)).rejects.toMatchObject({
      code: 'BLOB_TOO_LARGE',
      message: expect.stringContaining('1000000000000') as string,
    });
  });

  it('that never ends does not hide a blob that another peer may have', async () => {
    const endless = await startPeer((_, response) => {
      pourForever(response, Buffer.alloc(65_536, 1));
    });
    const { store } = await storeWith([endless.url, 'http://127.0.0.1:1']);
    await expect(store.get(contentId)).rejects.toMatchObject({ code: 'BLOB_UNAVAILABLE', retryable: true });
  });

  it('that sends a gzip bomb is refused: no encoding is accepted, so nothing can expand', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const headers: string[] = [];
    const peer = await startPeer((request, response) => {
      headers.push(String(request.headers['accept-encoding']));
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    });
    const { store, leftovers } = await storeWith([peer.url]);
    await expect(store.get(contentId)).rejects.toMatchObject({
      code: 'BLOB_UNAVAILABLE',
      message: expect.stringContaining('encoded as gzip') as string,
    });
    expect(headers).toEqual(['identity']);
    expect(await leftovers()).toEqual([[], []]);
  });
});

describe('F30 · an artifact is withheld, or comes a byte a second: a peer', () => {
  it('that drips bytes is left when it is slower than the least rate', async () => {
    const dripping: NodeJS.Timeout[] = [];
    const loris = await startPeer((_, response) => {
      response.writeHead(200, { 'content-length': 10_000 });
      dripping.push(setInterval(() => response.write('h'), 50));
      response.on('close', () => {
        dripping.forEach((timer) => {
          clearInterval(timer);
        });
      });
    });
    const clock = new ManualClock();
    const { store } = await storeWith([loris.url], { clock });
    const refused = expect(store.get(contentId)).rejects.toMatchObject({
      code: 'BLOB_UNAVAILABLE',
      message: expect.stringContaining('bytes/s') as string,
    });
    await until(() => loris.asked.length === 1);
    await clock.advance(windowMs);
    await refused;
    const honest = await startPeer((_, response) => response.end(HELLO));
    const both = await storeWith([loris.url, honest.url], { clock });
    const got = both.store.get(contentId);
    await until(() => loris.asked.length === 2);
    await clock.advance(windowMs);
    expect(Buffer.from(await got).toString()).toBe('hello');
  });

  it('that accepts the connection and says nothing is left', async () => {
    const mute = await startPeer(() => undefined);
    const clock = new ManualClock();
    const { store } = await storeWith([mute.url], { clock });
    const refused = expect(store.get(contentId)).rejects.toMatchObject({
      code: 'BLOB_UNAVAILABLE',
      message: expect.stringContaining('sent 0 bytes/s') as string,
    });
    await until(() => mute.asked.length === 1);
    await clock.advance(windowMs);
    await refused;
  });

  it('that is fast enough still ends at the total time', async () => {
    const pouring: NodeJS.Timeout[] = [];
    const peer = await startPeer((_, response) => {
      pouring.push(setInterval(() => response.write(Buffer.alloc(20_000)), 10));
      response.on('close', () => {
        pouring.forEach((timer) => {
          clearInterval(timer);
        });
      });
    });
    // Any rate is fast enough, so that a machine that stands still for a moment does not make this one slow.
    const peerLimits = { minBytesPerSecond: 0, windowMs: 300, totalMs: 1_000 };
    const { store } = await storeWith([peer.url], { maxBytes: 1e9, peerLimits });
    await expect(store.get(contentId)).rejects.toMatchObject({
      code: 'BLOB_UNAVAILABLE',
      message: expect.stringContaining('not done after 1000 ms') as string,
    });
  });

  it('leaves the job waiting until its deadline, and nobody is blamed for an answer that was never given', async () => {
    const job = await oneJob(() => Promise.reject(failure('BLOB_UNAVAILABLE', true)));
    expect(job).toMatchObject({ outcome: { why: 'BLOB_UNAVAILABLE' }, attested: [], ended: [] });
  });
});
