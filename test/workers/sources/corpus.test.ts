import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

/** `SOURCES_CASES` makes a longer run; `./dev bench sources` is the same with figures. */
const CASES = process.env['SOURCES_CASES'] ?? '4000';

interface Report {
  readonly cases: number;
  readonly spellings: number;
  readonly connections: number;
  readonly elsewhere: number;
  readonly trapped: number;
  readonly listeners: readonly string[];
  readonly faults: number;
  readonly rssGrowth: number;
}

describe('hostile sources', () => {
  it('reaches no address that is not allowed, ends every question rightly and in time, and holds no memory', async () => {
    const asked = promisify(execFile)(process.execPath, ['bench/sources.ts', '--cases', CASES], { timeout: 600_000 });
    const { stdout } = await asked.catch((failure: unknown) => failure as { stdout: string });
    const lines = stdout.trim().split('\n');
    const report = JSON.parse(lines.at(-1) ?? '') as Report;
    // The lines before name each question that ended wrongly or too late.
    expect(lines.slice(0, -1)).toEqual([]);
    expect(report).toMatchObject({ faults: 0, elsewhere: 0, trapped: 0 });
    expect(report.cases).toBeGreaterThanOrEqual(2_000);
    expect(report.spellings).toBeGreaterThanOrEqual(200);
    // The fetcher did ask: the door was reached, and the traps could have been.
    expect(report.connections).toBeGreaterThan(500);
    expect(report.listeners.length).toBeGreaterThanOrEqual(2);
    expect(report.rssGrowth).toBeLessThanOrEqual(64 * 2 ** 20);
  }, 600_000);
});
