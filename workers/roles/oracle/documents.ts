import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { contentIdOf } from '../../protocol/content-id.ts';
import type { Hex32 } from '../../protocol/ids.ts';
import { RemitError } from '../../runtime/errors.ts';
import { parseSourcesDocument, type SourcesDocument, sourcesDigest } from '../../sources/sources-document.ts';
import type { ArtifactStore } from '../../store/artifact-store.ts';

/** Finds sources documents by their digest; a document that was found is kept, for it cannot change. */
export interface Documents {
  /** @throws RemitError `SOURCES_MISSING`, `SOURCE_DOCUMENT_INVALID` */
  find(digest: Hex32, signal: AbortSignal): Promise<SourcesDocument>;
}

/** A document is small. */
const BYTES_MAX = 64 * 1_024;

/** Looks in `folder` first, whatever the files are called, then in the store. */
export function createDocuments(
  { folder }: { readonly folder: string | undefined },
  { blobs }: { readonly blobs: Pick<ArtifactStore, 'get'> },
): Documents {
  const found = new Map<Hex32, SourcesDocument>();

  async function inFolder(digest: Hex32): Promise<Uint8Array | undefined> {
    if (folder === undefined) return undefined;
    // What cannot be read is not the document: another file may be, or the store may have it.
    for (const name of await readdir(folder).catch(() => [])) {
      if (!name.endsWith('.json')) continue;
      const bytes = await readFile(join(folder, name)).catch(() => undefined);
      if (bytes && sourcesDigest(bytes) === digest) return bytes;
    }
    return undefined;
  }

  async function inStore(digest: Hex32, signal: AbortSignal): Promise<Uint8Array> {
    try {
      return await blobs.get(digest, { maxBytes: BYTES_MAX, signal });
    } catch (cause) {
      signal.throwIfAborted();
      throw new RemitError({
        code: 'SOURCES_MISSING',
        message: `the sources document ${contentIdOf(digest)} is neither in ${folder ?? 'a folder of sources (none is set)'} nor in the store`,
        fix: 'ask the steward of the feed for the document, put it into REMIT_SOURCES_FOLDER, and check it with ./dev feed sources FILE',
        retryable: true,
        context: { digest, folder },
        cause,
      });
    }
  }

  return {
    async find(digest, signal) {
      const known = found.get(digest);
      if (known) return known;
      const document = parseSourcesDocument((await inFolder(digest)) ?? (await inStore(digest, signal)));
      found.set(digest, document);
      return document;
    },
  };
}
