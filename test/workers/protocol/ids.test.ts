import { describe, expect, it } from 'vitest';
import {
  ZERO_ADDRESS,
  ZERO_HEX32,
  parseAddress,
  parseHex32,
  parseJobId,
  parseModelId,
} from '../../../workers/protocol/ids.ts';

const CHECKSUMMED = '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed';

describe('32 bytes of hex', () => {
  it('are lower-cased, so that equal ids are equal strings', () => {
    expect(parseHex32(`0x${'AB'.repeat(32)}`)).toBe(`0x${'ab'.repeat(32)}`);
    expect(parseJobId(ZERO_HEX32)).toBe(ZERO_HEX32);
    expect(parseModelId(ZERO_HEX32)).toBe(ZERO_HEX32);
  });

  it.each([
    [''],
    ['0x'],
    [`0x${'0'.repeat(63)}`],
    [`0x${'0'.repeat(65)}`],
    [`0x${'g'.repeat(64)}`],
    ['0'.repeat(64)],
    [7n],
    [null],
  ])('are not %s', (value) => {
    expect(() => parseHex32(value)).toThrow(expect.objectContaining({ code: 'HEX32_MALFORMED', retryable: false }));
  });

  it('are cut short when they are shown', () => {
    expect(() => parseHex32('x'.repeat(1000))).toThrow(/got "x{77}\.\.\."$/);
  });
});

describe('address', () => {
  it('gets its checksum', () => {
    expect(parseAddress(CHECKSUMMED)).toBe(CHECKSUMMED);
    expect(parseAddress(CHECKSUMMED.toLowerCase())).toBe(CHECKSUMMED);
    expect(parseAddress(ZERO_ADDRESS)).toBe(ZERO_ADDRESS);
  });

  it.each([[CHECKSUMMED.replace('aA', 'Aa')], [CHECKSUMMED.slice(2)], ['0x12'], ['vitalik.eth'], [undefined]])(
    'is not %s',
    (value) => {
      expect(() => parseAddress(value)).toThrow(expect.objectContaining({ code: 'ADDRESS_MALFORMED' }));
    },
  );
});
