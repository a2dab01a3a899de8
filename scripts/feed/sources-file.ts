import { readFile } from 'node:fs/promises';
import { sha256Of } from '../../workers/protocol/content-id.ts';
import type { Hex32 } from '../../workers/protocol/ids.ts';
import { messageOf, RemitError } from '../../workers/runtime/errors.ts';

/** A sources document, and what a feed needs of it. */
export interface SourcesFile {
  /** as they are: their sha2-256 is the digest */
  readonly bytes: Uint8Array;
  readonly digest: Hex32;
  readonly name: string;
  readonly decimals: number;
}

const FORMAT = 'remit-sources/1';

/** @throws RemitError `SOURCES_FILE_UNREADABLE` */
export async function readSourcesFile(file: string): Promise<SourcesFile> {
  let bytes: Uint8Array;
  let found: unknown;
  try {
    bytes = await readFile(file);
    found = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw unreadable(file, messageOf(error), error);
  }
  const { format, name, decimals } = typeof found === 'object' && found !== null ? (found as Partial<Head>) : {};
  if (format !== FORMAT) throw unreadable(file, `its format is ${JSON.stringify(format)}, expected "${FORMAT}"`);
  if (typeof name !== 'string' || name === '') throw unreadable(file, 'it has no name');
  if (typeof decimals !== 'number' || !Number.isInteger(decimals) || decimals < 0 || decimals > 18) {
    throw unreadable(file, 'its decimals are no whole number from 0 to 18');
  }
  return { bytes, digest: sha256Of(bytes), name, decimals };
}

interface Head {
  readonly format: unknown;
  readonly name: unknown;
  readonly decimals: unknown;
}

function unreadable(file: string, why: string, cause?: unknown): RemitError {
  return new RemitError({
    code: 'SOURCES_FILE_UNREADABLE',
    message: `${file} is no sources document: ${why}`,
    fix: `give a JSON file of the format ${FORMAT}; docs/DATA-NODES.md describes it`,
    context: { file },
    cause,
  });
}
