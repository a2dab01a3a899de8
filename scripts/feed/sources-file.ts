import { readFile } from 'node:fs/promises';
import { sha256Of } from '../../workers/protocol/content-id.ts';
import type { Hex32 } from '../../workers/protocol/ids.ts';
import { messageOf, RemitError } from '../../workers/runtime/errors.ts';
import { parseSourcesDocument, type SourcesDocument } from '../../workers/sources/sources-document.ts';

/** A sources document as it lies on disk. */
export interface SourcesFile {
  /** as they are: their sha2-256 is the digest */
  readonly bytes: Uint8Array;
  readonly digest: Hex32;
  readonly document: SourcesDocument;
}

/** @throws RemitError `SOURCES_FILE_UNREADABLE`, `SOURCE_DOCUMENT_INVALID` */
export async function readSourcesFile(file: string): Promise<SourcesFile> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw unreadable(file, error);
  });
  return { bytes, digest: sha256Of(bytes), document: parseSourcesDocument(bytes) };
}

function unreadable(file: string, cause: unknown): RemitError {
  return new RemitError({
    code: 'SOURCES_FILE_UNREADABLE',
    message: `${file} cannot be read: ${messageOf(cause)}`,
    fix: 'give the path of a sources document; docs/DATA-NODES.md describes the format',
    context: { file },
    cause,
  });
}
