import { once } from 'node:events';
import { createServer as createTlsServer, type Server } from 'node:https';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, type LookupFunction } from 'node:net';
import { type SecureVersion } from 'node:tls';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { ssrfSpellings } from '../../bench/sources/spellings.ts';
import { codeOf } from '../../workers/runtime/errors.ts';
import { parseExact, scaleExact } from '../../workers/sources/exact-decimal.ts';
import { numberFromJson } from '../../workers/sources/extraction.ts';
import { createSafeFetch, type SafeFetchDeps, type SafeFetchOptions } from '../../workers/sources/safe-fetch.ts';
import { parseSourcesDocument, type SourcesDocument } from '../../workers/sources/sources-document.ts';
import { createSources } from '../../workers/sources/sources.ts';
import { type Certificate, createCertificateAuthority } from '../support/certificates.ts';
import { effort } from '../support/effort.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { closeSources, serveSource } from '../support/source-server.ts';

const SEED = Number(process.env['REMIT_SEED'] ?? 1);

afterEach(closeSources);

/** The body as text, or the code of the failure. */
const ask = async (url: string, options: SafeFetchOptions = {}, deps: SafeFetchDeps = {}): Promise<string> =>
  createSafeFetch(options, deps)(url).then(String, codeOf);

/** How a server of one price behaves. */
type Venue = number | 'down' | 'broken' | 'mute' | 'old';

/** Seven venues that behave so, and what they are worth together. */
async function observe(venues: readonly Venue[], minimum = 5) {
  const hosts = await Promise.all(
    venues.map((venue) => (venue === 'down' ? Promise.resolve('127.0.0.1:1') : serve(venue))),
  );
  const document: SourcesDocument = parseSourcesDocument(
    Buffer.from(
      JSON.stringify({
        ...{ format: 'remit-sources/1', name: 'ETH / USD', decimals: 2, minimum, outlierBps: 300 },
        sources: hosts.map((host, n) => ({ name: `s${n}`, url: `https://v${n}.example/${host}`, json: '$.fresh.p' })),
      }),
    ),
  );
  // The address rules have tests of their own: here each venue's name stands for its server.
  // Only those that never answer are not waited for: a busy machine must not make the others late.
  const [patient, hasty] = [10_000, 500].map((timeoutMs) => createSafeFetch({ allow: hosts, timeoutMs }));
  const fetchFrom = (host: string) => (venues[hosts.indexOf(host)] === 'mute' ? hasty! : patient!);
  const sources = createSources(
    {},
    {
      fetch: (url, signal) => {
        const host = url.split('/').at(-1) ?? '';
        return fetchFrom(host)(`http://${host}/`, signal);
      },
      clock: new ManualClock(),
    },
  );
  return sources.observe(document).then(
    ({ value, sources: readings }) => ({ value, reasons: readings.map(({ reason }) => reason) }),
    (failure: unknown) => ({ value: codeOf(failure), reasons: [] }),
  );
}

function serve(venue: Exclude<Venue, 'down'>): Promise<string> {
  return serveSource((_, reply) => {
    if (venue === 'mute') return;
    if (venue === 'broken') reply.writeHead(503).end();
    // A venue that has no price of now gives none: only `fresh` counts.
    else reply.end(JSON.stringify(venue === 'old' ? { last: { p: 99 } } : { fresh: { p: venue } }));
  });
}

