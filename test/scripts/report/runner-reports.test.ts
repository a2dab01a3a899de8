import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SuiteReport } from '../../../scripts/report/suite-report.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'remit-reports-'));
  symlinkSync(path.resolve('node_modules'), path.join(folder, 'node_modules'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (file: string, text: string): void => writeFileSync(path.join(folder, file), text);

function casesOf(suite: string): (readonly [name: string, status: string, reason: string | undefined])[] {
  const { cases } = JSON.parse(readFileSync(path.join(folder, `.reports/${suite}.json`), 'utf8')) as SuiteReport;
  return cases.map(({ name, status, reason }) => [name, status, reason]);
}

function run(program: string, ...args: string[]): void {
  spawnSync(path.resolve('node_modules/.bin', program), args, { cwd: folder, encoding: 'utf8' });
}

describe('the vitest reporter', () => {
  beforeEach(() => {
    const reporter = JSON.stringify(path.resolve('scripts/report/vitest-reporter.ts'));
    write(
      'vitest.config.ts',
      `import { SuiteReporter } from ${reporter};
      export default { test: { name: 'sample', include: ['*.case.ts'], reporters: [new SuiteReporter()] } };`,
    );
  });

  test('tells passed, failed and skipped apart, with the reason of a skip', () => {
    write(
      'a.case.ts',
      `import { expect, test } from 'vitest';
      test('good', () => {});
      test('bad', () => { expect(1).toBe(2); });
      test('absent', (context) => { context.skip('no GPU here'); });`,
    );
    run('vitest', 'run');
    expect(casesOf('sample')).toEqual([
      ['a.case.ts › good', 'passed', undefined],
      ['a.case.ts › bad', 'failed', 'expected 1 to be 2 // Object.is equality'],
      ['a.case.ts › absent', 'skipped', 'no GPU here'],
    ]);
  });

  test('counts a file that cannot be loaded and a failing hook as failures', () => {
    write('broken.case.ts', `import './absent.ts';`);
    write(
      'hook.case.ts',
      `import { beforeAll, describe, test } from 'vitest';
      describe('group', () => { beforeAll(() => { throw new Error('no Redis'); }); test('never runs', () => {}); });`,
    );
    run('vitest', 'run');
    const failed = casesOf('sample').filter(([, status]) => status === 'failed');
    expect(failed.map(([name]) => name)).toEqual(expect.arrayContaining(['broken.case.ts', 'hook.case.ts › group']));
    expect(casesOf('sample').some(([, status]) => status === 'passed')).toBe(false);
  });

  test('counts an error nobody handled as a failure', () => {
    write(
      'loose.case.ts',
      `import { test } from 'vitest';
      test('good', async () => { void Promise.reject(new Error('loose')); await new Promise((done) => setImmediate(done)); });`,
    );
    run('vitest', 'run');
    expect(casesOf('sample')).toContainEqual(['unhandled error', 'failed', 'loose']);
  });
});

test('the mocha reporter counts pending tests as skipped and a failing hook as failed', () => {
  const skip = ['it', 'skip'].join('.');
  write(
    'a.cjs',
    `describe('A', () => { it('good', () => {}); ${skip}('later', () => {}); });
     describe('B', () => { before(() => { throw new Error('no chain'); }); it('never runs', () => {}); });`,
  );
  run('mocha', '--reporter', path.resolve('scripts/report/mocha-reporter.cjs'), 'a.cjs');
  expect(casesOf('contracts')).toEqual([
    ['A › good', 'passed', undefined],
    ['A › later', 'skipped', 'pending in the test file'],
    ['B › "before all" hook for "never runs"', 'failed', 'no chain'],
  ]);
});
