import { describe, expect, test } from 'vitest';
import { linesOf, type SuiteRun, sumReports } from '../../../scripts/report/sum-reports.ts';
import type { Case } from '../../../scripts/report/suite-report.ts';

const run = (cases: readonly Case[] | undefined, exitCode: number | null = 0): SuiteRun => ({
  suite: 'workers',
  exitCode,
  duration: 1500,
  report: cases && { suite: 'workers', cases },
});
const passed: Case = { name: 'a', status: 'passed' };
const failed: Case = { name: 'b', status: 'failed', reason: 'expected 1, got 2\nat b.ts' };
const skipped: Case = { name: 'c', status: 'skipped', reason: 'no GPU' };

describe('sumReports', () => {
  test('adds up the cases of every suite', () => {
    const { passed: ok, failed: bad, skipped: not } = sumReports([run([passed, skipped]), run([passed, failed], 1)]);
    expect([ok, bad, not]).toEqual([2, 1, 1]);
  });

  test('counts a runner without a report as a failure', () => {
    expect(sumReports([run(undefined)])).toMatchObject({ passed: 0, failed: 1 });
  });

  test('counts a runner that ran no test as a failure', () => {
    expect(sumReports([run([])])).toMatchObject({ passed: 0, failed: 1 });
  });

  test('counts a runner that crashed after its last test as a failure', () => {
    expect(sumReports([run([passed], 1)])).toMatchObject({ passed: 1, failed: 1 });
    expect(sumReports([run([passed], null)])).toMatchObject({ passed: 1, failed: 1 });
  });

  test('does not count a failure twice when the runner reports it and ends with a status', () => {
    expect(sumReports([run([failed], 1)])).toMatchObject({ failed: 1 });
  });
});

describe('linesOf', () => {
  const lines = linesOf(sumReports([run([passed, failed, skipped], 1)]));

  test('ends with exactly the sum, and the skipped count above it', () => {
    expect(lines.slice(-2)).toEqual(['1 skipped', '1 passed, 1 failed']);
  });

  test('names what failed and what was skipped, with the first line of the reason', () => {
    expect(lines).toContain('  workers: b — expected 1, got 2');
    expect(lines).toContain('  workers: c — no GPU');
  });
});
