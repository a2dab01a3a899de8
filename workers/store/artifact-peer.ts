import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Hex32 } from '../protocol/ids.ts';
import type { Clock } from '../runtime/clock.ts';
import { messageOf, RemitError } from '../runtime/errors.ts';
import { blobTooLarge, peerFailed } from './artifact-errors.ts';
import type { BlobName } from './blob-name.ts';

export interface PeerLimits {
  /** A peer that sends less than this on average over a window of `windowMs` is left. Bytes per second. */
  readonly minBytesPerSecond: number;
  /** Milliseconds; also the longest wait for the connection and the first byte. */
  readonly windowMs: number;
  /** Longest time for one blob, in milliseconds. */
  readonly totalMs: number;
}

export const DEFAULT_PEER_LIMITS: PeerLimits = { minBytesPerSecond: 16 * 1024, windowMs: 5_000, totalMs: 600_000 };

export interface PeerReadOptions {
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** Someone who may have blobs. Its bytes are untrusted: the reader hashes them. */
export interface ArtifactPeer {
  /** For errors and logs. */
  readonly label: string;
  /** Bytes as received. Throws `BLOB_NOT_FOUND`, `BLOB_TOO_LARGE`, `BLOB_PEER_TOO_SLOW`, `BLOB_PEER_FAILED`, or the signal's reason. */
  read(name: BlobName, options: PeerReadOptions): AsyncIterable<Uint8Array>;
  /** The trace that has this Merkle root, raw elements; throws the same. */
  readTrace(merkleRoot: Hex32, options: PeerReadOptions): AsyncIterable<Uint8Array>;
}

export interface HttpPeerOptions {
  /** `http://host:port` or `https://host/path`; blobs are at `<url>/blobs/<content id>`, traces at `<url>/traces/<root>`. */
  readonly url: string;
  readonly limits?: PeerLimits;
}

/**
 * A read-only HTTP peer. Redirects are not followed, encoded (compressed) bodies are refused, and the size cap holds
 * for the bytes received, whatever the peer declares. Throws `PEER_URL_INVALID`.
 */
export function createHttpPeer(
  { url, limits = DEFAULT_PEER_LIMITS }: HttpPeerOptions,
  { clock }: { readonly clock: Clock },
): ArtifactPeer {
  const base = parsePeerUrl(url);
  const label = `${base.origin}${base.pathname}`;

  async function* read(path: string, { maxBytes, signal }: PeerReadOptions): AsyncGenerator<Uint8Array> {
    const stop = new AbortController();
    const progress = { bytes: 0 };
    const watching = watch(progress, limits, clock, stop, label);
    const cut = AbortSignal.any([signal, stop.signal]);
    try {
      const response = await get(new URL(path, base), cut);
      try {
        refuseUnusable(response, label, maxBytes);
        for await (const chunk of response as AsyncIterable<Buffer>) {
          progress.bytes += chunk.byteLength;
          if (progress.bytes > maxBytes) throw blobTooLarge(path, maxBytes, label);
          yield chunk;
        }
      } finally {
        response.destroy();
      }
    } catch (thrown) {
      // An abort surfaces as the socket's error: what matters is who aborted, and why.
      signal.throwIfAborted();
      stop.signal.throwIfAborted();
      throw thrown instanceof RemitError ? thrown : peerFailed('BLOB_PEER_FAILED', label, messageOf(thrown), thrown);
    } finally {
      stop.abort();
      await watching;
    }
  }

  return {
    label,
    read: (name, options) => read(`blobs/${name.contentId}`, options),
    readTrace: (merkleRoot, options) => read(`traces/${merkleRoot}`, options),
  };
}

function get(url: URL, signal: AbortSignal): Promise<IncomingMessage> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const headers = { accept: 'application/octet-stream', 'accept-encoding': 'identity' };
    request(url, { signal, headers }, resolve).on('error', reject).end();
  });
}

function refuseUnusable(response: IncomingMessage, label: string, maxBytes: number): void {
  const { statusCode = 0, headers } = response;
  if (statusCode === 404 || statusCode === 410) throw peerFailed('BLOB_NOT_FOUND', label, 'does not have the blob');
  if (statusCode !== 200) throw peerFailed('BLOB_PEER_FAILED', label, `answered HTTP ${statusCode}`);
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity')
    throw peerFailed('BLOB_PEER_FAILED', label, `sent a body encoded as ${encoding}, which was not asked for`);
  if (Number(headers['content-length'] ?? 0) > maxBytes)
    throw blobTooLarge(`a blob of ${headers['content-length'] ?? '?'} bytes`, maxBytes, label);
}

/** Ends the read through `stop` when the peer is slower than `limits`. Returns when `stop` is aborted by anyone. */
async function watch(
  progress: { readonly bytes: number },
  limits: PeerLimits,
  clock: Clock,
  stop: AbortController,
  label: string,
): Promise<void> {
  const start = clock.now();
  const needed = (limits.minBytesPerSecond * limits.windowMs) / 1000;
  for (let seen = 0; !stop.signal.aborted; seen = progress.bytes) {
    const left = start + limits.totalMs - clock.now();
    const slept = await clock.sleep(Math.min(limits.windowMs, Math.max(left, 0)), stop.signal).then(
      () => true,
      () => false,
    );
    if (!slept) return;
    if (clock.now() - start >= limits.totalMs)
      stop.abort(peerFailed('BLOB_PEER_TOO_SLOW', label, `not done after ${limits.totalMs} ms`));
    else if (progress.bytes - seen < needed) {
      const rate = Math.floor(((progress.bytes - seen) * 1000) / limits.windowMs);
      stop.abort(
        peerFailed('BLOB_PEER_TOO_SLOW', label, `sent ${rate} bytes/s, less than ${limits.minBytesPerSecond}`),
      );
    }
  }
}

function parsePeerUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    !url ||
    !['http:', 'https:'].includes(url.protocol) ||
    url.username !== '' ||
    url.search !== '' ||
    url.hash !== ''
  ) {
    throw new RemitError({
      code: 'PEER_URL_INVALID',
      // Not quoted whole: a URL may carry a password.
      message: `the address of a peer (${url ? url.host : 'not a URL'}) cannot be used`,
      fix: 'Write http://host:port or https://host/path, without user name, query or fragment.',
    });
  }
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}
