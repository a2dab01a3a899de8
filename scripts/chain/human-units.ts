import { InvalidArgumentError } from 'commander';
import { formatUnits, parseUnits } from 'ethers';

const SECONDS = { d: 86_400, h: 3_600, m: 60, s: 1 } as const;

/** `1h`, `90s`, `1h30m`; a plain number is seconds. @throws InvalidArgumentError for anything else */
export function secondsOption(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const parts = [...text.matchAll(/(\d{1,9})([dhms])/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) {
    throw new InvalidArgumentError('expected a time such as 30s, 5m, 1h30m or 2d');
  }
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * SECONDS[unit as keyof typeof SECONDS], 0);
}

/** Seconds in the two largest units that say something: `1h30m`, `12s`, `2d`. */
export function showSeconds(seconds: number): string {
  if (seconds < 0) return `-${showSeconds(-seconds)}`;
  let rest = Math.floor(seconds);
  const parts: string[] = [];
  for (const [unit, size] of Object.entries(SECONDS)) {
    if (rest >= size && parts.length < 2) parts.push(`${Math.floor(rest / size)}${unit}`);
    else if (parts.length > 0) break;
    rest %= size;
  }
  return parts.join('') || '0s';
}

const BPS_MAX = 65_535;

/** A share as `0.5%` or `50bps`, in 1/10,000. @throws InvalidArgumentError for anything else */
export function shareOption(text: string): number {
  const [, percent, bps] = /^(?:(\d{1,3}(?:\.\d{1,2})?)%|(\d{1,5})bps)$/.exec(text) ?? [];
  const value = percent === undefined ? Number(bps) : Math.round(Number(percent) * 100);
  if (Number.isNaN(value) || value > BPS_MAX) {
    throw new InvalidArgumentError('expected a share such as 0.5% or 50bps');
  }
  return value;
}

/** 50 of 10,000 as `0.5%`. */
export const showShare = (bps: number | bigint): string => `${Number(bps) / 100}%`;

/** A decimal number from 0 up, kept as text: what it is worth is known once the token's decimals are. */
export function amountOption(text: string): string {
  if (!/^\d{1,30}(\.\d{1,18})?$/.test(text))
    throw new InvalidArgumentError('expected an amount of tokens such as 12.5');
  return text;
}

/** @throws InvalidArgumentError for more decimals than the token has */
export function parseAmount(text: string, decimals: number): bigint {
  try {
    return parseUnits(text, decimals);
  } catch {
    throw new InvalidArgumentError(`${text} has more than the ${decimals} decimals of the token`);
  }
}

/** A scaled whole number as a decimal number, without needless zeros: 250000000 of 8 decimals is `2.5`. */
export function showDecimal(value: bigint, decimals: number): string {
  return formatUnits(value, decimals).replace(/\.0$/, '');
}

/** Unix seconds as `2026-11-21 09:00:00Z`. */
export function showTime(seconds: number | bigint): string {
  return new Date(Number(seconds) * 1_000).toISOString().replace('T', ' ').replace('.000Z', 'Z');
}
