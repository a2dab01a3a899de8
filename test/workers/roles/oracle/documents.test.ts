import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Hex32 } from '../../../../workers/protocol/ids.ts';
import { createDocuments } from '../../../../workers/roles/oracle/documents.ts';
import { createSightings } from '../../../../workers/roles/oracle/sightings.ts';
import { sourcesDigest } from '../../../../workers/sources/sources-document.ts';
import { RemitError } from '../../../../workers/runtime/errors.ts';
import { tempFolder } from '../../../support/temp-folder.ts';

const document = (name: string, decimals = 8): Uint8Array =>
  new TextEncoder().encode(
    JSON.stringify({
      format: 'remit-sources/1',
      name,
      decimals,
      minimum: 1,
      outlierBps: 100,
      sources: [{ preset: 'coinbase', base: 'ETH', quote: 'USD' }],
    }),
  );
const digestOf = (bytes: Uint8Array): Hex32 => sourcesDigest(bytes) as Hex32;
const { signal } = new AbortController();

function storeOf(...blobs: readonly Uint8Array[]) {
  const asked: [string, number | undefined][] = [];
  return {
    asked,
    get: async (digest: Hex32, { maxBytes }: { readonly maxBytes?: number } = {}) => {
      asked.push([digest, maxBytes]);
      const found = blobs.find((bytes) => digestOf(bytes) === digest);
      if (!found) throw new RemitError({ code: 'BLOB_UNAVAILABLE', message: 'nobody has it', retryable: true });
      return Buffer.from(found);
    },
  };
}

describe('documents', () => {
  it('are found in the folder by their digest, whatever they are called', async () => {
    const folder = await tempFolder();
    await writeFile(join(folder, 'a.json'), document('another'));
    await writeFile(join(folder, 'broken.json'), '{');
    await writeFile(join(folder, 'notes.txt'), document('wanted'));
    await writeFile(join(folder, 'z.json'), document('wanted'));
    const blobs = storeOf();
    const found = await createDocuments({ folder }, { blobs }).find(digestOf(document('wanted')), signal);
    expect(found.name).toBe('wanted');
    expect(blobs.asked).toEqual([]);
  });

  it('are found in a folder that has a folder with such a name', async () => {
    const folder = await tempFolder();
    await mkdir(join(folder, 'archive.json'));
    await writeFile(join(folder, 'z.json'), document('wanted'));
    const found = await createDocuments({ folder }, { blobs: storeOf() }).find(digestOf(document('wanted')), signal);
    expect(found.name).toBe('wanted');
  });

  it('are looked for in the store otherwise, with a limit, and kept', async () => {
    const folder = await tempFolder();
    const blobs = storeOf(document('wanted'));
    const documents = createDocuments({ folder }, { blobs });
    const digest = digestOf(document('wanted'));
    expect((await documents.find(digest, signal)).name).toBe('wanted');
    await rm(folder, { recursive: true });
    expect((await documents.find(digest, signal)).name).toBe('wanted');
    expect(blobs.asked).toEqual([[digest, 65_536]]);
  });

  it('are looked for in the store when the folder is missing', async () => {
    const documents = createDocuments({ folder: '/nowhere/at/all' }, { blobs: storeOf(document('wanted')) });
    expect((await documents.find(digestOf(document('wanted')), signal)).name).toBe('wanted');
  });

  it('are asked for by name when nobody has them, and found when they have come', async () => {
    const folder = await tempFolder();
    const documents = createDocuments({ folder }, { blobs: storeOf() });
    const digest = digestOf(document('wanted'));
    await expect(documents.find(digest, signal)).rejects.toMatchObject({
      code: 'SOURCES_MISSING',
      retryable: true,
      fix: expect.stringContaining('REMIT_SOURCES_FOLDER') as string,
    });
    await writeFile(join(folder, 'late.json'), document('wanted'));
    expect((await documents.find(digest, signal)).name).toBe('wanted');
  });

  it('are refused when they are none', async () => {
    const bytes = new TextEncoder().encode('{"format":"remit-sources/2"}');
    await expect(
      createDocuments({ folder: undefined }, { blobs: storeOf(bytes) }).find(digestOf(bytes), signal),
    ).rejects.toMatchObject({
      code: 'SOURCE_DOCUMENT_INVALID',
    });
  });

  it('end their search when told to', async () => {
    const stop = new AbortController();
    stop.abort(new Error('shutting down'));
    await expect(
      createDocuments({ folder: undefined }, { blobs: storeOf() }).find(digestOf(document('x')), stop.signal),
    ).rejects.toThrow('shutting down');
  });
});

describe('sightings', () => {
  const observed: string[] = [];
  const sightings = createSightings({
    documents: createDocuments({ folder: undefined }, { blobs: storeOf(document('feed')) }),
    sources: {
      observe: async ({ name }) => {
        observed.push(name);
        return { value: 5n, sources: [] };
      },
    },
  });

  it('are of the document of the feed, or of the one that came with the question', async () => {
    expect(await sightings.ofFeed(digestOf(document('feed')), signal)).toMatchObject({ value: 5n });
    expect(await sightings.ofSpec(document('question', 6), 6, signal)).toMatchObject({ value: 5n });
    expect(observed).toEqual(['feed', 'question']);
  });

  it('are refused to a question whose answer would be misread', async () => {
    await expect(sightings.ofSpec(document('question', 6), 8, signal)).rejects.toMatchObject({
      code: 'SOURCE_DOCUMENT_INVALID',
      fix: 'ask with a document of 8 decimals',
    });
  });
});
