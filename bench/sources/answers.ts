import type { Socket } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';

import type { SeededRandom } from '../../scripts/gen/random.ts';

/** What a server sends, byte by byte, and what must come of it: the exact value, or one of the codes. */
export interface HostileAnswer {
  readonly kind: string;
  /** Called when the request has been read. */
  readonly send: (socket: Socket) => void;
  readonly value?: bigint;
  readonly codes?: readonly string[];
  readonly timeoutMs?: number;
}

/** Digits after the point of every expected value. */
export const DECIMALS = 8;
const SLOW_MS = 250;
const [TOO_LARGE, MALFORMED, NO_VALUE] = [['SOURCE_TOO_LARGE'], ['SOURCE_MALFORMED'], ['SOURCE_NO_VALUE']];
const [UNREACHABLE, TIMEOUT, STATUS] = [['SOURCE_UNREACHABLE'], ['SOURCE_TIMEOUT'], ['SOURCE_STATUS']];

type Body = string | Buffer;
type Make = (random: SeededRandom, n: number) => HostileAnswer;

const ok = (body: Body, headers = ''): ((socket: Socket) => void) => {
  const length = `content-length: ${Buffer.byteLength(body)}\r\n`;
  return raw(`HTTP/1.1 200 OK\r\nconnection: close\r\n${length}${headers}\r\n`, body);
};
const raw =
  (...parts: readonly Body[]) =>
  (socket: Socket): void => {
    for (const part of parts) socket.write(part);
    socket.end();
  };
const pick = <T>(list: readonly T[], n: number): T => list[n % list.length] as T;
const digits = (random: SeededRandom, count: number): string =>
  Array.from({ length: count }, () => random.below(10)).join('');
const scaled = (whole: string, fraction: string): bigint => BigInt(whole + fraction.padEnd(DECIMALS, '0'));

/** Sends `next()` every 20 ms until the reader leaves. */
const drip =
  (head: string, next: string) =>
  (socket: Socket): void => {
    socket.write(head);
    const timer = setInterval(() => socket.write(next), 20);
    socket.once('close', () => clearInterval(timer));
  };

const NOT_NUMBERS = [
  ...[
    '"NaN"',
    '"Infinity"',
    '"-Infinity"',
    '"1e999"',
    '1e999',
    '-1e999',
    '1e-999',
    '"0x10"',
    '"1,000.5"',
    '""',
    'null',
  ],
  ...['true', '[]', '{}', '[1,2]', '"١٢٣"', '"1_000"', '"--1"', '"1.2.3"', '".5"', '"5."', '"1e61"', '"١"', '"1n"'],
  ...[
    '"1 2"',
    '"9e59"',
    '"\\u0000"',
    `"${'9'.repeat(81)}"`,
    '"1e"',
    '"e5"',
    '"+"',
    '"∞"',
    '99999999999999999999999999999999',
  ],
];
const NOT_JSON = [
  ...[
    'NaN',
    'Infinity',
    '-Infinity',
    'undefined',
    '01',
    '.5',
    '1.',
    '+1',
    '0x10',
    "'1'",
    '1,',
    '',
    '1 2',
    '"a',
    '1e',
    '[1',
  ],
  ...['\u00a01', '/* 1 */', '"\\x41"', '"\t"', '--1', 'nul', 'True', '"\\ud83'],
];
const NOT_HTTP = [
  ...[
    'SSH-2.0-OpenSSH_9.9\r\n',
    'HTTP/9.9 200 OK\r\n\r\n1',
    'HTTP/1.1 abc OK\r\n\r\n',
    '<html></html>',
    '\u0000\u0001\u0002',
  ],
  ...['HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n1', 'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n1'],
  ...['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n1', 'HTTP/1.1 200 OK\r\na b: c\r\n\r\n'],
  ...['HTTP/1.1 200 OK\r\n: x\r\n\r\n1', '220 ftp\r\n'],
  'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n1',
];
const NOT_UTF8 = ['ff', 'c080', 'eda080', 'f5808080', 'e9', '80', 'fe', 'f08080af'];
const PACK = [
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['br', brotliCompressSync],
  ['deflate', deflateSync],
] as const;
const BOMBS = PACK.map(([, pack]) => pack(Buffer.alloc(20_000_000)));

