import { lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';

import { Agent, errors, request } from 'undici';

import { codeOf, messageOf, RemitError } from '../runtime/errors.ts';
import { createAddressRules, type AddressRules } from './address-rules.ts';
import { createGuardedConnector, type Dial } from './guarded-connector.ts';
import { sourceError } from './source-error.ts';

export interface SafeFetchOptions {
  /** Exact `host:port` or CIDR ranges that may be reached although they are not public; `host:port` may use http. */
  readonly allow?: readonly string[];
  /** Cap on the body, before and after decompression. */
  readonly maxBytes?: number;
  readonly maxHeaderBytes?: number;
  readonly maxRedirects?: number;
  /** For everything: names, connections, redirects and the body. */
  readonly timeoutMs?: number;
  readonly connectTimeoutMs?: number;
  /** PEM certificates to trust instead of the system's. */
  readonly ca?: string;
}

export interface SafeFetchDeps {
  readonly lookup?: LookupFunction;
  /** Told of every connection when it is attempted. */
  readonly onConnect?: (address: string, port: number) => void;
  readonly dial?: Dial;
}

export type SafeFetch = (url: string, signal?: AbortSignal) => Promise<Buffer>;

const DECODERS = new Map([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
  ['br', promisify(brotliDecompress)],
]);

/**
 * GET for addresses that others wrote: https on port 443, only to public addresses unless allowed. The check is made on
 * the very addresses that are connected to, for every hop, so a name that changes its answer gains nothing. No proxy, no
 * cookie, no credential.
 *
 * @throws RemitError SOURCE_URL_REFUSED, SOURCE_ADDRESS_REFUSED, SOURCE_UNREACHABLE, SOURCE_TIMEOUT, SOURCE_TOO_LARGE,
 *   SOURCE_STATUS, SOURCE_MALFORMED; the signal's reason when aborted
 */
export function createSafeFetch(options: SafeFetchOptions = {}, deps: SafeFetchDeps = {}): SafeFetch {
  const { maxBytes = 262_144, maxHeaderBytes = 16_384, maxRedirects = 3 } = options;
  const { timeoutMs = 5_000, connectTimeoutMs = 2_000 } = options;
  const rules = createAddressRules(options.allow ?? []);

  const connect = createGuardedConnector(
    { rules, timeoutMs: connectTimeoutMs, ca: options.ca },
    { lookup: deps.lookup ?? systemLookup, onConnect: deps.onConnect, dial: deps.dial },
  );

  return async (address, signal) => {
    const timeout = AbortSignal.timeout(timeoutMs);
    const stop = signal ? AbortSignal.any([signal, timeout]) : timeout;
    const agent = new Agent({ connect, maxHeaderSize: maxHeaderBytes });
    try {
      let url = checkUrl(address, rules);
      for (let hop = 0; hop <= maxRedirects; hop++) {
        const { statusCode, headers, body } = await request(url, {
          dispatcher: agent,
          signal: stop,
          headers: { accept: 'application/json, text/csv;q=0.9', 'accept-encoding': 'gzip, deflate, br' },
        });
        body.on('error', () => undefined);
        if (statusCode === 200) return await readBody(body, one(headers['content-encoding']), maxBytes);
        const location = one(headers['location']);
        if (statusCode < 301 || statusCode > 308 || statusCode === 304 || location === undefined)
          throw sourceError('SOURCE_STATUS', `${url.host} answered ${statusCode}`, { status: statusCode });
        body.destroy();
        url = checkUrl(location, rules, url);
      }
      throw sourceError('SOURCE_STATUS', `more than ${maxRedirects} redirects`);
    } catch (cause) {
      signal?.throwIfAborted();
      throw asSourceError(cause, timeout.aborted);
    } finally {
      await agent.destroy();
    }
  };
}

/** The URL, when it may be asked at all: scheme, port, no credentials. Addresses are judged where connections are made. */
function checkUrl(text: string, rules: AddressRules, base?: URL): URL {
  const url = URL.parse(text, base?.href);
  if (url === null || text.length > 2_048) throw sourceError('SOURCE_URL_REFUSED', 'not a URL');
  const named = rules.allowsHost(url.hostname, portOf(url));
  if (url.username !== '' || url.password !== '') throw sourceError('SOURCE_URL_REFUSED', 'a URL with credentials');
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && named))
    throw sourceError('SOURCE_URL_REFUSED', `scheme ${url.protocol} of ${url.host}`);
  if (!named && portOf(url) !== 443) throw sourceError('SOURCE_URL_REFUSED', `port ${portOf(url)} of ${url.hostname}`);
  return url;
}

const portOf = (url: URL): number => Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
const one = (header: string | string[] | undefined): string | undefined => (Array.isArray(header) ? header[0] : header);

async function readBody(body: AsyncIterable<Buffer>, encoding = 'identity', maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) throw sourceError('SOURCE_TOO_LARGE', `more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  const raw = Buffer.concat(chunks);
  const name = encoding.trim().toLowerCase();
  if (name === 'identity' || name === '') return raw;
  const decode = DECODERS.get(name);
  if (decode === undefined) throw sourceError('SOURCE_MALFORMED', `content encoding ${name.slice(0, 40)}`);
  try {
    return await decode(raw, { maxOutputLength: maxBytes });
  } catch (cause) {
    if (codeOf(cause) === 'ERR_BUFFER_TOO_LARGE')
      throw sourceError('SOURCE_TOO_LARGE', `more than ${maxBytes} bytes after decompression`, {}, cause);
    throw sourceError('SOURCE_MALFORMED', `not ${name}: ${messageOf(cause)}`, {}, cause);
  }
}

function asSourceError(cause: unknown, timedOut: boolean): RemitError {
  if (cause instanceof RemitError) return cause;
  if (timedOut) return sourceError('SOURCE_TIMEOUT', 'no whole answer in time', {}, cause);
  const code = codeOf(cause);
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return sourceError('SOURCE_TOO_LARGE', 'headers too large', {}, cause);
  if (cause instanceof errors.HTTPParserError)
    return sourceError('SOURCE_MALFORMED', `not HTTP: ${cause.message}`, {}, cause);
  // Several addresses were tried: the message is in each one's failure.
  const all: readonly unknown[] = cause instanceof AggregateError ? cause.errors : [cause];
  return sourceError('SOURCE_UNREACHABLE', all.map(messageOf).join('; '), {}, cause);
}
