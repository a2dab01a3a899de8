import type { Hex32 } from '../protocol/ids.ts';
import { messageOf, RemitError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import { blobUnavailable, type PeerAttempt } from './artifact-errors.ts';
import type { ArtifactFolder, ReadOptions, StoredBlob } from './artifact-folder.ts';
import type { ArtifactPeer } from './artifact-peer.ts';
import type { BlobName } from './blob-name.ts';

/** Brings a blob from the peers into the folder, once for all who wait for it. */
export interface ArtifactFetcher {
  /**
   * Resolves when the blob is in the folder. Throws `BLOB_UNAVAILABLE`, `BLOB_HASH_MISMATCH`, `BLOB_TOO_LARGE`,
   * `STORE_FULL`, or the signal's reason; the download ends when the last who waits has left.
   */
  fetch(name: BlobName, options: ReadOptions): Promise<StoredBlob>;
}

export interface ArtifactFetcherDeps {
  readonly folder: Pick<ArtifactFolder, 'write'>;
  /** In the order they are tried. */
  readonly peers: readonly ArtifactPeer[];
  readonly logger: Logger;
}

interface Flight {
  readonly maxBytes: number;
  readonly done: Promise<StoredBlob>;
  readonly stop: AbortController;
  waiting: number;
}

// What a peer said that will not change by asking it again.
const FINAL = new Set(['BLOB_NOT_FOUND', 'BLOB_TOO_LARGE', 'BLOB_HASH_MISMATCH']);

export function createArtifactFetcher({ folder, peers, logger }: ArtifactFetcherDeps): ArtifactFetcher {
  const flights = new Map<Hex32, Flight>();

  async function download(name: BlobName, maxBytes: number, signal: AbortSignal): Promise<StoredBlob> {
    const failures: RemitError[] = [];
    for (const peer of peers) {
      try {
        return await folder.write(peer.read(name, { maxBytes, signal }), {
          maxBytes,
          signal,
          from: peer.label,
          expected: name,
        });
      } catch (thrown) {
        signal.throwIfAborted();
        // The local disk is at fault, not the peer: the next one would not help.
        if (!(thrown instanceof RemitError) || thrown.code.startsWith('STORE_')) throw thrown;
        failures.push(thrown);
        logger.warn(
          { contentId: name.contentId, peer: peer.label, code: thrown.code, why: messageOf(thrown) },
          'peer gave no blob',
        );
      }
    }
    throw verdict(name, failures, peers);
  }

  function join(name: BlobName, maxBytes: number): Flight {
    const running = flights.get(name.digest);
    // A larger cap needs a download of its own: the one under way may be cut below it.
    if (running && !running.stop.signal.aborted && running.maxBytes >= maxBytes) return running;
    const stop = new AbortController();
    const done = download(name, maxBytes, stop.signal).finally(() => {
      if (flights.get(name.digest) === flight) flights.delete(name.digest);
    });
    const flight: Flight = { maxBytes, done, stop, waiting: 0 };
    flights.set(name.digest, flight);
    return flight;
  }

  async function fetch(name: BlobName, { maxBytes, signal }: ReadOptions): Promise<StoredBlob> {
    signal?.throwIfAborted();
    const flight = join(name, maxBytes);
    flight.waiting += 1;
    try {
      return await orAborted(flight.done, signal);
    } finally {
      flight.waiting -= 1;
      if (flight.waiting === 0) flight.stop.abort();
    }
  }

  return { fetch };
}

/** Which of the peers' failures the caller should see. */
function verdict(name: BlobName, failures: readonly RemitError[], peers: readonly ArtifactPeer[]): RemitError {
  const wrong = failures.find(({ code }) => code === 'BLOB_HASH_MISMATCH');
  if (wrong) return wrong;
  // An endless body proves nothing while a peer that did not answer may have the real, smaller blob.
  const tooLarge = failures.find(({ code }) => code === 'BLOB_TOO_LARGE');
  if (tooLarge && failures.every(({ code }) => FINAL.has(code))) return tooLarge;
  const attempts = failures.map(({ code, message }, at): PeerAttempt => ({
    peer: peers[at]?.label ?? '?',
    code,
    message,
  }));
  return blobUnavailable(name, attempts);
}

/** `work`, or the signal's reason if that comes first; `work` goes on for the others who wait for it. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      reject(signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason)));
    };
    signal.addEventListener('abort', leave, { once: true });
    work.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', leave);
    });
  });
}
