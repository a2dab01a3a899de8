import { describe, expect, it } from 'vitest';
import {
  amountOption,
  parseAmount,
  secondsOption,
  shareOption,
  showDecimal,
  showSeconds,
  showShare,
  showTime,
} from '../../../scripts/chain/human-units.ts';

describe('times', () => {
  it.each([
    ['30s', 30],
    ['90', 90],
    ['1h30m', 5_400],
    ['2d', 172_800],
    ['1d1h1m1s', 90_061],
  ])('%s are %d seconds', (text, seconds) => {
    expect(secondsOption(text)).toBe(seconds);
  });

  it.each(['', 'h', '1 h', '1.5h', '-1s', '1h30', '1w'])('%j is refused', (text) => {
    expect(() => secondsOption(text)).toThrow('expected a time');
  });

  it.each([
    [0, '0s'],
    [59, '59s'],
    [3_600, '1h'],
    [5_430, '1h30m'],
    [3_605, '1h'],
    [90_061, '1d1h'],
    [-61, '-1m1s'],
  ])('%d seconds are shown as %s', (seconds, text) => {
    expect(showSeconds(seconds)).toBe(text);
  });

  it('are shown in UTC', () => {
    expect(showTime(1_700_000_000n)).toBe('2023-11-14 22:13:20Z');
  });
});

describe('shares', () => {
  it.each([
    ['0.5%', 50],
    ['50bps', 50],
    ['20%', 2_000],
    ['0%', 0],
    ['0.29%', 29],
  ])('%s are %d of 10,000', (text, bps) => {
    expect(shareOption(text)).toBe(bps);
  });

  it.each(['', '5', '0.001%', '-1%', '656%', '65536bps'])('%j is refused', (text) => {
    expect(() => shareOption(text)).toThrow('expected a share');
  });

  it('are shown as percent', () => {
    expect([showShare(50), showShare(2_000n), showShare(1)]).toEqual(['0.5%', '20%', '0.01%']);
  });
});

describe('amounts', () => {
  it('are decimal numbers of the token', () => {
    expect(parseAmount(amountOption('12.5'), 6)).toBe(12_500_000n);
    expect(showDecimal(12_500_000n, 6)).toBe('12.5');
    expect(showDecimal(-25n, 1)).toBe('-2.5');
    expect(showDecimal(3_000_000n, 6)).toBe('3');
  });

  it('are refused with a sign, without digits, and with more decimals than the token has', () => {
    for (const text of ['-1', '', '.5', '1e3', '1,5']) expect(() => amountOption(text)).toThrow('expected an amount');
    expect(() => parseAmount('0.0000001', 6)).toThrow('more than the 6 decimals');
  });
});
