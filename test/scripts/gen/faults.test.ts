import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { FAULTS } from '../../../scripts/gen/fault-rows.ts';
import { faultTests } from '../../../scripts/gen/fault-tests.ts';
import { faultsPage } from '../../../scripts/gen/faults-page.ts';

const ROWS = FAULTS.flatMap(({ first, rows }) => rows.map((row, at) => ({ ...row, number: first + at })));
const TESTED = new Set(faultTests().map(({ fault }) => fault));

describe('docs/FAULTS.md', () => {
  test('is what `node scripts/gen/faults.ts` writes', async () => {
    expect(readFileSync('docs/FAULTS.md', 'utf8')).toBe(await faultsPage());
  });

  test('has 58 faults, numbered without a gap', () => {
    expect(ROWS.map(({ number }) => number)).toEqual(Array.from({ length: 58 }, (_, at) => at + 1));
  });

  test.each(ROWS)('F$number has a test, or a reason that is a known issue', ({ number, notRun }) => {
    expect(TESTED.has(number)).toBe(notRun === undefined);
    if (notRun !== undefined) expect(readFileSync('docs/KNOWN-ISSUES.md', 'utf8')).toContain(`F${number}`);
  });

  test('at most three are not run', () => {
    expect(ROWS.filter(({ notRun }) => notRun !== undefined).length).toBeLessThanOrEqual(3);
  });

  test('no test is about a fault that is not listed', () => {
    for (const fault of TESTED) expect(ROWS.map(({ number }) => number)).toContain(fault);
  });
});