describe('F53 · a source is down, stale, an outlier, or disagrees with the others', () => {
  it('two of seven may fail in any way, and the answer is the median of the rest', async () => {
    const honest = [100, 100.5, 101, 101.5, 102];
    const ways: readonly Venue[] = ['down', 'broken', 'old', 500, 0, -100];
    const pairs = ways.flatMap((one) => ways.map((other) => [one, other] as const));
    for (const [one, other] of [...pairs, ['mute', 'mute'] as const]) {
      const { value, reasons } = await observe([...honest, one, other]);
      expect(value, `${one} and ${other}`).toBe(10_100n);
      expect(reasons.filter((reason) => reason !== undefined)).toHaveLength(2);
    }
  });

  it.each([
    ['three are away', [100, 100, 100, 100, 'down', 'broken', 'old'], 'SOURCES_TOO_FEW'],
    ['three are far off', [100, 100, 100, 100, 500, 600, 700], 'SOURCES_DISAGREE'],
    ['they are of two minds', [100, 100, 100, 100, 200, 200, 200], 'SOURCES_DISAGREE'],
    ['all are away', ['down', 'down', 'down', 'down', 'down', 'down', 'down'], 'SOURCES_TOO_FEW'],
  ] as const)('there is no answer when %s', async (_, venues, code) => {
    expect((await observe(venues)).value).toBe(code);
  });

  it('whatever two of seven say, the answer lies among what the five say', async () => {
    const price = fc.integer({ min: 9_900, max: 10_100 });
    const lie = fc.oneof(fc.integer({ min: -1_000_000, max: 1_000_000 }), fc.constantFrom(0, 2 ** 31, -1));
    await fc.assert(
      fc.asyncProperty(fc.array(price, { minLength: 5, maxLength: 5 }), fc.tuple(lie, lie), async (honest, lies) => {
        const texts = [...honest, ...lies].map((cents) => JSON.stringify({ p: String(cents / 100) }));
        const sources = createSources(
          {},
          {
            fetch: (url) => Promise.resolve(Buffer.from(texts[Number(/\d+/.exec(url)?.[0])] ?? '')),
            clock: new ManualClock(),
          },
        );
        const head = { format: 'remit-sources/1', name: 'ETH / USD', decimals: 2, minimum: 5, outlierBps: 300 };
        const listed = texts.map((_, n) => ({ name: `s${n}`, url: `https://s${n}.example/`, json: '$.p' }));
        const { value } = await sources.observe(
          parseSourcesDocument(Buffer.from(JSON.stringify({ ...head, sources: listed }))),
        );
        expect(value).toBeGreaterThanOrEqual(BigInt(Math.min(...honest)));
        expect(value).toBeLessThanOrEqual(BigInt(Math.max(...honest)));
      }),
      { seed: SEED, numRuns: effort({ test: 200, nightly: 20_000 }) },
    );
  });
});

const HOST = 'prices.example';
const DAY = 86_400_000;
const authority = createCertificateAuthority();
const local: LookupFunction = (_host, _options, callback) => {
  callback(null, [{ address: '127.0.0.1', family: 4 }]);
};

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function askTls(certificate: Certificate, ca: string | undefined, maxVersion?: SecureVersion): Promise<string> {
  const server = createTlsServer(
    { ...certificate, ...(maxVersion && { minVersion: 'TLSv1', maxVersion, ciphers: 'DEFAULT@SECLEVEL=0' }) },
    (asked, reply) => reply.end(`${asked.headers.host} over TLS`),
  );
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `${HOST}:${(server.address() as AddressInfo).port}`;
  const fetch = createSafeFetch({ allow: [host], ...(ca === undefined ? {} : { ca }) }, { lookup: local });
  try {
    return (await fetch(`https://${host}/`)).toString();
  } catch (failure) {
    const { code, cause } = failure as { code: string; cause?: { code?: string } };
    return `${code} ${cause?.code ?? ''}`;
  }
}

