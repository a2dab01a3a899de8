import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../workers/runtime/clock.ts';
import { silentLogger } from '../../../workers/runtime/logger.ts';
import { createArtifactServer } from '../../../workers/store/artifact-server.ts';
import { createArtifactStore, type ArtifactStore } from '../../../workers/store/artifact-store.ts';
import { startPeer } from '../../support/peer.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const deps = { clock: systemClock, logger: silentLogger };
const HELLO = Buffer.from('hello');
// `printf hello | sha256sum`, and the CID that `ipfs add --cid-version=1 --raw-leaves` prints for it.
const HELLO_DIGEST = '0x2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';
const HELLO_CID = 'bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq';

async function localStore(peers: readonly string[] = []): Promise<ArtifactStore> {
  return createArtifactStore({ folder: await tempFolder(), peers }, deps);
}

describe('put and get', () => {
  it('names a blob by its sha2-256, as content id and as digest, and finds it by either', async () => {
    const store = await localStore();
    expect(await store.has(HELLO_CID)).toBe(false);
    expect(await store.put(HELLO)).toEqual({ contentId: HELLO_CID, digest: HELLO_DIGEST, size: 5 });
    expect(await store.has(HELLO_CID)).toBe(true);
    expect(Buffer.from(await store.get(HELLO_CID)).toString()).toBe('hello');
    expect(Buffer.from(await store.get(HELLO_DIGEST.toUpperCase().replace('0X', '0x'))).toString()).toBe('hello');
    expect(await readFile(store.path(HELLO_DIGEST), 'utf8')).toBe('hello');
    expect(await store.locate(HELLO_CID)).toEqual({
      contentId: HELLO_CID,
      digest: HELLO_DIGEST,
      size: 5,
      path: store.path(HELLO_CID),
    });
  });

  it('keeps a stream, the empty blob, and the same bytes twice', async () => {
    const store = await localStore();
    const chunks = (async function* () {
      yield await Promise.resolve(Buffer.from('hel'));
      yield Buffer.from('lo');
    })();
    expect((await store.put(chunks)).contentId).toBe(HELLO_CID);
    expect((await store.put(HELLO)).contentId).toBe(HELLO_CID);
    const empty = await store.put(new Uint8Array(0));
    expect(await store.get(empty.digest)).toHaveLength(0);
  });

  it('refuses more bytes than asked for and leaves nothing of them', async () => {
    const folder = await tempFolder();
    const store = await createArtifactStore({ folder }, deps);
    await expect(store.put(HELLO, { maxBytes: 4 })).rejects.toMatchObject({ code: 'BLOB_TOO_LARGE', retryable: false });
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
    expect(await store.has(HELLO_CID)).toBe(false);
    await store.put(HELLO, { maxBytes: 5 });
    await expect(store.get(HELLO_CID, { maxBytes: 4 })).rejects.toMatchObject({ code: 'BLOB_TOO_LARGE' });
    await expect(store.locate(HELLO_CID, { maxBytes: 4 })).rejects.toMatchObject({ code: 'BLOB_TOO_LARGE' });
  });

  it('leaves nothing when the source fails half-way or the caller aborts', async () => {
    const folder = await tempFolder();
    const store = await createArtifactStore({ folder }, deps);
    const aborting = new AbortController();
    async function* cut(): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(HELLO);
      aborting.abort(new Error('enough'));
      yield HELLO;
    }
    await expect(store.put(cut(), { signal: aborting.signal })).rejects.toThrow('enough');
    await expect(store.get(HELLO_CID, { signal: aborting.signal })).rejects.toThrow('enough');
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
    expect(await readdir(join(folder, 'blobs'))).toEqual([]);
  });

  it.each([
    '',
    '../../etc/passwd',
    'bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq/../x',
    HELLO_CID.toUpperCase(),
    'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG',
    '0x12',
    `0x${'g'.repeat(64)}`,
  ])('refuses %j as a name before it touches the disk', async (name) => {
    const store = await localStore();
    await expect(store.get(name)).rejects.toMatchObject({
      code: expect.stringMatching(/^(CONTENT_ID|HEX32)_MALFORMED$/) as string,
    });
    await expect(store.has(name)).rejects.toMatchObject({ retryable: false });
    expect(() => store.path(name)).toThrow();
  });
});

describe('a blob that is not here', () => {
  it('is unavailable, and worth another try, when nobody has it', async () => {
    const peer = await startPeer((_, response) => response.writeHead(404).end());
    const store = await localStore([peer.url]);
    const error = {
      code: 'BLOB_UNAVAILABLE',
      retryable: true,
      message: expect.stringContaining('does not have the blob') as string,
    };
    await expect(store.get(HELLO_CID)).rejects.toMatchObject(error);
    expect(peer.asked).toEqual([`/blobs/${HELLO_CID}`]);
    await expect((await localStore()).get(HELLO_CID)).rejects.toMatchObject({ code: 'BLOB_UNAVAILABLE' });
  });

  it('comes from a peer that is a store itself, and is then local', async () => {
    const folder = await tempFolder();
    const bytes = Buffer.alloc(3_000_000, 'remit');
    const { contentId } = await (await createArtifactStore({ folder }, deps)).put(bytes);
    const server = createArtifactServer({ folder, host: '127.0.0.1', port: 0 }, deps);
    await server.start(new AbortController().signal);
    const store = await localStore([server.url()]);
    expect(bytes.equals(await store.get(contentId))).toBe(true);
    await server.stop();
    expect(bytes.equals(await store.get(contentId))).toBe(true);
  });

  it('has a download of its own for a caller with a larger cap', async () => {
    const peer = await startPeer((_, response) => response.end(HELLO));
    const store = await localStore([peer.url]);
    const [small, large] = await Promise.allSettled([
      store.get(HELLO_CID, { maxBytes: 4 }),
      store.get(HELLO_CID, { maxBytes: 5 }),
    ]);
    expect(small).toMatchObject({ status: 'rejected', reason: { code: 'BLOB_TOO_LARGE' } });
    expect(large).toMatchObject({ status: 'fulfilled' });
  });
});
