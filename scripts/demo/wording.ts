import { formatUnits } from 'ethers';

/** `0x1234abcd…cdef12`: enough to recognise; `--json` has it whole. */
export function short(hex: string): string {
  return hex.length <= 20 ? hex : `${hex.slice(0, 10)}…${hex.slice(-6)}`;
}

export function seconds(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

/** Milliseconds of a run, with the digits that mean something. */
export function milliseconds(ms: number): string {
  return `${ms >= 100 ? ms.toFixed(0) : ms >= 1 ? ms.toFixed(1) : ms.toFixed(2)} ms`;
}

export function count(value: bigint | number): string {
  return value.toLocaleString('en-US');
}

export function bytes(size: number): string {
  if (size < 1_024) return `${size} B`;
  return size < 1_024 ** 2 ? `${(size / 1_024).toFixed(1)} KiB` : `${(size / 1_024 ** 2).toFixed(1)} MiB`;
}

/** A token amount, 18 decimals, exact; `decimals` at least. */
export function tokens(amount: bigint, decimals = 2): string {
  const [whole = '0', fraction = ''] = formatUnits(amount < 0n ? -amount : amount, 18).split('.');
  const digits = fraction.replace(/0+$/, '').padEnd(decimals, '0');
  return `${amount < 0n ? '−' : ''}${BigInt(whole).toLocaleString('en-US')}${digits === '' ? '' : `.${digits}`}`;
}

export function signed(amount: bigint): string {
  return amount > 0n ? `+${tokens(amount)}` : tokens(amount);
}

/** Columns of equal width: the first to the left, the others to the right. */
export function columns(rows: readonly (readonly string[])[], gap = 3): string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => (row[at] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join(' '.repeat(gap))
      .trimEnd(),
  );
}

/** The value below which the given share lies, of values in any order. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? 0;
}
