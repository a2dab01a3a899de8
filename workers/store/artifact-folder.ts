import { createReadStream } from 'node:fs';
import { mkdir, open as openFile, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import { publish, writeDurably } from './artifact-durable.ts';
import { blobTooLarge, hashMismatch, storeFailure } from './artifact-errors.ts';
import { measure, type ByteSource } from './artifact-hashing.ts';
import { cleanTemp, tempName } from './artifact-temp.ts';
import { nameOfBytes, type BlobName } from './blob-name.ts';

export interface StoredBlob extends BlobName {
  /** Bytes. */
  readonly size: number;
}

export interface WriteOptions {
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
  /** Who gives the bytes, for the error. */
  readonly from: string;
  /** When known: other bytes are dropped with `BLOB_HASH_MISMATCH` before they become visible. */
  readonly expected?: BlobName;
}

export interface ReadOptions {
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/** Blobs in a local folder. What is visible under a name is complete, and every read proves it right. */
export interface ArtifactFolder {
  write(source: ByteSource, options: WriteOptions): Promise<StoredBlob>;
  /** The bytes, hashed as read; undefined when absent. A wrong file is moved to `quarantine/` and counts as absent. */
  read(name: BlobName, options: ReadOptions): Promise<Uint8Array | undefined>;
  /** Hashes the file on disk: its size when right, undefined when absent or just quarantined. Memory: one chunk. */
  verify(name: BlobName, options: ReadOptions): Promise<number | undefined>;
  /** Bytes on disk, unverified; undefined when absent. */
  size(name: BlobName): Promise<number | undefined>;
  path(name: BlobName): string;
  quarantine(name: BlobName, found: string): Promise<void>;
}

export interface ArtifactFolderDeps {
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
  /** Opens a file for writing that must not exist; replaced by tests of a full disk. */
  readonly open?: (path: string) => Promise<FileHandle>;
}

/** `<folder>/blobs/<first two hex digits of the digest>/<content id>`. */
export function blobPath(folder: string, { contentId, digest }: BlobName): string {
  return join(folder, 'blobs', digest.slice(2, 4), contentId);
}

/**
 * Opens (and makes) a folder store, and removes what dead writers left in it. A blob appears by one rename after its
 * bytes are on disk (fsync of file and directory), so a crash at any point leaves either nothing or all of it.
 * Throws `STORE_FULL` or `STORE_UNWRITABLE`.
 */
export async function openArtifactFolder(folder: string, deps: ArtifactFolderDeps): Promise<ArtifactFolder> {
  const { clock, logger } = deps;
  const create = deps.open ?? ((path: string) => openFile(path, 'wx', 0o644));
  const temp = join(folder, 'tmp');
  const jail = join(folder, 'quarantine');
  await guarded(folder, async () => {
    for (const made of [temp, jail, join(folder, 'blobs')]) await mkdir(made, { recursive: true });
    const removed = await cleanTemp(temp, clock.now());
    if (removed.length > 0) logger.info({ folder, removed: removed.length }, 'removed unfinished blobs');
  });

  async function write(source: ByteSource, { maxBytes, signal, from, expected }: WriteOptions): Promise<StoredBlob> {
    const draft = join(temp, tempName());
    try {
      const stream = measure(source, { maxBytes, from, signal });
      await writeDurably(create, draft, stream.chunks);
      const blob = stream.finish();
      if (expected && blob.digest !== expected.digest) throw hashMismatch(expected, blob.digest, from);
      await publish(draft, blobPath(folder, blob));
      return blob;
    } catch (thrown) {
      await rm(draft, { force: true });
      throw thrown;
    }
  }

  async function verify(name: BlobName, { maxBytes, signal }: ReadOptions): Promise<number | undefined> {
    const path = blobPath(folder, name);
    if ((await sizeOf(path)) === undefined) return undefined;
    const stream = measure(createReadStream(path, { highWaterMark: 1 << 20 }), {
      maxBytes: Infinity,
      from: path,
      signal,
    });
    await drain(stream.chunks);
    const found = stream.finish();
    if (found.digest !== name.digest) {
      await quarantine(name, found.digest);
      return undefined;
    }
    if (found.size > maxBytes) throw blobTooLarge(name.contentId, maxBytes, 'the local store');
    return found.size;
  }

  async function read(name: BlobName, options: ReadOptions): Promise<Uint8Array | undefined> {
    const size = await sizeOf(blobPath(folder, name));
    if (size === undefined) return undefined;
    // Only a file whose hash is right proves that the blob itself is too large.
    if (size > options.maxBytes) {
      await verify(name, options);
      return undefined;
    }
    const bytes = await readFile(blobPath(folder, name), options.signal ? { signal: options.signal } : {});
    const found = nameOfBytes(bytes);
    if (found.digest === name.digest) return bytes;
    await quarantine(name, found.digest);
    return undefined;
  }

  async function quarantine(name: BlobName, found: string): Promise<void> {
    const kept = join(jail, `${name.contentId}.${clock.now()}`);
    await rename(blobPath(folder, name), kept).catch(ignoreMissing);
    logger.error({ contentId: name.contentId, found, kept }, 'corrupted blob quarantined');
  }

  return {
    write: (source, options) => guarded(folder, () => write(source, options)),
    // Another process may quarantine the file between two steps: then it is absent.
    read: (name, options) => guarded(folder, () => read(name, options).catch(ignoreMissing)),
    verify: (name, options) => guarded(folder, () => verify(name, options).catch(ignoreMissing)),
    size: (name) => guarded(folder, () => sizeOf(blobPath(folder, name))),
    path: (name) => blobPath(folder, name),
    quarantine: (name, found) => guarded(folder, () => quarantine(name, found)),
  };
}

async function guarded<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw storeFailure(thrown, folder);
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(ignoreMissing))?.size;
}

async function drain(chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const iterator = chunks[Symbol.asyncIterator]();
  while ((await iterator.next()).done !== true);
}

function ignoreMissing(thrown: unknown): undefined {
  if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return undefined;
  throw thrown;
}
