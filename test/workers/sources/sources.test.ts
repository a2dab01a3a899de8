import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

import { afterEach, describe, expect, it } from 'vitest';

import { systemClock } from '../../../workers/runtime/clock.ts';
import { codeOf } from '../../../workers/runtime/errors.ts';
import { parseExact, scaleExact } from '../../../workers/sources/exact-decimal.ts';
import { numberFromCsv, numberFromJson } from '../../../workers/sources/extraction.ts';
import { PRESETS } from '../../../workers/sources/presets.ts';
import { createSafeFetch } from '../../../workers/sources/safe-fetch.ts';
import { createSources } from '../../../workers/sources/sources.ts';
import { parseSourcesDocument } from '../../../workers/sources/sources-document.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const failure = async (work: Promise<unknown>): Promise<string> => work.then(() => 'none', codeOf);

describe('safe fetch', () => {
  it.each([
    '127.0.0.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '127.1',
    '127.0.0.1.',
    '0',
    '10.1',
    '169.254.169.254',
    '%31%32%37.0.0.1',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::7f00:1]',
    '[64:ff9b::7f00:1]',
    '[64:ff9b:1::7f00:1]',
    '[2002:7f00:1::]',
    '[2001:0:7f00:1::]',
    '[fe80::1]',
    '[fc00::1]',
    '100.64.0.1',
    '192.168.1.1',
    '172.16.0.1',
    '127。0。0。1',
    '224.0.0.1',
  ])('refuses https://%s without connecting', async (host) => {
    const seen: string[] = [];
    const fetch = createSafeFetch({}, { onConnect: (address) => seen.push(address) });
    expect(await failure(fetch(`https://${host}/`))).toMatch(/^SOURCE_(URL|ADDRESS)_REFUSED$/);
    expect(seen).toEqual([]);
  });

  it('refuses a name that turns private between two hops', async () => {
    const seen: string[] = [];
    const fetch = createSafeFetch(
      {},
      {
        lookup: (_host, _options, callback) => {
          callback(null, [{ address: '127.0.0.1', family: 4 }]);
        },
        onConnect: (address) => seen.push(address),
      },
    );
    expect(await failure(fetch('https://rebinding.example/'))).toBe('SOURCE_ADDRESS_REFUSED');
    expect(seen).toEqual([]);
  });

  it('checks a redirect like a first address', async () => {
    const host = await serve((_q, reply) => reply.writeHead(302, { location: 'https://10.0.0.1/' }).end());
    expect(await failure(createSafeFetch({ allow: [host] })(`http://${host}/`))).toBe('SOURCE_ADDRESS_REFUSED');
  });

  it('stops a small answer that unpacks to a large one, and one that never ends', async () => {
    const bomb = await serve((_q, reply) =>
      reply.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(5_000_000))),
    );
    expect(await failure(createSafeFetch({ allow: [bomb] })(`http://${bomb}/`))).toBe('SOURCE_TOO_LARGE');
    const drip = await serve((_q, reply) => {
      reply.writeHead(200).write('{');
    });
    expect(await failure(createSafeFetch({ allow: [drip], timeoutMs: 200 })(`http://${drip}/`))).toBe('SOURCE_TIMEOUT');
  });
});

describe('exact numbers', () => {
  it('keeps what a double would change, and rounds half away from zero', () => {
    expect(scaleExact(parseExact(numberFromJson('{"p":9007199254740993.1}', '$.p')), 1)).toBe(90071992547409931n);
    expect([0.5, -0.5, 1.4].map((x) => scaleExact(parseExact(String(x)), 0))).toEqual([1n, -1n, 1n]);
    expect(scaleExact(parseExact('1.5e-3'), 4)).toBe(15n);
  });

  it.each(['NaN', 'Infinity', '1e999', '', '0x10', '1,5'])('refuses %s', (text) => {
    expect(() => parseExact(text)).toThrow();
  });

  it('takes one cell of a table', () => {
    expect(numberFromCsv('day,close\na,1.5\nb,2.5\n', { column: 'close', row: { column: 'day', equals: 'a' } })).toBe(
      '1.5',
    );
    expect(numberFromCsv('day,close\na,1.5\nb,2.5\n', { column: 'close', row: 'last' })).toBe('2.5');
  });
});

describe('presets', () => {
  it.each([
    ['coinbase', '{"trade_id":1,"price":"3000.12","size":"0.1"}'],
    ['kraken', '{"error":[],"result":{"XETHZUSD":{"a":["1","1","1"],"c":["3000.12","0.2"]}}}'],
    ['binance', '{"symbol":"ETHUSDT","price":"3000.12"}'],
    ['bitstamp', '{"last":"3000.12","high":"1","bid":"1"}'],
  ] as const)('%s: the last price', (preset, body) => {
    expect(numberFromJson(body, PRESETS[preset].json)).toBe('3000.12');
  });
});

describe('sources', () => {
  const observe = async (minimum: number): Promise<{ value: bigint; reasons: unknown[] }> => {
    const answers = ['{"p":"100"}', '{"p":101}', '{"p":500}', 'broken'];
    const host = await serve((asked, reply) => reply.end(answers[Number(asked.url?.slice(1))]));
    const sources = answers.map((_a, n) => ({ name: `s${n}`, url: `http://${host}/${n}`, json: '$.p' }));
    const text = JSON.stringify({
      format: 'remit-sources/1',
      name: 'x',
      decimals: 2,
      minimum,
      outlierBps: 300,
      sources,
    });
    const deps = { fetch: createSafeFetch({ allow: [host] }), clock: systemClock };
    const seen = await createSources({}, deps).observe(parseSourcesDocument(Buffer.from(text)));
    return { value: seen.value, reasons: seen.sources.map(({ reason }) => reason) };
  };

  it('drops what fails and what lies far off', async () => {
    expect(await observe(2)).toEqual({
      value: 10_000n,
      reasons: [undefined, undefined, 'OUTLIER', 'SOURCE_MALFORMED'],
    });
  });

  it('gives no value when too few agree or answer', async () => {
    expect(await failure(observe(3))).toBe('SOURCES_DISAGREE');
    expect(await failure(observe(4))).toBe('SOURCES_TOO_FEW');
  });
});
