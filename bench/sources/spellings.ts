/** A way of writing an address that must not be reached, and how it must be refused. */
export interface Spelling {
  readonly what: string;
  readonly url: string;
  readonly code: 'SOURCE_ADDRESS_REFUSED' | 'SOURCE_URL_REFUSED';
}

type Octets = readonly [number, number, number, number];

/** One of each IPv4 range that is not public. */
const PRIVATE_V4: readonly Octets[] = [
  [127, 0, 0, 1],
  [127, 255, 255, 254],
  [0, 0, 0, 0],
  [10, 0, 0, 1],
  [100, 64, 0, 1],
  [169, 254, 169, 254],
  [172, 16, 0, 1],
  [192, 0, 0, 8],
  [192, 0, 2, 1],
  [192, 88, 99, 1],
  [192, 168, 1, 1],
  [198, 18, 0, 1],
  [198, 51, 100, 1],
  [203, 0, 113, 1],
  [224, 0, 0, 1],
  [240, 0, 0, 1],
  [255, 255, 255, 255],
];

const PRIVATE_V6 = [
  ...['::', '::1', '0:0:0:0:0:0:0:1', '0000:0000:0000:0000:0000:0000:0000:0001', '100::1', '2001:2::1', '2001:10::1'],
  ...['2001:20::1', '2001:db8::1', '3fff::1', '5f00::1', '8000::1', 'fc00::1', 'fd12:3456::1', 'fe80::1', 'febf::1'],
  ...['fec0::1', 'ff02::1', 'ff0e::1', 'fd00:ec2::254', '64:ff9b::', '64:ff9b:1:ffff::1', '2002::', '2001::'],
] as const;

const hex = (value: number): string => value.toString(16);
const octal = (value: number): string => `0${value.toString(8)}`;

/** Each of them refused because of where it leads, whatever way it is written. */
function spellingsV4(octets: Octets): readonly (readonly [string, string])[] {
  const [a, b, c, d] = octets;
  const dotted = octets.join('.');
  const whole = ((a * 256 + b) * 256 + c) * 256 + d;
  const [high, low] = [hex(a * 256 + b), hex(c * 256 + d)];
  const flipped = `${hex(0xffff - (a * 256 + b))}:${hex(0xffff - (c * 256 + d))}`;
  return [
    ['dotted', dotted],
    ['trailing dot', `${dotted}.`],
    ['decimal', String(whole)],
    ['hex', `0x${hex(whole)}`],
    ['octal', octal(whole)],
    ['hex parts', octets.map((part) => `0x${hex(part)}`).join('.')],
    ['octal parts', octets.map(octal).join('.')],
    ['padded octal parts', octets.map((part) => `0000${part.toString(8)}`).join('.')],
    ['mixed parts', `0x${hex(a)}.${octal(b)}.${c}.0X${hex(d)}`],
    ['three parts', `${a}.${b}.${c * 256 + d}`],
    ['two parts', `${a}.${(b * 256 + c) * 256 + d}`],
    ['percent-encoded', dotted.replaceAll(/./g, (char) => `%${hex(char.charCodeAt(0))}`)],
    ['wide digits', dotted.replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)))],
    ['ideographic dots', dotted.replaceAll('.', '。')],
    ['wide dots', dotted.replaceAll('.', '．')],
    ['mapped', `[::ffff:${dotted}]`],
    ['mapped hex', `[::ffff:${high}:${low}]`],
    ['mapped long', `[0000:0000:0000:0000:0000:FFFF:${high}:${low}]`],
    ['compatible', `[::${dotted}]`],
    ['translated', `[::ffff:0:${dotted}]`],
    ['NAT64', `[64:ff9b::${dotted}]`],
    ['local NAT64', `[64:ff9b:1::${dotted}]`],
    ['6to4', `[2002:${high}:${low}::1]`],
    ['Teredo', `[2001:0:4136:e378:8000:63bf:${flipped}]`],
    ['Teredo server', `[2001:0:${high}:${low}::1]`],
    ['ISATAP', `[fe80::5efe:${dotted}]`],
  ];
}

/** Refused as URLs, before anything is looked up. */
const REFUSED_URLS = [
  ...[
    'http://example.com/',
    'http://127.0.0.1/',
    'ftp://127.0.0.1/',
    'file:///etc/passwd',
    'file://localhost/etc/hosts',
  ],
  ...[
    'gopher://127.0.0.1:6379/_INFO',
    'data:application/json,1',
    'javascript:1',
    'ws://127.0.0.1/',
    'blob:https://a/1',
  ],
  ...['https://user@127.0.0.1/', 'https://user:pass@10.0.0.1/', 'https://example.com@127.0.0.1/', 'https://:p@[::1]/'],
  ...[
    'https://127.0.0.1@example.com/',
    'https://example.com:80/',
    'https://example.com:22/',
    'https://127.0.0.1:6379/',
  ],
  ...[
    'https://[fe80::1%25eth0]/',
    'https://[fe80::1%eth0]/',
    'https://[::1%251]/',
    'https://[::1/',
    'https://256.0.0.1/',
  ],
  ...[
    'https://127.0.0.1.1.1/',
    'https://0x7f.1.1.1.1/',
    'https://127.0.0.1%00.example.com/',
    'https://a b/',
    'https://',
  ],
  ...['https:', '//', '', ' ', 'localhost', '127.0.0.1', 'unix:/var/run/docker.sock', 'https://example.com:99999/'],
  `https://example.com/${'a'.repeat(2_048)}`,
];

/** More than 400 spellings: each private range in each notation, and URLs that are refused as such. */
export function ssrfSpellings(): readonly Spelling[] {
  const address = (what: string, host: string): Spelling => ({
    what,
    url: `https://${host}/`,
    code: 'SOURCE_ADDRESS_REFUSED',
  });
  return [
    ...PRIVATE_V4.flatMap((octets) => spellingsV4(octets).map(([what, host]) => address(what, host))),
    ...PRIVATE_V6.map((host) => address('IPv6', `[${host}]`)),
    ...REFUSED_URLS.map((url) => ({ what: 'URL', url, code: 'SOURCE_URL_REFUSED' }) as const),
  ];
}
