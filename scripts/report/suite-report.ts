import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** One test, check step or fuzz case as a runner reported it. */
export interface Case {
  /** Where and what, outermost first, joined by ` › `. */
  readonly name: string;
  readonly status: 'passed' | 'failed' | 'skipped';
  /** Why it failed or was skipped, where the runner knows. */
  readonly reason?: string;
  /** Milliseconds. */
  readonly duration?: number;
}

/** What one runner leaves behind: `.reports/<suite>.json`. */
export interface SuiteReport {
  readonly suite: string;
  readonly cases: readonly Case[];
}

export const REPORTS_FOLDER = '.reports';

const fileOf = (suite: string): string => path.join(REPORTS_FOLDER, `${suite}.json`);

export function writeSuiteReport(report: SuiteReport): void {
  mkdirSync(REPORTS_FOLDER, { recursive: true });
  writeFileSync(fileOf(report.suite), `${JSON.stringify(report, null, 1)}\n`);
}

/** The report a runner wrote, or `undefined` when there is none that can be read. */
export function readSuiteReport(suite: string): SuiteReport | undefined {
  try {
    const parsed = JSON.parse(readFileSync(fileOf(suite), 'utf8')) as SuiteReport;
    return Array.isArray(parsed.cases) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

export function removeSuiteReport(suite: string): void {
  rmSync(fileOf(suite), { force: true });
}
