import { createHash } from 'node:crypto';
import type { Hex32 } from '../protocol/ids.ts';
import { blobTooLarge, hashMismatch } from './artifact-errors.ts';
import { nameOfDigest, type BlobName } from './blob-name.ts';

export type ByteSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export interface MeasureOptions {
  /** Cap on the bytes let through; one more throws `BLOB_TOO_LARGE`. */
  readonly maxBytes: number;
  /** Who gives the bytes, for the error. */
  readonly from: string;
  readonly signal?: AbortSignal | undefined;
}

/** Bytes on their way: hashed and counted once, as they pass. */
export interface MeasuredStream {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Name and size of all that has passed; final once `chunks` has ended. */
  finish(): BlobName & { readonly size: number };
}

/** Hashes and counts `source` while it is read, and stops it at `maxBytes`. Memory: one chunk. */
export function measure(source: ByteSource, { maxBytes, from, signal }: MeasureOptions): MeasuredStream {
  const hash = createHash('sha256');
  let size = 0;
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      signal?.throwIfAborted();
      size += chunk.byteLength;
      if (size > maxBytes) throw blobTooLarge('the blob', maxBytes, from);
      hash.update(chunk);
      yield chunk;
    }
    signal?.throwIfAborted();
  }
  return { chunks: chunks(), finish: () => ({ ...nameOfDigest(`0x${hash.digest('hex')}` as Hex32), size }) };
}

/**
 * The chunks of `source`, of which the last is held back until the hash of the whole is known to be right. A reader
 * therefore never holds a complete wrong blob. Throws `BLOB_HASH_MISMATCH` or `BLOB_TOO_LARGE`.
 */
export async function* verified(
  source: ByteSource,
  expected: BlobName,
  options: MeasureOptions,
): AsyncGenerator<Uint8Array> {
  const stream = measure(source, options);
  let held: Uint8Array | undefined;
  for await (const chunk of stream.chunks) {
    if (held) yield held;
    held = chunk;
  }
  const { digest } = stream.finish();
  if (digest !== expected.digest) throw hashMismatch(expected, digest, options.from);
  if (held) yield held;
}

/** Bytes at hand as a source: in pieces, so that writing them does not hold the event loop. */
export function* pieces(bytes: Uint8Array, pieceBytes = 1 << 20): Generator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}
