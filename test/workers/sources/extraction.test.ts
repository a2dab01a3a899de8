import { describe, expect, it } from 'vitest';

import { codeOf } from '../../../workers/runtime/errors.ts';
import { invert, parseExact, scaleExact } from '../../../workers/sources/exact-decimal.ts';
import { numberFromCsv, numberFromJson, textOf } from '../../../workers/sources/extraction.ts';
import { PRESETS } from '../../../workers/sources/presets.ts';

function end(work: () => unknown): unknown {
  try {
    return work();
  } catch (failure) {
    return codeOf(failure);
  }
}

describe('a number in JSON', () => {
  it('is the text as written, which a double would change', () => {
    expect(numberFromJson('{"p":9007199254740993.10}', '$.p')).toBe('9007199254740993.10');
    expect(numberFromJson('{"p":"1.50"}', '$.p')).toBe('1.50');
    expect(numberFromJson('\ufeff{"p":1}'.slice(1), '$..p')).toBe('1');
  });

  it.each(['{"p":1', '{"p":NaN}', '{"p":01}', '', '{"p":1,"p":2}', '{"p":1,"\\u0070":1}', '{"a":{"b":1,"b":1},"p":1}'])(
    'SOURCE_MALFORMED: %s',
    (text) => {
      expect(end(() => numberFromJson(text, '$.p'))).toBe('SOURCE_MALFORMED');
    },
  );

  it('is found at a depth of 32; SOURCE_MALFORMED: a depth of 33, in brackets but not in text', () => {
    const nested = (depth: number): string => `${'['.repeat(depth)}1${']'.repeat(depth)}`;
    expect(numberFromJson(nested(32), `$${'[0]'.repeat(32)}`)).toBe('1');
    expect(end(() => numberFromJson(nested(33), '$[0]'))).toBe('SOURCE_MALFORMED');
    expect(numberFromJson(`{"a":"\\"${'['.repeat(99)}","p":1}`, '$.p')).toBe('1');
  });

  it.each([
    ['{"q":1}', '$.p'],
    ['{"p":[1,2]}', '$.p[*]'],
    ['{"p":null}', '$.p'],
    ['{"p":{"x":1}}', '$.p'],
    ['{"__proto__":{"p":1}}', '$.p'],
    ['{}', '$.constructor'],
  ])('SOURCE_NO_VALUE: %s at %s', (text, query) => {
    expect(end(() => numberFromJson(text, query))).toBe('SOURCE_NO_VALUE');
  });

  it('SOURCE_MALFORMED: bytes that are not UTF-8', () => {
    expect(end(() => textOf(Buffer.from('7bff', 'hex')))).toBe('SOURCE_MALFORMED');
    expect(textOf(Buffer.from('\ufeff{}'))).toBe('{}');
  });
});

describe('a number in a table', () => {
  const table = 'day,close\na,1.5\nb,2.5\nb,3.5\n';

  it('is in one column of the first row, the last, or the one that is named', () => {
    expect(numberFromCsv(table, { column: 'close', row: 'first' })).toBe('1.5');
    expect(numberFromCsv(table, { column: 'close', row: 'last' })).toBe('3.5');
    expect(numberFromCsv(table, { column: 'close', row: { column: 'day', equals: 'a' } })).toBe('1.5');
  });

  it.each([
    ['no such column', table, { column: 'open', row: 'last' }],
    ['a column twice', 'close,close\n1,2\n', { column: 'close', row: 'last' }],
    ['no row', 'close\n', { column: 'close', row: 'last' }],
    ['two rows', table, { column: 'close', row: { column: 'day', equals: 'b' } }],
    ['none of this name', table, { column: 'close', row: { column: 'day', equals: 'c' } }],
  ] as const)('SOURCE_NO_VALUE: %s', (_what, text, place) => {
    expect(end(() => numberFromCsv(text, place))).toBe('SOURCE_NO_VALUE');
  });

  it.each(['a,b\n"1,2', 'a,b\n1,2,3\n', `a\n${'1'.repeat(70_000)}\n`])('SOURCE_MALFORMED: %.20j', (text) => {
    expect(end(() => numberFromCsv(text, { column: 'a', row: 'last' }))).toBe('SOURCE_MALFORMED');
  });
});

describe('exact numbers', () => {
  it('rounds once, half away from zero', () => {
    const round = (text: string, decimals: number): bigint => scaleExact(parseExact(text), decimals);
    expect(['0.5', '-0.5', '1.4', '-1.5', '0.49999999999999999999'].map((text) => round(text, 0))).toEqual([
      ...[1n, -1n, 1n, -2n, 0n],
    ]);
    expect(round('9007199254740993.1', 1)).toBe(90071992547409931n);
    expect(round('1.5e-3', 4)).toBe(15n);
    expect(round('-1E+2', 2)).toBe(-10_000n);
  });

  it.each(['NaN', 'Infinity', '1e999', '1e61', '', '0x10', '1,5', '.5', '1.', '1 000', '١', '9'.repeat(81)])(
    'SOURCE_NO_VALUE: %s',
    (text) => {
      expect(end(() => parseExact(text))).toBe('SOURCE_NO_VALUE');
    },
  );

  it('SOURCE_NO_VALUE: beyond int128, and the inverse of zero', () => {
    const most = 2n ** 127n - 1n;
    expect(scaleExact(parseExact(String(most)), 0)).toBe(most);
    expect(end(() => scaleExact(parseExact(String(most + 1n)), 0))).toBe('SOURCE_NO_VALUE');
    expect(end(() => invert(parseExact('0.00')))).toBe('SOURCE_NO_VALUE');
    expect(scaleExact(invert(parseExact('-8')), 3)).toBe(-125n);
  });
});

describe('presets', () => {
  it.each([
    [
      'coinbase',
      'https://api.exchange.coinbase.com/products/ETH-USD/ticker',
      '{"trade_id":1,"price":"3000.12","size":"0.1"}',
    ],
    [
      'kraken',
      'https://api.kraken.com/0/public/Ticker?pair=ETHUSD',
      '{"error":[],"result":{"XETHZUSD":{"a":["1","1","1"],"c":["3000.12","0.2"]}}}',
    ],
    ['binance', 'https://api.binance.com/api/v3/ticker/price?symbol=ETHUSD', '{"symbol":"ETHUSD","price":"3000.12"}'],
    ['bitstamp', 'https://www.bitstamp.net/api/v2/ticker/ethusd/', '{"last":"3000.12","high":"1","bid":"1"}'],
  ] as const)('%s: where it is asked, and its last price', (preset, url, body) => {
    expect(PRESETS[preset].url('ETH', 'USD')).toBe(url);
    expect(numberFromJson(body, PRESETS[preset].json)).toBe('3000.12');
  });
});
