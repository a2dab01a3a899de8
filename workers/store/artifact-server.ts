import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Hex32 } from '../protocol/ids.ts';
import type { Clock } from '../runtime/clock.ts';
import { messageOf, RemitError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Service } from '../runtime/service.ts';
import { openArtifactFolder, type ArtifactFolder } from './artifact-folder.ts';
import { verified } from './artifact-hashing.ts';
import { parseByteRange, type ByteRange } from './byte-range.ts';
import { blobName, type BlobName } from './blob-name.ts';
import { tracePath } from './trace-folder.ts';

export interface ArtifactServerOptions {
  /** The folder of an `ArtifactStore`. */
  readonly folder: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** More connections at once than this are refused. */
  readonly maxConnections?: number;
  /** A reader that takes nothing for this long is cut off, in milliseconds. */
  readonly idleMs?: number;
}

/** `start` listens, or throws `PORT_TAKEN`; `stop` cuts open responses and frees the port. */
export interface ArtifactServer extends Service {
  /** Where it listens, as `http://host:port`; only between `start` and `stop`. */
  url(): string;
}

export interface ArtifactServerDeps {
  readonly clock: Clock;
  readonly logger: Logger;
}

const BLOB = /^\/blobs\/([^/?#]+)(\?|$)/;
const TRACE = /^\/traces\/(0x[0-9a-f]{64})(\?|$)/;

/**
 * Serves a store's folder to other nodes, read-only: `GET` and `HEAD` of `/blobs/<content id>`, one byte range, ETag =
 * content id; and `GET` of `/traces/<Merkle root>` for the traces of jobs on trial. Paths are made from a parsed hash, never
 * from the request's text.
 */
export function createArtifactServer(options: ArtifactServerOptions, deps: ArtifactServerDeps): ArtifactServer {
  const { host, port, maxConnections = 256, idleMs = 30_000 } = options;
  const { logger } = deps;
  let server: Server | undefined;

  return {
    name: 'artifact-server',

    async start() {
      const folder = await openArtifactFolder(options.folder, deps);
      const started = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
        const traceRoot = TRACE.exec(request.url ?? '')?.[1];
        const answered =
          traceRoot !== undefined && request.method === 'GET'
            ? sendTrace(tracePath(options.folder, traceRoot as Hex32), response)
            : answer(folder, request, response);
        answered.catch((thrown: unknown) => {
          // Headers may be out already: a cut connection is how the reader learns of it.
          logger.warn({ path: request.url?.slice(0, 200), why: messageOf(thrown) }, 'blob not served');
          response.destroy();
        });
      });
      started.maxConnections = maxConnections;
      started.setTimeout(idleMs);
      await listen(started, host, port);
      server = started;
      logger.info({ url: urlOf(started, host) }, 'serving blobs');
    },

    async stop() {
      const stopped = server;
      server = undefined;
      if (!stopped) return;
      await new Promise<void>((resolve) => {
        stopped.close(() => {
          resolve();
        });
        stopped.closeAllConnections();
      });
    },

    url() {
      if (!server) throw new Error('the artifact server is not started');
      return urlOf(server, host);
    },
  };
}

interface Refusal {
  readonly status: 304 | 400 | 404 | 405 | 416;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Found {
  readonly status: 200 | 206;
  readonly name: BlobName;
  /** Bytes of the whole blob. */
  readonly size: number;
  readonly range: ByteRange | 'whole';
}

async function answer(folder: ArtifactFolder, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader('x-content-type-options', 'nosniff');
  const found = await decide(folder, request);
  if (!('name' in found)) {
    // What is absent now may be here in a moment.
    response
      .writeHead(found.status, {
        'cache-control': 'no-store',
        ...(found.status === 304 ? {} : { 'content-length': '0' }),
        ...found.headers,
      })
      .end();
    return;
  }
  response.writeHead(found.status, headersOf(found));
  if (request.method === 'HEAD') response.end();
  else await send(folder, found, response);
}

async function decide(
  folder: ArtifactFolder,
  { method, url = '', headers }: IncomingMessage,
): Promise<Refusal | Found> {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, headers: { allow: 'GET, HEAD' } };
  const [, text] = BLOB.exec(url) ?? [];
  if (text === undefined) return { status: 404 };
  const name = nameIn(text);
  if (!name) return { status: 400 };
  const size = await folder.size(name);
  if (size === undefined) return { status: 404 };

  const etag = etagOf(name);
  if (matches(headers['if-none-match'], etag)) return { status: 304, headers: cacheHeaders(name) };
  const conditional = headers['if-range'];
  const range = conditional === undefined || conditional === etag ? parseByteRange(headers.range, size) : 'whole';
  if (range === 'unsatisfiable') return { status: 416, headers: { 'content-range': `bytes */${size}` } };
  return { status: range === 'whole' ? 200 : 206, name, size, range };
}

function headersOf({ name, size, range }: Found): Record<string, string | number> {
  const shared = { ...cacheHeaders(name), 'accept-ranges': 'bytes', 'content-type': 'application/octet-stream' };
  if (range === 'whole') return { ...shared, 'content-length': size };
  const { start, end } = range;
  return { ...shared, 'content-length': end - start + 1, 'content-range': `bytes ${start}-${end}/${size}` };
}

async function send(folder: ArtifactFolder, { name, size, range }: Found, response: ServerResponse): Promise<void> {
  const file = createReadStream(folder.path(name), range === 'whole' ? {} : range);
  if (range !== 'whole') return pipeline(file, response);
  try {
    await pipeline(Readable.from(verified(file, name, { maxBytes: size, from: 'the local store' })), response);
  } catch (thrown) {
    if (thrown instanceof RemitError && thrown.code === 'BLOB_HASH_MISMATCH')
      await folder.quarantine(name, String(thrown.context['found']));
    throw thrown;
  }
}

/** Traces come and go with their trials, and what is sent is hashed by its reader. */
async function sendTrace(path: string, response: ServerResponse): Promise<void> {
  const file = await open(path).catch(() => undefined);
  if (!file) {
    response.writeHead(404, { 'cache-control': 'no-store', 'content-length': '0' }).end();
    return;
  }
  const { size } = await file.stat();
  response.writeHead(200, {
    'cache-control': 'no-store',
    'content-length': size,
    'content-type': 'application/octet-stream',
    'x-content-type-options': 'nosniff',
  });
  await pipeline(file.createReadStream(), response);
}

function etagOf({ contentId }: BlobName): string {
  return `"${contentId}"`;
}

/** A name is a hash: what it names never changes. */
function cacheHeaders(name: BlobName): Record<string, string> {
  return { etag: etagOf(name), 'cache-control': 'public, max-age=31536000, immutable' };
}

function nameIn(text: string): BlobName | undefined {
  try {
    return text.startsWith('0x') ? undefined : blobName(text);
  } catch {
    return undefined;
  }
}

function matches(header: string | undefined, etag: string): boolean {
  return header !== undefined && header.split(',').some((tag) => ['*', etag, `W/${etag}`].includes(tag.trim()));
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (thrown: NodeJS.ErrnoException) => {
      reject(thrown.code === 'EADDRINUSE' ? portTaken(host, port, thrown) : thrown);
    });
    server.listen(port, host, () => {
      resolve();
    });
  });
}

function portTaken(host: string, port: number, cause: Error): RemitError {
  return new RemitError({
    code: 'PORT_TAKEN',
    message: `port ${port} on ${host} is used by another program`,
    fix: 'Stop that program, or choose another port in the configuration (0 takes a free one).',
    context: { host, port },
    cause,
  });
}

function urlOf(server: Server, host: string): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`;
}
