import type { LookupFunction, AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:https';

import { afterEach, describe, expect, it } from 'vitest';

import { createSafeFetch } from '../../../workers/sources/safe-fetch.ts';
import { createCertificateAuthority, type Certificate } from '../../support/certificates.ts';

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

async function ask(certificate: Certificate, ca: string | undefined): Promise<string> {
  const server = createServer(certificate, (asked, reply) => reply.end(`${asked.headers.host} over TLS`));
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

describe('safe fetch over TLS', () => {
  it('takes a certificate for this name from the authority that is trusted', async () => {
    expect(await ask(authority.issue(HOST), authority.ca)).toMatch(/^prices\.example:\d+ over TLS$/);
  });

  it('SOURCE_UNREACHABLE: a certificate for another name', async () => {
    expect(await ask(authority.issue('other.example'), authority.ca)).toBe(
      'SOURCE_UNREACHABLE ERR_TLS_CERT_ALTNAME_INVALID',
    );
  });

  it('SOURCE_UNREACHABLE: a certificate that has expired, and one that is not valid yet', async () => {
    const [past, future] = [new Date(Date.now() - DAY / 2), new Date(Date.now() + DAY / 2)];
    expect(await ask(authority.issue(HOST, { to: past }), authority.ca)).toBe('SOURCE_UNREACHABLE CERT_HAS_EXPIRED');
    expect(await ask(authority.issue(HOST, { from: future }), authority.ca)).toBe(
      'SOURCE_UNREACHABLE CERT_NOT_YET_VALID',
    );
  });

  it('SOURCE_UNREACHABLE: an authority that is not trusted', async () => {
    expect(await ask(authority.issue(HOST), undefined)).toBe('SOURCE_UNREACHABLE UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    expect(await ask(authority.issue(HOST), createCertificateAuthority('another').ca)).toBe(
      'SOURCE_UNREACHABLE UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    );
  });
});
