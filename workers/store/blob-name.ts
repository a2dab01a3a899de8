import { contentIdOf, digestOf, parseContentId, sha256Of, type ContentId } from '../protocol/content-id.ts';
import { parseHex32, type Hex32 } from '../protocol/ids.ts';

/** Both names of one blob: the content id of the stores, the sha2-256 digest of the chain. */
export interface BlobName {
  readonly contentId: ContentId;
  readonly digest: Hex32;
}

/** Both names from either one, as text of unknown origin. Throws what `parseHex32` and `parseContentId` throw. */
export function blobName(reference: string): BlobName {
  if (reference.startsWith('0x')) return nameOfDigest(parseHex32(reference));
  const contentId = parseContentId(reference);
  return { contentId, digest: digestOf(contentId) };
}

/** The name of bytes at hand. */
export function nameOfBytes(bytes: Uint8Array): BlobName {
  return nameOfDigest(sha256Of(bytes));
}

/** The name of what hashes to `digest`. */
export function nameOfDigest(digest: Hex32): BlobName {
  return { contentId: contentIdOf(digest), digest };
}
