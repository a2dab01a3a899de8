import { createHash } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { codeOf, messageOf } from '../../../workers/runtime/errors.ts';
import { parseSourcesDocument, sourcesDigest } from '../../../workers/sources/sources-document.ts';

const source = { name: 'x', url: 'https://x.example/', json: '$.p' };
const document = {
  format: 'remit-sources/1',
  name: 'ETH / USD',
  decimals: 8,
  minimum: 1,
  outlierBps: 300,
  sources: [source],
};

function refusal(changes: object | string): string {
  const text = typeof changes === 'string' ? changes : JSON.stringify({ ...document, ...changes });
  try {
    parseSourcesDocument(Buffer.from(text));
    return 'taken';
  } catch (failure) {
    return `${codeOf(failure)} ${messageOf(failure)}`;
  }
}
const withPath = (json: string): object => ({ sources: [{ ...source, json }] });

describe('sources document', () => {
  it('takes every form of a source', () => {
    const sources = [
      { preset: 'kraken', base: 'ETH', quote: 'USD', invert: true },
      { ...source, multiply: '0.01', divide: '3' },
      { name: 'y', url: 'https://y.example/', csv: { column: 'close', row: 'last' } },
      { name: 'z', url: 'https://z.example/', csv: { column: 'close', row: { column: 'day', equals: 'a' } } },
    ];
    expect(refusal({ sources, minimum: 4 })).toBe('taken');
  });

  it.each([
    ['another format', { format: 'remit-sources/2' }],
    ['a field that it does not know', { colour: 'red' }],
    ['too many decimals', { decimals: 19 }],
    ['a minimum above the number of sources', { minimum: 2 }],
    ['no outlier limit', { outlierBps: 0 }],
    ['no source', { sources: [] }],
    ['more than 32 sources', { sources: Array.from({ length: 33 }, () => source) }],
    ['an unknown preset', { sources: [{ preset: 'mtgox', base: 'BTC', quote: 'USD' }] }],
    ['a symbol that would change the URL', { sources: [{ preset: 'kraken', base: 'A/../B', quote: 'USD' }] }],
    ['zero as a factor', { sources: [{ ...source, multiply: '0.0' }] }],
    ['a number where text must be exact', { sources: [{ ...source, divide: 3 }] }],
    ['json and csv at once', { sources: [{ ...source, csv: { column: 'a', row: 'last' } }] }],
    ['text that is no JSON', '{"format":'],
    ['more than 65,536 bytes', ' '.repeat(65_537)],
  ])('SOURCE_DOCUMENT_INVALID: %s', (_what, changes) => {
    expect(refusal(changes)).toMatch(/^SOURCE_DOCUMENT_INVALID ./);
  });

  it.each([
    ...[
      '$.p[',
      'p',
      '$.a,$.b',
      "$['a','b']",
      '$[*,*]',
      '$..a..b',
      '$[?@.a==1][?@.b==1]',
      '$[?@.a==$.b]',
      "$[?match(@.a,'x')]",
    ],
    ...["$[?search(@.a,'(a+)+$')]", '$'.repeat(201)],
  ])('SOURCE_DOCUMENT_INVALID: the query %s', (json) => {
    expect(refusal(withPath(json))).toMatch(/^SOURCE_DOCUMENT_INVALID ./);
  });

  it.each([
    '$',
    '$.a.b[0]',
    '$..price',
    '$.result.*.c[-1]',
    "$[?@.symbol=='A,B..$?'].price",
    '$["a,b"]',
    '$[?count(@.*)>1]',
  ])('takes the query %s', (json) => {
    expect(refusal(withPath(json))).toBe('taken');
  });

  it('has the digest of its bytes as they are', () => {
    const bytes = Buffer.from(`${JSON.stringify(document)}\n`);
    expect(sourcesDigest(bytes)).toBe(`0x${createHash('sha256').update(bytes).digest('hex')}`);
    expect(sourcesDigest(bytes)).not.toBe(sourcesDigest(bytes.subarray(0, -1)));
  });
});
