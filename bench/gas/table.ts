import type { FlowGas } from './job-flow.ts';
import type { SingleGas } from './single-steps.ts';

/** Ritual Infernet, request + deliver, measured the same way: whole transactions, ERC-20 fee, stored callback result. */
const INFERNET: Readonly<Record<string, number>> = { small: 388_901, kib: 1_087_449 };

/** Gas of everything, integers. */
export interface GasReport extends SingleGas {
  readonly small: FlowGas;
  readonly kib: FlowGas;
  readonly settle50Marginal: number;
  readonly open: FlowGas;
  readonly offer: FlowGas;
  readonly onFinal: FlowGas;
}

/** The report for people: one row per flow, then one per single step. */
export function gasTable(report: GasReport): string {
  const { small, kib, open, offer, onFinal, settle50Marginal, ...singles } = report;
  const flows = { small, kib, open, offer, onFinal };
  const rows = [
    ['flow', 'request', 'attest', 'settle10', 'total', 'Infernet', 'ratio'],
    ...Object.entries(flows).map(([name, { request, attest, settle10, total }]) => {
      const peer = INFERNET[name];
      const comparison = peer === undefined ? ['', ''] : [grouped(peer), `${(peer / total).toFixed(2)} ×`];
      return [name, ...[request, attest, settle10, total].map(grouped), ...comparison];
    }),
  ];
  const single = Object.entries({ settle50Marginal, ...singles }).map(([name, gas]) => [name, grouped(gas)]);
  return [...aligned(rows), '', ...aligned(single)].join('\n');
}

function grouped(gas: number): string {
  return gas.toLocaleString('en-US');
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
