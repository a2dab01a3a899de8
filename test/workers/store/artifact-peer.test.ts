import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../workers/runtime/clock.ts';
import { silentLogger } from '../../../workers/runtime/logger.ts';
import { createHttpPeer, DEFAULT_PEER_LIMITS } from '../../../workers/store/artifact-peer.ts';
import { createArtifactStore } from '../../../workers/store/artifact-store.ts';
import { nameOfBytes } from '../../../workers/store/blob-name.ts';
import { startPeer } from '../../support/peer.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const deps = { clock: systemClock, logger: silentLogger };
const HELLO = Buffer.from('hello');
const { contentId } = nameOfBytes(HELLO);
// Tight only where a peer is meant to fail by it: a busy machine must not make an honest peer slow.
const IMPATIENT = { minBytesPerSecond: 100_000, windowMs: 300, totalMs: 1_000 };

async function storeWith(peers: readonly string[], { maxBytes = 1_000_000, peerLimits = DEFAULT_PEER_LIMITS } = {}) {
  const folder = await tempFolder();
  const store = await createArtifactStore({ folder, peers, peerLimits, maxBytes }, deps);
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

describe('a hostile peer', () => {
  it('that gives other bytes is left for the next one, and they are never visible', async () => {
    const liar = await startPeer((_, response) => response.end('jello'));
    const honest = await startPeer((_, response) => response.end(HELLO));
    const { store } = await storeWith([liar.url, honest.url]);
    expect(Buffer.from(await store.get(contentId)).toString()).toBe('hello');

    const alone = await storeWith([liar.url]);
    await expect(alone.store.get(contentId)).rejects.toMatchObject({ code: 'BLOB_HASH_MISMATCH', retryable: true });
    expect(await alone.leftovers()).toEqual([[], []]);
  });

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
    const { store } = await storeWith([loris.url], { peerLimits: IMPATIENT });
    await expect(store.get(contentId)).rejects.toMatchObject({
      code: 'BLOB_UNAVAILABLE',
      message: expect.stringContaining('bytes/s') as string,
    });
    const honest = await startPeer((_, response) => response.end(HELLO));
    const both = await storeWith([loris.url, honest.url], { peerLimits: IMPATIENT });
    expect(Buffer.from(await both.store.get(contentId)).toString()).toBe('hello');
  });

  it('that accepts the connection and says nothing is left', async () => {
    const mute = await startPeer(() => undefined);
    const { store } = await storeWith([mute.url], { peerLimits: IMPATIENT });
    await expect(store.get(contentId)).rejects.toMatchObject({
      code: 'BLOB_UNAVAILABLE',
      message: expect.stringContaining('sent 0 bytes/s') as string,
    });
  });

  it('that is just fast enough still ends at the total time', async () => {
    const pouring: NodeJS.Timeout[] = [];
    const peer = await startPeer((_, response) => {
      pouring.push(setInterval(() => response.write(Buffer.alloc(20_000)), 10));
      response.on('close', () => {
        pouring.forEach((timer) => {
          clearInterval(timer);
        });
      });
    });
    const { store } = await storeWith([peer.url], { maxBytes: 1e9, peerLimits: IMPATIENT });
    await expect(store.get(contentId)).rejects.toMatchObject({
      code: 'BLOB_UNAVAILABLE',
      message: expect.stringContaining('not done after 1000 ms') as string,
    });
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

  it('that redirects is not followed', async () => {
    const target = await startPeer((_, response) => response.end(HELLO));
    const peer = await startPeer((_, response) => response.writeHead(302, { location: target.url }).end());
    const { store } = await storeWith([peer.url]);
    await expect(store.get(contentId)).rejects.toMatchObject({
      message: expect.stringContaining('answered HTTP 302') as string,
    });
    expect(target.asked).toEqual([]);
  });

  it('that hangs up in the middle is left', async () => {
    const peer = await startPeer((_, response) => {
      response.writeHead(200, { 'content-length': 5 });
      response.write('he', () => response.destroy());
    });
    const { store, leftovers } = await storeWith([peer.url]);
    await expect(store.get(contentId)).rejects.toMatchObject({ code: 'BLOB_UNAVAILABLE' });
    expect(await leftovers()).toEqual([[], []]);
  });
});

describe('the address of a peer', () => {
  it.each(['', 'localhost:80', 'ftp://host', 'http://user:secret@host', 'http://host/?a=1', 'http://host/#a'])(
    '%j is refused at start',
    (url) => {
      expect(() => createHttpPeer({ url }, deps)).toThrow(
        expect.objectContaining({ code: 'PEER_URL_INVALID', retryable: false }),
      );
      expect(() => createHttpPeer({ url }, deps)).not.toThrow(/secret/);
    },
  );

  it('may have a path', async () => {
    const peer = await startPeer((_, response) => response.end(HELLO));
    const { store } = await storeWith([`${peer.url}/store`]);
    await store.get(contentId);
    expect(peer.asked).toEqual([`/store/blobs/${contentId}`]);
  });

  it('may be https: then a peer without a certificate fails', async () => {
    const peer = await startPeer((_, response) => response.end(HELLO));
    const { store } = await storeWith([peer.url.replace('http:', 'https:')]);
    await expect(store.get(contentId)).rejects.toMatchObject({ code: 'BLOB_UNAVAILABLE' });
  });
});
