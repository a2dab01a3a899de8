import { resolve } from 'node:path';
import { getAddress } from 'ethers';
import * as z from 'zod';
import { Secret } from './secret.ts';

/** What a person is told about a variable, in `docs/CONFIG.md` and when its value is refused. */
export interface FieldFacts {
  /** Short name of the kind of value: `duration`. */
  readonly type: string;
  /** Completes the sentence "expected …". */
  readonly expected: string;
  /** A value that would be accepted. */
  readonly example: string;
  /** How a refused value may be quoted; the default quotes it whole. */
  readonly quote?: (value: string) => string;
}

/** Facts of every schema made by the functions below; survives `.describe()`, `.default()`, `.optional()` around it. */
export const fieldFacts = z.registry<FieldFacts>();

/** A text turned into a value by `read`; undefined from `read` refuses it. */
export function field<T>(facts: FieldFacts, read: (value: string) => T | undefined) {
  return z
    .string()
    .transform((value, context): T => {
      const result = read(value);
      if (result !== undefined) return result;
      context.addIssue({ code: 'custom', message: `expected ${facts.expected}` });
      return z.NEVER;
    })
    .register(fieldFacts, facts);
}

const UNIT_MS = new Map([
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

function readDurationMs(value: string): number | undefined {
  const match = /^(\d{1,12})(ms|s|m|h|d)$/.exec(value);
  const unit = match && UNIT_MS.get(match[2] ?? '');
  return unit ? Number(match[1]) * unit : undefined;
}

/** A length of time with its unit (`250ms`, `12s`, `5m`, `2h`, `1d`), as milliseconds. */
export const durationMs = () =>
  field(
    { type: 'duration', expected: 'a length of time with its unit (ms, s, m, h or d)', example: '250ms' },
    readDurationMs,
  );

/** A length of time with its unit, a whole number of seconds, as seconds. */
export const durationSeconds = () =>
  field(
    { type: 'duration', expected: 'a length of time with its unit (s, m, h or d), whole seconds', example: '30s' },
    (value) => {
      const ms = readDurationMs(value);
      return ms === undefined || ms % 1_000 !== 0 ? undefined : ms / 1_000;
    },
  );

/** A decimal integer within [min, max]. */
export const integer = ({
  min = 0,
  max = Number.MAX_SAFE_INTEGER,
}: { readonly min?: number; readonly max?: number } = {}) =>
  field(
    { type: 'integer', expected: `a whole number from ${min} to ${max}`, example: String(Math.max(min, 1)) },
    (value) => {
      const number = /^-?\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
      return Number.isSafeInteger(number) && number >= min && number <= max ? number : undefined;
    },
  );

/** A TCP port; 0 lets the system choose a free one. */
export const port = () =>
  field({ type: 'port', expected: 'a TCP port from 0 to 65535 (0 = any free one)', example: '9464' }, (value) =>
    /^\d{1,5}$/.test(value) && Number(value) <= 65_535 ? Number(value) : undefined,
  );

/** An amount in the smallest units of the token, as a bigint. */
export const amount = () =>
  field({ type: 'amount', expected: 'an amount in token units, a whole number', example: '1000' }, (value) =>
    /^\d{1,39}$/.test(value) ? BigInt(value) : undefined,
  );

/** `true` or `false`, nothing else. */
export const flag = () =>
  field({ type: 'boolean', expected: 'true or false', example: 'true' }, (value) =>
    value === 'true' ? true : value === 'false' ? false : undefined,
  );

/** One of the given words. */
export const oneOf = <const W extends string>(words: readonly [W, ...W[]]) =>
  field({ type: words.join(' | '), expected: `one of ${words.join(', ')}`, example: words[0] }, (value) =>
    words.find((word) => word === value),
  );

export const logLevel = () => oneOf(['info', 'debug', 'warn', 'error', 'silent']);

/** A file or folder, made absolute against the working directory. */
export const path = () =>
  field({ type: 'path', expected: 'a path', example: './data' }, (value) =>
    value === '' || value.includes('\0') ? undefined : resolve(value),
  );

/** A 20-byte address other than zero, returned with its EIP-55 checksum; a wrong checksum is refused. */
export const address = () =>
  field(
    {
      type: 'address',
      expected: 'a 20-byte 0x address, not zero, with a right checksum when in mixed case',
      example: '0x5FbDB2315678afecb367f032d93F642f64180aa3',
    },
    (value) => {
      if (!/^0x[0-9a-fA-F]{40}$/.test(value) || /^0x0+$/.test(value)) return undefined;
      try {
        return getAddress(value);
      } catch {
        return undefined;
      }
    },
  );

const DEFAULT_PROTOCOLS = ['http:', 'https:'];

/** One URL. Quoted in errors without user, path or query, where keys hide. */
export const url = (protocols: readonly string[] = DEFAULT_PROTOCOLS, example = 'http://127.0.0.1:8545') =>
  field({ type: 'url', expected: `a URL (${protocols.join(' or ')})`, example, quote: quoteUrl }, (value) =>
    readUrl(value, protocols),
  );

/** URLs separated by commas, at least one, none twice. */
export const urlList = (
  protocols: readonly string[] = DEFAULT_PROTOCOLS,
  example = 'http://127.0.0.1:8545,https://rpc.example.org',
) =>
  field(
    {
      type: 'url list',
      expected: `URLs (${protocols.join(' or ')}) separated by commas, none twice`,
      example,
      quote: (value) => value.split(',').map(quoteUrl).join(', '),
    },
    (value): readonly string[] | undefined => {
      const urls = value.split(',').map((part) => readUrl(part.trim(), protocols));
      return urls.every((one) => one !== undefined) && new Set(urls).size === urls.length ? urls : undefined;
    },
  );

function readUrl(value: string, protocols: readonly string[]): string | undefined {
  const parsed = URL.parse(value);
  return parsed && protocols.includes(parsed.protocol) ? value : undefined;
}

function quoteUrl(value: string): string {
  const parsed = URL.parse(value.trim());
  return parsed?.host ? `"${parsed.protocol}//${parsed.host}/…"` : `${value.length} characters that are no URL`;
}

/** Any text; wrapped so that it cannot be printed, never quoted. An empty text is a value. */
export const secret = () =>
  field({ type: 'secret', expected: 'a text', example: '…', quote: () => '[redacted]' }, (value) => new Secret(value));

/** Any text that is not empty. */
export const text = () =>
  field({ type: 'text', expected: 'a text that is not empty', example: 'node-1' }, (value) => value || undefined);

/** Texts separated by commas; an empty text is an empty list. */
export const textList = () =>
  field(
    { type: 'list', expected: 'texts separated by commas', example: '127.0.0.1:8080' },
    (value): readonly string[] =>
      value
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
  );

/** Hashes of 32 bytes separated by commas, none twice; an empty text is an empty list. */
export const hashList = () =>
  field(
    {
      type: 'hash list',
      expected: 'hashes (0x and 64 hex digits) separated by commas, none twice',
      example: `0x${'1f'.repeat(32)}`,
    },
    (value): readonly string[] | undefined => {
      const hashes = value
        .split(',')
        .map((part) => part.trim().toLowerCase())
        .filter((part) => part !== '');
      const valid = hashes.every((hash) => /^0x[0-9a-f]{64}$/.test(hash)) && new Set(hashes).size === hashes.length;
      return valid ? hashes : undefined;
    },
  );
