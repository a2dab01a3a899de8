// `./dev check`: every rule of the house that a machine can see. Steps run two at a time; each is one case of the report.
import { existsSync } from 'node:fs';
import { styleText } from 'node:util';
import { messageOf, RemitError } from '../../workers/runtime/errors.ts';
import { runCommand } from '../process/command.ts';
import { compilerErrors } from '../process/compiler-errors.ts';
import { type Case, writeSuiteReport } from '../report/suite-report.ts';
import { checkAuditFreshness } from './audit-freshness.ts';
import { commandStep } from './command-step.ts';
import { checkContractSizes } from './contract-size.ts';
import { checkErrorCodes } from './error-codes.ts';
import { checkGasSnapshot } from './gas-snapshot.ts';
import { checkHygiene } from './hygiene.ts';
import { checkLinks } from './links.ts';
import type { Problems, Step } from './step.ts';
import { checkStorageLayout } from './storage-layout.ts';

const SOURCES = [
  'workers',
  'scripts',
  'bench',
  'test',
  'deploy',
  'models',
  'rocketh',
  'hardhat.config.ts',
  'vitest.config.ts',
];
const AT_ONCE = 2;

const STEPS: readonly Step[] = [
  {
    name: 'lint',
    about: 'eslint with types',
    run: commandStep('eslint', '.'),
    fix: commandStep('eslint', '--fix', '.'),
  },
  { name: 'types', about: 'tsc, strict', run: commandStep('tsc', '-p', '.') },
  {
    name: 'format',
    about: 'prettier: TypeScript, Solidity, JSON, Markdown',
    run: commandStep('prettier', '--check', '--log-level=warn', '.'),
    fix: commandStep('prettier', '--write', '--log-level=warn', '.'),
  },
  {
    name: 'solidity-lint',
    about: 'solhint',
    run: commandStep('solhint', '--noPoster', '--max-warnings', '0', 'contracts/**/*.sol'),
  },
  {
    name: 'imports',
    about: 'who may import whom, and no cycles',
    run: commandStep(
      'depcruise',
      '--config',
      '.dependency-cruiser.cjs',
      ...SOURCES.filter((source) => existsSync(source)),
    ),
  },
  { name: 'unused', about: 'files, exports and packages that nothing uses', run: commandStep('knip', '--no-progress') },
  { name: 'hygiene', about: 'file sizes, names, skipped tests, machine paths, lock file', run: checkHygiene },
  { name: 'error-codes', about: 'every code is in docs/ERRORS.md, and the reverse', run: checkErrorCodes },
  { name: 'links', about: 'links in Markdown lead somewhere', run: checkLinks },
  { name: 'audit', about: 'docs/audit was made of what is there now', run: checkAuditFreshness },
  { name: 'contract-size', about: 'every contract fits in 24,576 bytes', run: checkContractSizes },
  {
    name: 'storage',
    about: 'storage is laid out as in bench/snapshots/storage.json',
    run: checkStorageLayout,
  },
  { name: 'gas', about: 'no flow costs over 2 % more than bench/snapshots/gas.json', run: checkGasSnapshot },
];

const HELP = `usage: ./dev check [--fix] [step…]

${STEPS.map(({ name, about }) => `  ${name.padEnd(14)} ${about}`).join('\n')}

--fix repairs what lint and format can repair, then checks.`;

const args = process.argv.slice(2);
const fixing = args.includes('--fix');
const names = args.filter((arg) => arg !== '--fix');
const unknown = names.find((name) => !STEPS.some((step) => step.name === name));

if (['help', '--help', '-h'].includes(unknown ?? '')) {
  console.log(HELP);
} else if (unknown !== undefined) {
  const known = STEPS.map(({ name }) => name).join(', ');
  const error = new RemitError({
    code: 'CHECK_USAGE',
    message: `there is no step named '${unknown}'`,
    fix: `choose from: ${known}`,
  });
  console.error(error.explain());
  process.exitCode = 64;
} else {
  process.exitCode = await check(STEPS.filter(({ name }) => names.length === 0 || names.includes(name)));
}

async function check(steps: readonly Step[]): Promise<number> {
  // Lint, types, import rules and sizes read generated types and artifacts.
  const build = await runStep({ name: 'build', about: '', run: buildContracts });
  if (fixing) for (const { fix } of steps) await fix?.();
  const cases: Case[] = build.status === 'passed' ? [] : [build];
  const waiting = [...steps];
  const lane = async (): Promise<void> => {
    for (let step = waiting.shift(); step; step = waiting.shift()) cases.push(await runStep(step));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  writeSuiteReport({ suite: 'check', cases });
  const failed = cases.filter(({ status }) => status === 'failed').length;
  console.log(failed === 0 ? `${cases.length} checks passed` : `${failed} of ${cases.length} checks failed`);
  return failed === 0 ? 0 : 1;
}

async function buildContracts(): Promise<Problems> {
  const { exitCode, stdout, stderr } = await runCommand('hardhat', ['build', '--quiet']);
  return exitCode === 0 ? [] : compilerErrors(`${stdout}\n${stderr}`);
}

async function runStep({ name, run }: Step): Promise<Case> {
  const start = performance.now();
  let problems: Problems;
  try {
    problems = await run();
  } catch (error) {
    problems = [messageOf(error)];
  }
  const duration = Math.round(performance.now() - start);
  const took = `${(duration / 1000).toFixed(1)} s`;
  if (problems.length === 0) {
    if (name !== 'build') console.log(`${styleText('green', 'ok')}    ${name.padEnd(14)} ${took}`);
    return { name, status: 'passed', duration };
  }
  console.log(
    `${styleText('red', 'fail')}  ${name.padEnd(14)} ${took}\n${problems.map((line) => `        ${line}`).join('\n')}`,
  );
  return { name, status: 'failed', duration, reason: `${problems.length} lines: ${problems[0]?.trim() ?? ''}` };
}
