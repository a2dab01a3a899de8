import { describe, expect, it } from 'vitest';
import {
  type ContentId,
  contentIdOf,
  digestOf,
  parseContentId,
  sha256Of,
} from '../../../workers/protocol/content-id.ts';
import { parseHex32 } from '../../../workers/protocol/ids.ts';
import { sharedVectors } from '../../support/shared-vectors.ts';

const cases = sharedVectors('content-ids.json') as { bytes: string; sha256: string; contentId: string }[];
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** CIDv1 by hand: 0x01, raw 0x55, sha2-256 0x12, 32 bytes, base32 without padding, multibase prefix b. */
function byHand(sha256: string): string {
  const bits = `01551220${sha256.slice(2)}`.replaceAll(/./g, (digit) =>
    parseInt(digit, 16).toString(2).padStart(4, '0'),
  );
  return `b${bits.replaceAll(/.{1,5}/g, (five) => ALPHABET[parseInt(five.padEnd(5, '0'), 2)] ?? '?')}`;
}

describe('content id', () => {
  it.each(cases)('agrees with the shared vector $contentId', ({ bytes, sha256, contentId }) => {
    expect(sha256Of(Buffer.from(bytes.slice(2), 'hex'))).toBe(sha256);
    expect(contentIdOf(parseHex32(sha256))).toBe(contentId);
    expect(byHand(sha256)).toBe(contentId);
    expect(digestOf(contentId as ContentId)).toBe(sha256);
    expect(contentIdOf(Buffer.from(sha256.slice(2), 'hex'))).toBe(contentId);
    expect(parseContentId(contentId)).toBe(contentId);
  });

  it('is the one that IPFS gives to an empty block', () => {
    expect(contentIdOf(sha256Of(new Uint8Array(0)))).toBe(
      'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku',
    );
  });

  it.each([
    ['nothing', ''],
    ['a number', 7],
    ['words', 'not a cid'],
    ['version 0', 'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPBdG'],
    ['dag-pb', 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi'],
    ['upper case', 'BAFKREIHDWDCEFGH4DQKJV67UZCMW7OJEE6XEDZDETOJUZJEVTENXQUVYKU'],
    ['a cut one', 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyk'],
    ['a path', 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku/..'],
    ['padding', 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku='],
    ['loose bits at its end', 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvykv'],
  ])('refuses %s', (_, text) => {
    expect(() => parseContentId(text)).toThrow(expect.objectContaining({ code: 'CONTENT_ID_MALFORMED' }));
  });

  it('needs a digest of 32 bytes', () => {
    expect(() => contentIdOf(new Uint8Array(31))).toThrow(/32 bytes, got 31/);
  });
});