describe('F54 · TLS is expired, self-signed, for another host, or of an old version', () => {
  it('takes a certificate for this name from the authority that is trusted', async () => {
    expect(await askTls(authority.issue(HOST), authority.ca)).toMatch(/^prices\.example:\d+ over TLS$/);
  });

  it('SOURCE_UNREACHABLE: a certificate for another name', async () => {
    expect(await askTls(authority.issue('other.example'), authority.ca)).toBe(
      'SOURCE_UNREACHABLE ERR_TLS_CERT_ALTNAME_INVALID',
    );
  });

  it('SOURCE_UNREACHABLE: a certificate that has expired, and one that is not valid yet', async () => {
    const [past, future] = [new Date(Date.now() - DAY / 2), new Date(Date.now() + DAY / 2)];
    expect(await askTls(authority.issue(HOST, { to: past }), authority.ca)).toBe('SOURCE_UNREACHABLE CERT_HAS_EXPIRED');
    expect(await askTls(authority.issue(HOST, { from: future }), authority.ca)).toBe(
      'SOURCE_UNREACHABLE CERT_NOT_YET_VALID',
    );
  });

  it('SOURCE_UNREACHABLE: an authority that is not trusted', async () => {
    expect(await askTls(authority.issue(HOST), undefined)).toBe('SOURCE_UNREACHABLE UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    expect(await askTls(authority.issue(HOST), createCertificateAuthority('another').ca)).toBe(
      'SOURCE_UNREACHABLE UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    );
  });

  it('SOURCE_UNREACHABLE: a certificate that vouches for itself', async () => {
    const own = createCertificateAuthority(HOST);
    expect(await askTls(own.issue(HOST), undefined)).toMatch(/^SOURCE_UNREACHABLE /);
  });

  it.each(['TLSv1', 'TLSv1.1'] as const)('SOURCE_UNREACHABLE: a server that speaks %s at most', async (version) => {
    expect(await askTls(authority.issue(HOST), authority.ca, version)).toMatch(
      /^SOURCE_UNREACHABLE .*(PROTOCOL|VERSION|ALERT)/,
    );
    expect(await askTls(authority.issue(HOST), authority.ca, 'TLSv1.2')).toMatch(/over TLS$/);
  });

  it('SOURCE_URL_REFUSED: a redirect from https to http', async () => {
    const seen: string[] = [];
    const plain = createHttpServer((asked, reply) => {
      seen.push(asked.url ?? '');
      reply.end('{}');
    }).listen(0, '127.0.0.1');
    await once(plain, 'listening');
    const to = `http://prices.example:${(plain.address() as AddressInfo).port}/`;
    const server = createTlsServer(authority.issue(HOST), (_, reply) => reply.writeHead(302, { location: to }).end());
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const host = `${HOST}:${(server.address() as AddressInfo).port}`;
    const ended = await ask(`https://${host}/`, { allow: [host], ca: authority.ca }, { lookup: local });
    plain.close();
    expect(ended).toBe('SOURCE_URL_REFUSED');
    expect(seen).toEqual([]);
  });
});

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

describe('F55 · a name, a redirect or an odd spelling leads inside', () => {
  it.each([
    '127.0.0.1',
    '2130706433',
    '0177.0.0.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '127。0。0。1',
  ])('SOURCE_ADDRESS_REFUSED: https://%s, without connecting', async (host) => {
    const seen: string[] = [];
    const onConnect = (address: string): number => seen.push(address);
    expect(await ask(`https://${host}/`, {}, { onConnect })).toBe('SOURCE_ADDRESS_REFUSED');
    expect(seen).toEqual([]);
  });

  it('SOURCE_ADDRESS_REFUSED: a name that is public first and private at the next hop', async () => {
    const host = await serveSource((_q, reply) =>
      reply.writeHead(302, { location: '/again', connection: 'close' }).end(),
    );
    const dialled: string[] = [];
    const code = await ask(
      'https://rebinding.example/',
      {},
      {
        lookup: resolver([['93.184.216.34', 4]], [['127.0.0.1', 4]]),
        // The server stands for the public address; the gate has checked what `target.lookup` answers.
        dial: (target) => {
          const socket = connect({
            host: 'public',
            port: Number(host.split(':')[1]),
            autoSelectFamily: false,
            lookup: (_host, options, callback) => {
              target.lookup(target.host ?? '', { ...options, all: false }, (failure, address) => {
                if (!failure) dialled.push(address as string);
                callback(failure, '127.0.0.1', 4);
              });
            },
          });
          return socket.once('connect', () => socket.emit('secureConnect'));
        },
      },
    );
    expect(code).toBe('SOURCE_ADDRESS_REFUSED');
    expect(dialled).toEqual(['93.184.216.34']);
  });

  it('SOURCE_ADDRESS_REFUSED: a name with a public and a private address, and one with none', async () => {
    for (const answer of [
      [
        ['93.184.216.34', 4],
        ['10.0.0.1', 4],
      ],
      [
        ['::1', 6],
        ['93.184.216.34', 4],
      ],
      [],
    ] as const)
      expect(await ask('https://mixed.example/', {}, { lookup: resolver([...answer] as [string, 4 | 6][]) })).toBe(
        'SOURCE_ADDRESS_REFUSED',
      );
  });

  it('SOURCE_ADDRESS_REFUSED: a redirect is checked like a first address', async () => {
    const host = await serveSource((_q, reply) => reply.writeHead(302, { location: 'https://10.0.0.1/' }).end());
    expect(await ask(`http://${host}/`, { allow: [host] })).toBe('SOURCE_ADDRESS_REFUSED');
  });

  it('no spelling of an inner address is ever connected to, first or by a redirect', async () => {
    let to = '';
    const door = await serveSource((_, reply) =>
      reply.writeHead(302, { location: Buffer.from(to).toString('latin1') }).end(),
    );
    const seen: string[] = [];
    const deps = { onConnect: (address: string, port: number): number => seen.push(`${address}:${port}`) };
    const spellings = ssrfSpellings();
    expect(spellings.length).toBeGreaterThanOrEqual(200);
    for (const { url, code } of spellings) {
      expect(await ask(url, { allow: [door] }, deps), url).toBe(code);
      // No header can hold a control character.
      if (/[\0-\x1f\x7f]/.test(url)) continue;
      to = url;
      expect(await ask(`http://${door}/`, { allow: [door] }, deps), `a redirect to ${url}`).toMatch(
        /^SOURCE_(ADDRESS_REFUSED|URL_REFUSED|STATUS)$/,
      );
    }
    expect(new Set(seen)).toEqual(new Set([door]));
  });
});

describe('F56 · JSON that is malformed, huge, deep, or full of traps', () => {
  const end = (text: string, query = '$.p'): string => {
    try {
      return scaleExact(parseExact(numberFromJson(text, query)), 2).toString();
    } catch (failure) {
      return codeOf(failure);
    }
  };

  it.each([
    ['nesting', `${'['.repeat(100_000)}1`, 'SOURCE_MALFORMED'],
    ['nested objects', `${'{"p":'.repeat(100_000)}1${'}'.repeat(100_000)}`, 'SOURCE_MALFORMED'],
    ['a name twice', '{"p":1,"p":2}', 'SOURCE_MALFORMED'],
    ['a name twice, once escaped', '{"p":1,"\\u0070":2}', 'SOURCE_MALFORMED'],
    ['a price that is inherited', '{"__proto__":{"p":1}}', 'SOURCE_NO_VALUE'],
    ['1e400', '{"p":1e400}', 'SOURCE_NO_VALUE'],
    ['1e-400', '{"p":1e-400}', 'SOURCE_NO_VALUE'],
    ['NaN as a word', '{"p":NaN}', 'SOURCE_MALFORMED'],
    ['NaN as text', '{"p":"NaN"}', 'SOURCE_NO_VALUE'],
    ['Infinity as text', '{"p":"-Infinity"}', 'SOURCE_NO_VALUE'],
    ['a number beyond doubles', '{"p":9007199254740993.01}', '900719925474099301'],
    ['a number of 81 digits', `{"p":${'9'.repeat(81)}}`, 'SOURCE_NO_VALUE'],
    ['a number in hexadecimal', '{"p":"0x10"}', 'SOURCE_NO_VALUE'],
    ['nothing', '', 'SOURCE_MALFORMED'],
    ['a list where a number should be', '{"p":[1]}', 'SOURCE_NO_VALUE'],
  ])('%s', (_, text, ends) => {
    expect(end(text)).toBe(ends);
    expect(Object.prototype).not.toHaveProperty('p');
  });

  it('50 MB are cut off at the cap, whatever is in them', async () => {
    const blob = Buffer.alloc(2 ** 20, '[');
    let sent = 0;
    const host = await serveSource((_, reply) => {
      const pour = (): void => {
        while (sent < 50 && !reply.destroyed) {
          sent += 1;
          if (!reply.write(blob)) return;
        }
        if (sent >= 50) reply.end();
      };
      reply.on('drain', pour);
      pour();
    });
    expect(await ask(`http://${host}/`, { allow: [host] })).toBe('SOURCE_TOO_LARGE');
    expect(sent).toBeLessThan(50);
  });

  it('whatever text comes, it ends in a number as it was written, or in a code', () => {
    const amount = fc.tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.nat({ max: 99 }));
    fc.assert(
      fc.property(amount, ([whole, cents]) => {
        const written = `${whole}.${String(cents).padStart(2, '0')}`;
        const sign = whole < 0n ? -1n : 1n;
        expect(end(`{"p":${written}}`)).toBe(String(whole * 100n + sign * BigInt(cents)));
      }),
      { seed: SEED, numRuns: effort({ test: 500, nightly: 50_000 }) },
    );
    const text = fc.oneof(
      fc.json(),
      fc.string(),
      fc.json().map((json) => json.slice(0, -1)),
      fc.json().map((json) => `{"p":${json}}`),
    );
    fc.assert(
      fc.property(text, (any) => {
        expect(end(any)).toMatch(/^(-?\d+|SOURCE_MALFORMED|SOURCE_NO_VALUE)$/);
      }),
      { seed: SEED, numRuns: effort({ test: 2_000, nightly: 200_000 }) },
    );
  });
});
