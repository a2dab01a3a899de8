import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** A certificate and its key, both PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateAuthority {
  /** PEM. */
  readonly ca: string;
  /** A certificate for one DNS name; `from` and `to` default to a day around now. */
  issue(host: string, validity?: { readonly from?: Date; readonly to?: Date }): Certificate;
}

const DAY = 86_400_000;
const ECDSA_SHA256 = tag(0x30, oid('2a8648ce3d040302'));

/** An authority made for one test: X.509 v3, P-256, ECDSA with SHA-256 (RFC 5280). */
export function createCertificateAuthority(name = 'test authority'): CertificateAuthority {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const write = (subject: string, spki: Buffer, from: Date, to: Date, extensions: Buffer[]): string => {
    const body = tag(
      0x30,
      tag(0xa0, tag(0x02, Buffer.of(2))),
      tag(0x02, Buffer.concat([Buffer.of(1), randomBytes(8)])),
      ECDSA_SHA256,
      named(name),
      tag(0x30, time(from), time(to)),
      named(subject),
      spki,
      tag(0xa3, tag(0x30, ...extensions)),
    );
    const signature = sign('sha256', body, keys.privateKey);
    return pem('CERTIFICATE', tag(0x30, body, ECDSA_SHA256, tag(0x03, Buffer.of(0), signature)));
  };
  const spkiOf = (key: typeof keys.publicKey): Buffer => key.export({ type: 'spki', format: 'der' });
  const [yesterday, tomorrow] = [new Date(Date.now() - DAY), new Date(Date.now() + DAY)];
  const isAuthority = extension('551d13', true, tag(0x30, tag(0x01, Buffer.of(0xff))));
  return {
    ca: write(name, spkiOf(keys.publicKey), yesterday, tomorrow, [isAuthority]),
    issue: (host, { from = yesterday, to = tomorrow } = {}) => {
      const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const names = extension('551d11', false, tag(0x30, tag(0x82, Buffer.from(host, 'ascii'))));
      return {
        cert: write(host, spkiOf(own.publicKey), from, to, [names]),
        key: own.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      };
    },
  };
}

/** One DER value: tag, length, content. */
function tag(type: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const length = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.of(type, ...length), body]);
}

function oid(hex: string): Buffer {
  return tag(0x06, Buffer.from(hex, 'hex'));
}

const named = (text: string): Buffer =>
  tag(0x30, tag(0x31, tag(0x30, oid('550403'), tag(0x0c, Buffer.from(text, 'utf8')))));
const time = (at: Date): Buffer => tag(0x18, Buffer.from(`${at.toISOString().replaceAll(/\D/g, '').slice(0, 14)}Z`));
const extension = (id: string, critical: boolean, value: Buffer): Buffer =>
  tag(0x30, oid(id), ...(critical ? [tag(0x01, Buffer.of(0xff))] : []), tag(0x04, value));
const pem = (label: string, der: Buffer): string =>
  `-----BEGIN ${label}-----\n${der.toString('base64').replaceAll(/.{64}(?=.)/g, '$&\n')}\n-----END ${label}-----\n`;
