import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

const EX_USAGE = 64;

test.each([
  ['DEV_USAGE', 'sh', ['dev', 'no-such-command']],
  ['DEV_USAGE', 'sh', ['dev', 'exec']],
  ['CHECK_USAGE', process.execPath, ['scripts/check/check.ts', 'no-such-step']],
  ['NIGHTLY_USAGE', process.execPath, ['scripts/nightly/nightly.ts', 'no-such-part']],
  ['MUTANTS_USAGE', process.execPath, ['scripts/mutants/mutants.ts', '--contract', 'NoSuchContract']],
  ['MUTANTS_USAGE', process.execPath, ['scripts/mutants/mutants.ts', '--sample', 'many']],
  ['COVERAGE_USAGE', process.execPath, ['scripts/coverage/coverage.ts', 'no-such-part']],
  ['PROVE_USAGE', process.execPath, ['scripts/prove/prove.ts', 'NoSuchProof']],
  ['TEST_USAGE', process.execPath, ['scripts/report/run-tests.ts', 'no-such-suite']],
  ['TEST_USAGE', process.execPath, ['scripts/report/run-tests.ts', '--', 'test/a.test.ts']],
] as const)('%s: %s %j ends with 64 and says what there is instead', (code, command, args) => {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  expect(status).toBe(EX_USAGE);
  expect(stderr).toContain(`${code}: `);
  expect(stderr).toMatch(/fix: +\S/);
});
