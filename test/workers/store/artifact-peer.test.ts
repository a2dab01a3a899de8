import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
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

async function storeWith(peers: readonly string[], { maxBytes = 1_000_000, peerLimits = DEFAULT_PEER_LIMITS } = {}) {
  const folder = await tempFolder();
  const store = await createArtifactStore({ folder, peers, peerLimits, maxBytes }, deps);
  return {
    folder,
    store,
    leftovers: async () => [await readdir(join(folder, 'tmp')), await readdir(join(folder, 'blobs'))],
  };
}

describe('a hostile peer', () => {
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
