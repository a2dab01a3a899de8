import { RemitError } from '../runtime/errors.ts';
import type { BlobName } from './blob-name.ts';

/** The bytes received are not the bytes that were asked for; they were dropped unread. */
export function hashMismatch(expected: BlobName, found: string, from: string): RemitError {
  return new RemitError({
    code: 'BLOB_HASH_MISMATCH',
    message: `${from} gave bytes of sha2-256 ${found} for ${expected.contentId} (${expected.digest})`,
    fix: 'Remove the peer that serves wrong bytes from the list of peers, or add one that has the blob.',
    retryable: true,
    context: { contentId: expected.contentId, expected: expected.digest, found, from },
  });
}

export function blobTooLarge(what: string, maxBytes: number, from: string): RemitError {
  return new RemitError({
    code: 'BLOB_TOO_LARGE',
    message: `${what} from ${from} is larger than the limit of ${maxBytes} bytes`,
    fix: 'Use a smaller file, or raise the limit on blob size in the configuration of this process.',
    context: { what, maxBytes, from },
  });
}

/** What one peer answered: why it was no use. */
export interface PeerAttempt {
  readonly peer: string;
  readonly code: string;
  readonly message: string;
}

export function blobUnavailable(name: BlobName, attempts: readonly PeerAttempt[]): RemitError {
  const tried = attempts.length === 0 ? 'no peers are configured' : attempts.map(({ message }) => message).join('; ');
  return new RemitError({
    code: 'BLOB_UNAVAILABLE',
    message: `${name.contentId} is not in the local store and came from no peer: ${tried}`,
    fix: 'Check that a peer which has the blob is configured and reachable; the job is tried again by itself.',
    retryable: true,
    context: { contentId: name.contentId, attempts },
  });
}

export function peerFailed(
  code: 'BLOB_PEER_FAILED' | 'BLOB_PEER_TOO_SLOW' | 'BLOB_NOT_FOUND',
  peer: string,
  why: string,
  cause?: unknown,
): RemitError {
  return new RemitError({
    code,
    message: `${peer}: ${why}`,
    fix: 'Nothing to do when another peer has the blob; otherwise check the peer and the network between.',
    retryable: true,
    context: { peer },
    cause,
  });
}

const FULL = new Set(['ENOSPC', 'EDQUOT']);

/** Names a failure of the local folder; passes every other error through unchanged. */
export function storeFailure(thrown: unknown, folder: string): unknown {
  if (!(thrown instanceof Error) || !('code' in thrown) || thrown instanceof RemitError) return thrown;
  if (FULL.has(String(thrown.code))) {
    return new RemitError({
      code: 'STORE_FULL',
      message: `no space is left for the store in ${folder}`,
      fix: 'Free space on that disk or move the store; nothing half-written is left behind, and the work is tried again.',
      retryable: true,
      context: { folder },
      cause: thrown,
    });
  }
  if (!['EACCES', 'EPERM', 'EROFS', 'ENOTDIR'].includes(String(thrown.code))) return thrown;
  return new RemitError({
    code: 'STORE_UNWRITABLE',
    message: `the store cannot use ${folder}: ${thrown.message}`,
    fix: 'Give the user of this process the right to write there, or name another folder for the store.',
    context: { folder },
    cause: thrown,
  });
}
