import { createHash } from 'node:crypto';

import { jsonpath } from 'json-p3';
import { z } from 'zod';

import { messageOf } from '../runtime/errors.ts';
import { PRESETS } from './presets.ts';
import { sourceError } from './source-error.ts';

const MAX_BYTES = 65_536;
const symbol = z.string().regex(/^[A-Z0-9]{2,10}$/, 'capital letters and digits, like ETH');
const factor = z.string().regex(/^\d{1,30}(\.\d{1,30})?$/, 'a positive decimal in quotes, like "0.01"');
const nonZero = factor.refine((text) => /[1-9]/.test(text), 'not zero');
const path = z
  .string()
  .max(200)
  // Their patterns run over what a source sends: a source could choose text that takes for ever to match.
  .refine((text) => !/\b(match|search)\s*\(/.test(text), 'match() and search() are not allowed')
  .refine(isPlace, 'has a list of selectors, or more than one of each of `$`, `..` and `?`')
  .refine(isQuery, 'an RFC 9535 query, like $.data.price');
const changes = { multiply: nonZero.optional(), divide: nonZero.optional(), invert: z.boolean().optional() };
const column = z.string().min(1).max(100);
const row = z.union([z.literal('first'), z.literal('last'), z.strictObject({ column, equals: z.string().max(100) })]);
const address = { name: z.string().min(1).max(64), url: z.url().max(2_048) };

const source = z.union([
  z.strictObject({
    preset: z.enum(Object.keys(PRESETS) as (keyof typeof PRESETS)[]),
    base: symbol,
    quote: symbol,
    ...changes,
  }),
  z.strictObject({ ...address, json: path, ...changes }),
  z.strictObject({ ...address, csv: z.strictObject({ column, row }), ...changes }),
]);

const schema = z
  .strictObject({
    format: z.literal('remit-sources/1'),
    name: z.string().min(1).max(64),
    decimals: z.int().min(0).max(18),
    /** How many sources must answer and agree. */
    minimum: z.int().min(1),
    /** A value further than this from the median of all is dropped; in 1/10,000 of the median. */
    outlierBps: z.int().min(1).max(10_000),
    sources: z.array(source).min(1).max(32),
  })
  .refine((document) => document.minimum <= document.sources.length, {
    path: ['minimum'],
    message: 'more than there are sources',
  });

export type SourcesDocument = z.infer<typeof schema>;
export type Source = SourcesDocument['sources'][number];

/** @throws RemitError SOURCE_DOCUMENT_INVALID naming each field that is wrong */
export function parseSourcesDocument(bytes: Uint8Array): SourcesDocument {
  if (bytes.length > MAX_BYTES) throw sourceError('SOURCE_DOCUMENT_INVALID', `more than ${MAX_BYTES} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw sourceError('SOURCE_DOCUMENT_INVALID', `not JSON: ${messageOf(cause)}`, {}, cause);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw sourceError('SOURCE_DOCUMENT_INVALID', z.prettifyError(parsed.error));
}

/** The feed's `sourcesDigest`: sha2-256 of the file's bytes as they are, 0x and 64 hex digits. */
export function sourcesDigest(bytes: Uint8Array): string {
  return `0x${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Whether the query visits each value of an answer a bounded number of times; lists and nested searches multiply them. */
function isPlace(text: string): boolean {
  const bare = text.replaceAll(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g, '');
  return !bare.includes(',') && ['$', '..', '?'].every((sign) => bare.split(sign).length <= 2);
}

function isQuery(text: string): boolean {
  try {
    jsonpath.compile(text);
    return true;
  } catch {
    return false;
  }
}
