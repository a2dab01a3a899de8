import type { Case, SuiteReport } from './suite-report.ts';

/** How one runner ended. */
export interface SuiteRun {
  readonly suite: string;
  /** Exit status of the runner; `null` when it was killed. */
  readonly exitCode: number | null;
  /** Milliseconds. */
  readonly duration: number;
  /** What it left in `.reports/`; `undefined` when it left nothing readable. */
  readonly report: SuiteReport | undefined;
}

export interface Summary {
  readonly rows: readonly { suite: string; passed: number; failed: number; skipped: number; duration: number }[];
  readonly failures: readonly Case[];
  readonly skips: readonly Case[];
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/**
 * Adds up the runners' own reports. A runner that ran nothing, left no report, or failed without a failed case is one
 * failure more: a crash never looks like success.
 */
export function sumReports(runs: readonly SuiteRun[]): Summary {
  const completed = runs.map((run) => ({ run, cases: [...(run.report?.cases ?? []), ...missing(run)] }));
  const rows = completed.map(({ run: { suite, duration }, cases }) => ({
    suite,
    passed: cases.filter(({ status }) => status === 'passed').length,
    failed: cases.filter(({ status }) => status === 'failed').length,
    skipped: cases.filter(({ status }) => status === 'skipped').length,
    duration,
  }));
  const all = completed.flatMap(({ run, cases }) =>
    cases.map((one) => ({ ...one, name: `${run.suite}: ${one.name}` })),
  );
  const total = (key: 'passed' | 'failed' | 'skipped'): number => rows.reduce((sum, row) => sum + row[key], 0);
  return {
    rows,
    failures: all.filter(({ status }) => status === 'failed'),
    skips: all.filter(({ status }) => status === 'skipped'),
    passed: total('passed'),
    failed: total('failed'),
    skipped: total('skipped'),
  };
}

function missing({ exitCode, report }: SuiteRun): Case[] {
  const fail = (reason: string): Case[] => [{ name: 'the runner', status: 'failed', reason }];
  const ended = exitCode === null ? 'was killed' : `ended with status ${exitCode}`;
  if (!report) return fail(`left no report; it ${ended}`);
  if (report.cases.length === 0) return fail(`ran no test; it ${ended}`);
  if (exitCode !== 0 && !report.cases.some(({ status }) => status === 'failed'))
    return fail(`${ended} though no case failed`);
  return [];
}

/** The end of `./dev test`, as lines; the last is always `N passed, N failed`. */
export function linesOf({ rows, failures, skips, passed, failed, skipped }: Summary): string[] {
  const seconds = (ms: number): string => (ms / 1000).toFixed(1);
  const table = [
    ['suite', 'passed', 'failed', 'skipped', 'seconds'],
    ...rows.map((row) => [
      row.suite,
      String(row.passed),
      String(row.failed),
      String(row.skipped),
      seconds(row.duration),
    ]),
  ];
  const width = Math.max(...table.map(([suite]) => suite?.length ?? 0));
  return [
    ...section('failed', failures),
    ...section('skipped', skips),
    ...table.map(([suite, ...numbers]) =>
      [suite?.padEnd(width), ...numbers.map((number) => number.padStart(9))].join(''),
    ),
    '',
    `${skipped} skipped`,
    `${passed} passed, ${failed} failed`,
  ];
}

function section(title: string, cases: readonly Case[]): string[] {
  if (cases.length === 0) return [];
  const lines = cases.map(({ name, reason }) => `  ${name}${reason ? ` — ${reason.split('\n', 1)[0] ?? ''}` : ''}`);
  return [`${title}:`, ...lines, ''];
}
