import { createHash } from 'node:crypto';
import { base32 } from 'multiformats/bases/base32';
import { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import * as digests from 'multiformats/hashes/digest';
import { type Hex32, parseHex32 } from './ids.ts';
import { MalformedError, shown } from './malformed.ts';

declare const brand: unique symbol;

/** Name of a blob anywhere: CIDv1, codec raw, sha2-256, in lower-case base32 (`bafkrei…`, 59 characters). */
export type ContentId = string & { readonly [brand]: 'ContentId' };

const SHA2_256 = 0x12;

/** The content id of the blob whose sha2-256 digest is `digest`: 32 bytes, or their hex as they stand on the chain. */
export function contentIdOf(digest: Hex32 | Uint8Array): ContentId {
  const bytes = typeof digest === 'string' ? Buffer.from(parseHex32(digest).slice(2), 'hex') : digest;
  if (bytes.length !== 32) throw malformed(`expected a digest of 32 bytes, got ${bytes.length}`);
  return CID.createV1(raw.code, digests.create(SHA2_256, bytes)).toString(base32) as ContentId;
}

/** The sha2-256 digest inside a content id, as it stands on the chain. */
export function digestOf(id: ContentId): Hex32 {
  return `0x${Buffer.from(CID.parse(id, base32).multihash.digest).toString('hex')}` as Hex32;
}

/**
 * A content id out of text of unknown origin. Only the one spelling that `contentIdOf` writes is accepted: a blob has one
 * name, so it has one file and one cache entry.
 *
 * @throws MalformedError `CONTENT_ID_MALFORMED` for other CID versions, codecs, hashes, bases, letter cases, and non-CIDs.
 */
export function parseContentId(value: unknown): ContentId {
  if (typeof value !== 'string') throw malformed(`expected a content id, got ${shown(value)}`);
  const cid = decoded(value);
  if (
    cid?.version !== 1 ||
    cid.code !== raw.code ||
    cid.multihash.code !== SHA2_256 ||
    cid.multihash.digest.length !== 32
  ) {
    throw malformed(`expected CIDv1 raw sha2-256 in base32, got ${shown(value)}`);
  }
  // Written anew: a CID remembers the text that it was parsed from, padding and all.
  const canonical = contentIdOf(cid.multihash.digest);
  if (canonical !== value) throw malformed(`expected ${canonical}, got another spelling of it: ${shown(value)}`);
  return value as ContentId;
}

/** The sha2-256 digest of bytes in memory, as it stands on the chain. Larger things are hashed while they stream. */
export function sha256Of(bytes: Uint8Array): Hex32 {
  return `0x${createHash('sha256').update(bytes).digest('hex')}` as Hex32;
}

function decoded(value: string): CID | undefined {
  try {
    return CID.parse(value, base32);
  } catch {
    return undefined;
  }
}

function malformed(message: string): MalformedError {
  return new MalformedError({
    code: 'CONTENT_ID_MALFORMED',
    message,
    fix: 'use the id that the store printed: CIDv1, raw, sha2-256, lower-case base32, starting with bafkrei',
  });
}
