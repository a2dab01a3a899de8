import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../workers/runtime/clock.ts';
import { silentLogger } from '../../../workers/runtime/logger.ts';
import { type ArtifactFetcher, createArtifactFetcher } from '../../../workers/store/artifact-fetcher.ts';
import { openArtifactFolder } from '../../../workers/store/artifact-folder.ts';
import { createHttpPeer } from '../../../workers/store/artifact-peer.ts';
import { nameOfBytes } from '../../../workers/store/blob-name.ts';
import { startPeer } from '../../support/peer.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const deps = { clock: systemClock, logger: silentLogger };
const HELLO = Buffer.from('hello');
const name = nameOfBytes(HELLO);

/** Whoever asks it has joined when the call returns; a store looks into its folder first, for as long as that takes. */
async function fetcherOf(url: string): Promise<ArtifactFetcher> {
  return createArtifactFetcher({
    folder: await openArtifactFolder(await tempFolder(), deps),
    peers: [createHttpPeer({ url }, deps)],
    logger: silentLogger,
  });
}

/** A peer that sends half of the blob, and the rest only if the test does. */
async function startHalf() {
  const begun = Promise.withResolvers<ServerResponse>();
  const closed = Promise.withResolvers<undefined>();
  const peer = await startPeer((_, response) => {
    response.write(HELLO.subarray(0, 2));
    response.on('close', () => {
      closed.resolve(undefined);
    });
    begun.resolve(response);
  });
  return { peer, begun: begun.promise, closed: closed.promise };
}

describe('a download', () => {
  it('is one for all who ask at the same time', async () => {
    const peer = await startPeer((_, response) => response.end(HELLO));
    const fetcher = await fetcherOf(peer.url);
    const all = await Promise.all([100, 100, 5].map((maxBytes) => fetcher.fetch(name, { maxBytes })));
    expect(all.map(({ size }) => size)).toEqual([5, 5, 5]);
    expect(peer.asked).toEqual([`/blobs/${name.contentId}`]);
  });

  it('goes on for the others when one who waits leaves', async () => {
    const { peer, begun } = await startHalf();
    const fetcher = await fetcherOf(peer.url);
    const leaves = new AbortController();
    const first = fetcher.fetch(name, { maxBytes: 5, signal: leaves.signal });
    const second = fetcher.fetch(name, { maxBytes: 5 });
    const response = await begun;
    leaves.abort(new Error('first left'));
    await expect(first).rejects.toThrow('first left');
    response.end(HELLO.subarray(2));
    expect(await second).toMatchObject({ size: 5 });
    expect(peer.asked).toHaveLength(1);
  });

  it('stops when the last has left', async () => {
    const { peer, begun, closed } = await startHalf();
    const fetcher = await fetcherOf(peer.url);
    const leave = [new AbortController(), new AbortController()];
    const waiting = leave.map(({ signal }) => fetcher.fetch(name, { maxBytes: 5, signal }));
    await begun;
    for (const [at, controller] of leave.entries()) {
      controller.abort(new Error('left'));
      await expect(waiting[at]).rejects.toThrow('left');
    }
    await closed;
    expect(peer.asked).toHaveLength(1);
  });
});