const KINDS: readonly Make[] = [
  (random) => {
    const [whole, fraction] = [`1${digits(random, random.below(25))}`, digits(random, 1 + random.below(DECIMALS))];
    const text = `${whole}.${fraction}`;
    const body = random.uniform() < 0.5 ? `{"price":${text}}` : `{"price":"${text}"}`;
    return { kind: 'exact number', send: ok(body), value: scaled(whole, fraction) };
  },
  (_random, n) => ({ kind: 'no number', send: ok(`{"price":${pick(NOT_NUMBERS, n)}}`), codes: NO_VALUE }),
  (_random, n) => ({ kind: 'not JSON', send: ok(`{"price":${pick(NOT_JSON, n)}}`), codes: MALFORMED }),
  (random, n) => {
    const name = pick(['"price"', '"\\u0070rice"', '"pric\\u0065"', '"p\\u0072ice" '], n);
    const body = pick(
      [`{"price":1,${name}:2}`, `{${name}:1,"x":[],"price":1}`, `{"a":[{"price":1,${name}:1}],"price":1}`],
      n,
    );
    return { kind: 'a name twice', send: ok(body + ' '.repeat(random.below(9))), codes: MALFORMED };
  },
  (random, n) => {
    const whole = `1${digits(random, 5)}`;
    const name = pick(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'], n);
    return n % 2 === 0
      ? { kind: 'prototype', send: ok(`{"${name}":{"price":1}}`), codes: NO_VALUE }
      : { kind: 'prototype', send: ok(`{"${name}":{"price":1},"price":${whole}}`), value: scaled(whole, '') };
  },
  (random) => {
    const depth = 33 + random.below(100_000);
    const [left, right] = random.uniform() < 0.5 ? ['[', ']'] : ['{"a":', '}'];
    const body = `{"a":${left.repeat(depth)}1${right.repeat(depth)},"price":1}`;
    return { kind: 'deep', send: ok(body), codes: body.length > 262_144 ? TOO_LARGE : MALFORMED };
  },
  (random) => {
    const body = '{"b":[1,{"c":"d"}],"price":"3000.12","e":null}';
    return { kind: 'cut off', send: ok(body.slice(0, random.below(body.length))), codes: MALFORMED };
  },
  (random) => {
    const body = '{"b":[1,{"c":"d"}],"price":"3000.12","e":null}';
    const at = random.below(body.length + 1);
    return { kind: 'control character', send: ok(`${body.slice(0, at)}\u0001${body.slice(at)}`), codes: MALFORMED };
  },
  (random, n) => {
    const body = `{"price":"1${' '.repeat(262_144 + random.below(200_000))}"}`;
    const chunked = `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    return { kind: 'large', send: n % 2 === 0 ? ok(body) : raw(chunked), codes: TOO_LARGE };
  },
  (random, n) => ({
    kind: 'wrong length',
    send: raw(
      `HTTP/1.1 200 OK\r\ncontent-length: ${pick([String(12 + random.below(90)), '1000000000000', '11\r\ncontent-length: 12'], n)}\r\n\r\n`,
      '{"price":1}',
    ),
    codes: UNREACHABLE,
  }),
  (_random, n) => ({
    kind: 'bomb',
    send: ok(pick(BOMBS, n), `content-encoding: ${pick(PACK, n)[0]}\r\n`),
    codes: TOO_LARGE,
  }),
  (random, n) => {
    const [name, pack] = pick(PACK, n);
    const whole = `1${digits(random, 9)}`;
    return {
      kind: 'packed',
      send: ok(pack(`{"price":${whole}}`), `content-encoding: ${name}\r\n`),
      value: scaled(whole, ''),
    };
  },
  (random, n) => {
    const [name, pack] = pick(PACK, n);
    const whole = pack(`{"price":"${digits(random, 60)}"}`);
    const body = pick([whole.subarray(0, 1 + random.below(whole.length - 1)), Buffer.from('{"price":1}')], n >> 2);
    return { kind: 'badly packed', send: ok(body, `content-encoding: ${name}\r\n`), codes: MALFORMED };
  },
  (_random, n) => ({
    kind: 'unknown packing',
    send: ok('{"price":1}', `content-encoding: ${pick(['zstd', 'gzip, gzip', 'br, gzip', 'compress', 'x'], n)}\r\n`),
    codes: MALFORMED,
  }),
  (_random, n) => ({
    kind: 'reset',
    send: (socket) => {
      const text = 'HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{"price":1}';
      socket.write(text.slice(0, (n * 7) % text.length), () => (n % 2 ? socket.resetAndDestroy() : socket.destroy()));
    },
    codes: UNREACHABLE,
  }),
  (random, n) => {
    const head = 'HTTP/1.1 200 OK\r\n';
    const size = 17_000 + random.below(200_000);
    const flood = pick([`x: ${'y'.repeat(size)}\r\n`, 'x: y\r\n'.repeat(size), `${'x'.repeat(size)}: y\r\n`], n);
    return { kind: 'header flood', send: raw(`${head}${flood}\r\n1`), codes: TOO_LARGE };
  },
  (_random, n) => ({ kind: 'not HTTP', send: raw(pick(NOT_HTTP, n)), codes: MALFORMED }),
  (random) => {
    const status = pick(
      [201, 204, 206, 300, 304, 400, 401, 403, 404, 410, 418, 429, 451, 500, 502, 503, 599],
      random.below(17),
    );
    return { kind: 'status', send: raw(`HTTP/1.1 ${status} X\r\ncontent-length: 0\r\n\r\n`), codes: STATUS };
  },
  (random, n) => {
    const bytes = Buffer.concat([
      Buffer.from(`{"a":"${digits(random, 4)}`),
      Buffer.from(pick(NOT_UTF8, n), 'hex'),
      Buffer.from('","price":1}'),
    ]);
    const body = n % 3 === 0 ? Buffer.from('\ufeff{"price":1}', 'utf16le') : bytes;
    return { kind: 'charset', send: ok(body, 'content-type: application/json; charset=utf-16\r\n'), codes: MALFORMED };
  },
  (random) => {
    const wide = Array.from({ length: 5_000 + random.below(10_000) }, (_x, at) => `"k${at}":${at}`).join(',');
    const whole = `1${digits(random, 9)}`;
    return { kind: 'wide', send: ok(`{${wide},"price":${whole}}`), value: scaled(whole, '') };
  },
];

/** Each takes its whole time limit, so there are fewer of them. */
const SLOW: readonly Make[] = [
  () => ({ kind: 'silent', send: () => undefined, codes: TIMEOUT, timeoutMs: SLOW_MS }),
  () => ({ kind: 'drip', send: drip('HTTP/1.1 200 OK\r\n\r\n{"price":1', '0'), codes: TIMEOUT, timeoutMs: SLOW_MS }),
  () => ({ kind: 'header drip', send: drip('HTTP/1.1 200 OK\r\n', 'x: y\r\n'), codes: TIMEOUT, timeoutMs: SLOW_MS }),
  () => ({ kind: 'interim answers', send: drip('', 'HTTP/1.1 103 X\r\n\r\n'), codes: TIMEOUT, timeoutMs: SLOW_MS }),
];

/** `count` answers, every kind in turn and then a slow one. */
export function hostileAnswers(random: SeededRandom, count: number): readonly HostileAnswer[] {
  return Array.from({ length: count }, (_x, n) => {
    const round = Math.floor(n / (KINDS.length + 1));
    const make = KINDS[n % (KINDS.length + 1)] ?? pick(SLOW, round);
    return make(random, round);
  });
}
