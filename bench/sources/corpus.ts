import type { Socket } from 'node:net';

import { SeededRandom } from '../../scripts/gen/random.ts';
import { hostileAnswers } from './answers.ts';
import { ssrfSpellings } from './spellings.ts';

/** One question, and what must come of it. */
export interface SourceCase {
  readonly kind: string;
  readonly url: string;
  /** `gate`: the connector itself is asked for the host of the URL, at a port where something listens. */
  readonly by: 'fetch' | 'gate';
  /** What the resolver says, one list for each look-up in turn; the last one for ever. */
  readonly names?: readonly (readonly string[])[];
  readonly value?: string;
  readonly codes?: readonly string[];
  readonly timeoutMs: number;
}

export interface Corpus {
  readonly cases: readonly SourceCase[];
  /** By path. */
  readonly answers: ReadonlyMap<string, (socket: Socket) => void>;
}

/** An address that is public, for names that begin well. Nothing is sent to it. */
export const PUBLIC = ['93.184.216.34', '2606:2800:220:1::34'];

const LIMIT_MS = 5_000;
const REFUSED = ['SOURCE_ADDRESS_REFUSED', 'SOURCE_URL_REFUSED'];

/** Each spelling as a URL, as a redirect, before the gate and behind names; redirects; then answers up to `count` cases. */
export function buildCorpus(door: string, count: number, seed: number): Corpus {
  const answers = new Map<string, (socket: Socket) => void>();
  const cases: SourceCase[] = [];
  const add = (kind: string, rest: Partial<SourceCase> & { readonly url: string }): void => {
    cases.push({ kind, by: 'fetch', timeoutMs: LIMIT_MS, ...rest });
  };
  const serve = (send: (socket: Socket) => void): string => {
    const path = `/${answers.size}`;
    answers.set(path, send);
    return path;
  };
  const redirect = (location: string, status = 302): string =>
    serve((socket) => {
      const head = `HTTP/1.1 ${status} Found\r\nconnection: close\r\ncontent-length: 0\r\n`;
      socket.end(`${head}location: ${location}\r\n\r\n`);
    });

  for (const [n, { what, url, code }] of ssrfSpellings().entries()) {
    add(`spelling: ${what}`, { url, codes: [code] });
    // A location that is empty, blank or relative stays at the door.
    if (/^(?!http:\/\/127).+:/.test(url))
      add(`redirect: ${what}`, { url: `http://${door}${redirect(url, 301 + (n % 3))}`, codes: REFUSED });
    if (code === 'SOURCE_URL_REFUSED') continue;
    const literal = new URL(url).hostname.replace(/^\[(.*)\]$/, '$1');
    const name = `https://name-${n}.example/`;
    const names = [[[literal]], [[PUBLIC[0] ?? '', literal]], [[literal, PUBLIC[1] ?? '']]];
    add(`gate: ${what}`, { url, by: 'gate', codes: ['SOURCE_ADDRESS_REFUSED'] });
    add(`name: ${what}`, { url: name, names: names[n % 3] ?? [], codes: ['SOURCE_ADDRESS_REFUSED'] });
    const again = serve((socket) => {
      socket.end(`HTTP/1.1 302 F\r\nconnection: close\r\nlocation: /again\r\ncontent-length: 0\r\n\r\n`);
    });
    add(`rebinding: ${what}`, {
      url: `${name.slice(0, -1)}${again}`,
      names: [[PUBLIC[n % 2] ?? ''], [literal]],
      codes: ['SOURCE_ADDRESS_REFUSED'],
    });
  }
  for (const names of [[], [''], ['localhost'], ['127.1'], ['fe80::1%eth0'], ['0x7f000001'], ['::ffff:127.0.0.1']])
    add('name: no address', { url: 'https://odd.example/', names: [names], codes: ['SOURCE_ADDRESS_REFUSED'] });
  add('redirect: a loop', { url: `http://${door}${redirect(`/${answers.size}`)}`, codes: ['SOURCE_STATUS'] });
  add('redirect: two that loop', {
    url: `http://${door}${redirect(redirect(`/${answers.size + 1}`))}`,
    codes: ['SOURCE_STATUS'],
  });
  let path = serve((socket) => socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{"price":7}'));
  for (let hops = 1; hops <= 6; hops++) {
    path = redirect(path, hops % 2 ? 307 : 308);
    add(`redirect: ${hops} hops`, {
      url: `http://${door}${path}`,
      ...(hops <= 3 ? { value: '700000000' } : { codes: ['SOURCE_STATUS'] }),
    });
  }
  for (const { kind, send, value, codes, timeoutMs = LIMIT_MS } of hostileAnswers(
    new SeededRandom(seed),
    Math.max(0, count - cases.length),
  )) {
    const url = `http://${door}${serve(send)}`;
    add(kind, {
      url,
      timeoutMs,
      ...(value === undefined ? {} : { value: String(value) }),
      ...(codes ? { codes } : {}),
    });
  }
  // A certificate is asked for where there is none.
  add('no TLS', { url: `https://${door}/`, codes: ['SOURCE_UNREACHABLE'] });
  return { cases, answers };
}
