import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { createSafeFetch } from '../../workers/sources/safe-fetch.ts';
import type { Attack } from './stage/attack.ts';

/** What a stranger's sources document names is fetched from public addresses, or not at all. */
export const ssrfSource: Attack = {
  name: 'ssrf-source',
  threats: ['O1'],
  what: 'a data request makes a data node read from the machine and the network that it runs in',
  async run(stage) {
    let visits = 0;
    const secret = await serve((_, response) => {
      visits += 1;
      response.end('{"price": 666}');
    });
    const gate = await serve((_, response) => {
      response.writeHead(302, { location: `http://127.0.0.1:${secret.port}/` }).end();
    });
    try {
      const fetchOf = createSafeFetch();
      for (const [url, code] of urlsTo(secret.port)) {
        await stage.failsWith(`a source at ${url}`, code, () => fetchOf(url, stage.signal));
      }
      const rebound: LookupFunction = (_, options, callback) => {
        const answer = [{ address: '127.0.0.1', family: 4 }];
        if (options.all) callback(null, answer);
        else callback(null, '127.0.0.1', 4);
      };
      const named = createSafeFetch({}, { lookup: rebound });
      await stage.failsWith('a public name that leads to this machine', 'SOURCE_ADDRESS_REFUSED', () =>
        named('https://prices.example.org/', stage.signal),
      );
      const mixed: LookupFunction = (_, __, callback) =>
        callback(null, [
          { address: '93.184.216.34', family: 4 },
          { address: '10.0.0.1', family: 4 },
        ]);
      await stage.failsWith('a name that leads to a public and to a private address', 'SOURCE_ADDRESS_REFUSED', () =>
        createSafeFetch({}, { lookup: mixed })('https://prices.example.org/', stage.signal),
      );
      const allowed = createSafeFetch({ allow: [`127.0.0.1:${gate.port}`] });
      await stage.failsWith('an allowed source that passes on to a forbidden one', 'SOURCE_URL_REFUSED', () =>
        allowed(`http://127.0.0.1:${gate.port}/`, stage.signal),
      );
      stage.holds('requests that reached the server inside', visits, 0);
      const own = createSafeFetch({ allow: [`127.0.0.1:${secret.port}`] });
      const read = await own(`http://127.0.0.1:${secret.port}/`, stage.signal);
      stage.shows('control', `the operator allows it by name, and reads ${read.toString()}`, visits === 1);
    } finally {
      await Promise.all([secret.close(), gate.close()]);
    }
  },
};

const urlsTo = (port: number): readonly (readonly [string, string])[] => [
  [`http://127.0.0.1:${port}/`, 'SOURCE_URL_REFUSED'],
  [`https://127.0.0.1:${port}/`, 'SOURCE_URL_REFUSED'],
  ['https://127.0.0.1/', 'SOURCE_ADDRESS_REFUSED'],
  ['https://2130706433/', 'SOURCE_ADDRESS_REFUSED'],
  ['https://0x7f.1/', 'SOURCE_ADDRESS_REFUSED'],
  ['https://[::1]/', 'SOURCE_ADDRESS_REFUSED'],
  ['https://[::ffff:127.0.0.1]/', 'SOURCE_ADDRESS_REFUSED'],
  ['https://localhost/', 'SOURCE_ADDRESS_REFUSED'],
  ['https://169.254.169.254/latest/meta-data/', 'SOURCE_ADDRESS_REFUSED'],
  ['https://name:password@127.0.0.1/', 'SOURCE_URL_REFUSED'],
  ['file:///etc/passwd', 'SOURCE_URL_REFUSED'],
];

async function serve(listener: RequestListener): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer(listener);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}
