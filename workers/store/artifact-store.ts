import type { Clock } from '../runtime/clock.ts';
import { codeOf } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import { hashMismatch } from './artifact-errors.ts';
import { createEviction } from './artifact-eviction.ts';
import { createArtifactFetcher } from './artifact-fetcher.ts';
import { openArtifactFolder, type ReadOptions, type StoredBlob } from './artifact-folder.ts';
import { pieces } from './artifact-hashing.ts';
import { createHttpPeer, type PeerLimits } from './artifact-peer.ts';
import { blobName, type BlobName } from './blob-name.ts';
import { diskUse } from './disk-room.ts';

export interface BlobOptions {
  /** Cap in bytes; more is `BLOB_TOO_LARGE`. Default: the store's. */
  readonly maxBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Large files, named by their hash. `reference` is a content id or a 0x digest everywhere; any other text is
 * `CONTENT_ID_MALFORMED`. What is returned has been hashed and is right.
 */
export interface ArtifactStore {
  /** Keeps the bytes durably before it resolves. Keeping the same bytes again is harmless. Throws `BLOB_TOO_LARGE`, `STORE_FULL`. */
  put(source: AsyncIterable<Uint8Array> | Uint8Array, options?: BlobOptions): Promise<StoredBlob>;
  /**
   * The whole blob in memory: from the local folder, else from the peers in order, and then kept locally. Throws
   * `BLOB_UNAVAILABLE`, `BLOB_HASH_MISMATCH`, `BLOB_TOO_LARGE`, `STORE_FULL`, or the signal's reason.
   */
  get(reference: string, options?: BlobOptions): Promise<Uint8Array>;
  /**
   * Like `get`, for files that need not be in memory: brings the blob to `path`, hashes the file there, and says where it is.
   * What came from a peer in this way may be removed again when the disk is nearly full, the longest unused first.
   */
  locate(reference: string, options?: BlobOptions): Promise<StoredBlob & { readonly path: string }>;
  /** Whether the blob is in the local folder; asks no peer and hashes nothing. */
  has(reference: string): Promise<boolean>;
  /** Where the local file of a blob is, or would be. */
  path(reference: string): string;
}

export interface ArtifactStoreOptions {
  /** Made when missing. Several processes may share it. */
  readonly folder: string;
  /** Addresses of HTTP peers, in the order they are tried. */
  readonly peers?: readonly string[];
  readonly peerLimits?: PeerLimits;
  /** Cap on one blob in bytes. Default 2 GiB, the most that an ONNX file in one piece can have. */
  readonly maxBytes?: number;
}

export interface ArtifactStoreDeps {
  readonly clock: Clock;
  readonly logger: Logger;
}

const DEFAULT_MAX_BYTES = 2 ** 31;

/** Local folder first, then the peers; fetched blobs make room on a full disk. Throws `PEER_URL_INVALID`, `STORE_FULL`, `STORE_UNWRITABLE`. */
export async function createArtifactStore(
  options: ArtifactStoreOptions,
  { clock, logger }: ArtifactStoreDeps,
): Promise<ArtifactStore> {
  const { peers: urls = [], peerLimits, maxBytes: cap = DEFAULT_MAX_BYTES } = options;
  const peers = urls.map((url) => createHttpPeer({ url, ...(peerLimits ? { limits: peerLimits } : {}) }, { clock }));
  const folder = await openArtifactFolder(options.folder, { clock, logger });
  const fetcher = createArtifactFetcher({ folder, peers, logger });
  const eviction = createEviction(options.folder, {
    clock,
    logger,
    diskUse: () => diskUse(options.folder),
    path: (contentId) => folder.path(blobName(contentId)),
  });

  /** From the peers into the folder; on a full disk in the place of files that can come again as well. */
  async function fetch(name: BlobName, read: ReadOptions): Promise<void> {
    await eviction.makeRoom();
    for (;;) {
      try {
        await fetcher.fetch(name, read);
        break;
      } catch (error) {
        if (codeOf(error) !== 'STORE_FULL' || (await eviction.makeRoom(true)) === 0) throw error;
      }
    }
  }

  async function localOrFetched<T>(
    reference: string,
    { maxBytes = cap, signal }: BlobOptions = {},
    look: (name: BlobName, options: ReadOptions) => Promise<T | undefined>,
  ): Promise<T> {
    const name = blobName(reference);
    signal?.throwIfAborted();
    const local = await look(name, { maxBytes, signal });
    if (local !== undefined) return local;
    await fetch(name, { maxBytes, signal });
    const fetched = await look(name, { maxBytes, signal });
    // Right when it was written and wrong when read back: the disk, or another program, changes files.
    if (fetched === undefined) throw hashMismatch(name, 'other bytes', folder.path(name));
    return fetched;
  }

  return {
    put(source, { maxBytes = cap, signal } = {}) {
      const chunks = source instanceof Uint8Array ? pieces(source) : source;
      return folder.write(chunks, { maxBytes, signal, from: 'the caller' });
    },

    get: (reference, wanted) => localOrFetched(reference, wanted, (name, read) => folder.read(name, read)),

    async locate(reference, wanted) {
      const wasHere = (await folder.size(blobName(reference))) !== undefined;
      const found = await localOrFetched(reference, wanted, async (name, read) => {
        const size = await folder.verify(name, read);
        return size === undefined ? undefined : { ...name, size, path: folder.path(name) };
      });
      await (wasHere ? eviction.used(found) : eviction.fetched(found));
      return found;
    },

    async has(reference) {
      return (await folder.size(blobName(reference))) !== undefined;
    },

    path: (reference) => folder.path(blobName(reference)),
  };
}
