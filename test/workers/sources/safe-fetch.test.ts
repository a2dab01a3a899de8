import { once } from 'node:events';
import { type AddressInfo, createServer, type LookupFunction } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';

import { afterEach, describe, expect, it } from 'vitest';

import { codeOf } from '../../../workers/runtime/errors.ts';
import { createSafeFetch, type SafeFetchDeps, type SafeFetchOptions } from '../../../workers/sources/safe-fetch.ts';
import { closeSources, serveSource } from '../../support/source-server.ts';

afterEach(closeSources);

/** The body as text, or the code of the failure. */
const ask = async (url: string, options: SafeFetchOptions = {}, deps: SafeFetchDeps = {}): Promise<string> =>
  createSafeFetch(options, deps)(url).then(String, codeOf);

/** Answers with each list in turn, and with the last one for ever. */
function resolver(...answers: readonly (readonly [string, 4 | 6][])[]): LookupFunction {
  let asked = 0;
  return (_host, _options, callback) => {
    const answer = answers[Math.min(asked++, answers.length - 1)] ?? [];
    callback(
      null,
      answer.map(([address, family]) => ({ address, family })),
    );
  };
}

describe('safe fetch: where to', () => {
  it.each(['http://example.com/', 'https://a:b@example.com/', 'https://example.com:8443/', 'file:///etc/passwd', 'x'])(
    'SOURCE_URL_REFUSED: %s',
    async (url) => {
      expect(await ask(url)).toBe('SOURCE_URL_REFUSED');
    },
  );

  it('tries the next address of a name when the first does not answer', async () => {
    const host = await serveSource((_q, reply) => reply.end('here'));
    const name = `both.example:${host.split(':')[1]}`;
    const seen: string[] = [];
    const deps = {
      // Nothing listens on ::1 at this port, as on a host without IPv6.
      lookup: resolver([
        ['::1', 6],
        ['127.0.0.1', 4],
      ]),
      onConnect: (address: string): number => seen.push(address),
    };
    expect(await ask(`http://${name}/`, { allow: [name] }, deps)).toBe('here');
    expect(seen).toEqual(['::1', '127.0.0.1']);
  });

  it('reaches a network that is allowed, over TLS and on port 443 only', async () => {
    const host = await serveSource((_q, reply) => reply.end('here'));
    const allow = ['127.0.0.0/8'];
    expect(await ask(`http://${host}/`, { allow })).toBe('SOURCE_URL_REFUSED');
    expect(await ask(`https://${host}/`, { allow })).toBe('SOURCE_URL_REFUSED');
    const seen: string[] = [];
    await ask('https://127.77.0.1/', { allow }, { onConnect: (address, port) => seen.push(`${address} ${port}`) });
    expect(seen).toEqual(['127.77.0.1 443']);
  });
});

describe('safe fetch: how much, how long', () => {
  it('follows three redirects; SOURCE_STATUS at the fourth, and for any other status', async () => {
    const host = await serveSource((asked, reply) => {
      const left = Number(asked.url?.slice(1));
      if (left > 0) reply.writeHead(307, { location: `/${left - 1}` }).end();
      else reply.writeHead(left < 0 ? -left : 200).end('end');
    });
    const allow = [host];
    expect(await ask(`http://${host}/3`, { allow })).toBe('end');
    expect(await ask(`http://${host}/4`, { allow })).toBe('SOURCE_STATUS');
    for (const status of [204, 304, 404, 500])
      expect(await ask(`http://${host}/-${status}`, { allow })).toBe('SOURCE_STATUS');
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ] as const)('%s: unpacks; SOURCE_TOO_LARGE, SOURCE_MALFORMED: a bomb, a broken one', async (encoding, pack) => {
    const bodies = [pack('{"p":1}'), pack(Buffer.alloc(5_000_000)), pack('{"p":1}').subarray(0, 8), Buffer.from('{}')];
    const host = await serveSource((asked, reply) =>
      reply.writeHead(200, { 'content-encoding': encoding }).end(bodies[Number(asked.url?.slice(1))]),
    );
    const ends = await Promise.all(bodies.map((_body, n) => ask(`http://${host}/${n}`, { allow: [host] })));
    expect(ends).toEqual(['{"p":1}', 'SOURCE_TOO_LARGE', 'SOURCE_MALFORMED', 'SOURCE_MALFORMED']);
  });

  it('takes a body of maxBytes; SOURCE_TOO_LARGE: one byte more, and large headers', async () => {
    const host = await serveSource((asked, reply) => {
      if (asked.url === '/h') reply.setHeader('x', 'y'.repeat(20_000));
      reply.end('x'.repeat(Number(asked.url?.slice(1)) || 1));
    });
    const options = { allow: [host], maxBytes: 1_000 };
    expect(await ask(`http://${host}/1000`, options)).toHaveLength(1_000);
    expect(await ask(`http://${host}/1001`, options)).toBe('SOURCE_TOO_LARGE');
    expect(await ask(`http://${host}/h`, options)).toBe('SOURCE_TOO_LARGE');
  });

  it('SOURCE_MALFORMED: an unknown packing, and an answer that is not HTTP', async () => {
    const host = await serveSource((asked, reply) => {
      if (asked.url === '/raw') reply.socket?.end('SSH-2.0-OpenSSH_9.9\r\n');
      else reply.writeHead(200, { 'content-encoding': 'zstd' }).end('x');
    });
    expect(await ask(`http://${host}/`, { allow: [host] })).toBe('SOURCE_MALFORMED');
    expect(await ask(`http://${host}/raw`, { allow: [host] })).toBe('SOURCE_MALFORMED');
  });

  it('SOURCE_TIMEOUT: an answer that never ends, a handshake that never begins, a resolver that never answers', async () => {
    const drip = await serveSource((_q, reply) => {
      reply.writeHead(200).write('{');
    });
    expect(await ask(`http://${drip}/`, { allow: [drip], timeoutMs: 100 })).toBe('SOURCE_TIMEOUT');
    const mute = createServer().listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const silent = `127.0.0.1:${(mute.address() as AddressInfo).port}`;
    const options = { allow: [silent], connectTimeoutMs: 100 };
    expect(await ask(`https://${silent}/`, options)).toBe('SOURCE_TIMEOUT');
    expect(await ask('https://slow.example/', options, { lookup: () => undefined })).toBe('SOURCE_TIMEOUT');
    mute.close();
  });

  it('SOURCE_UNREACHABLE: nobody listens, the name does not exist, the body breaks off', async () => {
    const host = await serveSource((_q, reply) => {
      reply.writeHead(200, { 'content-length': 100 }).write('{', () => reply.socket?.destroy());
    });
    expect(await ask(`http://${host}/`, { allow: [host] })).toBe('SOURCE_UNREACHABLE');
    expect(await ask('http://127.0.0.1:1/', { allow: ['127.0.0.1:1'] })).toBe('SOURCE_UNREACHABLE');
    const lookup: LookupFunction = (_host, _options, callback) => {
      callback(new Error('ENOTFOUND'), '', 0);
    };
    expect(await ask('https://no.example/', {}, { lookup })).toBe('SOURCE_UNREACHABLE');
  });

  it('ends with the reason of the signal', async () => {
    const stop = new AbortController();
    const host = await serveSource(() => {
      stop.abort(new Error('enough'));
    });
    await expect(createSafeFetch({ allow: [host] })(`http://${host}/`, stop.signal)).rejects.toThrow('enough');
  });
});
