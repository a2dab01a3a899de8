// Runs the suites, some side by side, and prints the honest sum. `./dev test` ends here; `./dev test --help` explains.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { styleText } from 'node:util';
import { RemitError } from '../../workers/runtime/errors.ts';
import { runCommand } from '../process/command.ts';
import { compilerErrors } from '../process/compiler-errors.ts';
import { lanesOf } from './lanes.ts';
import { linesOf, type SuiteRun, sumReports } from './sum-reports.ts';
import {
  readSuiteReport,
  removeSuiteReport,
  REPORTS_FOLDER,
  type SuiteReport,
  writeSuiteReport,
} from './suite-report.ts';

const SUITES = {
  check: { title: 'types, lint, format, import rules, sizes, gas', command: ['node', 'scripts/check/check.ts'] },
  contracts: { title: 'contracts as a specification', command: ['hardhat', 'test', 'mocha', '--no-compile'] },
  solidity: { title: 'Solidity fuzz and invariants', command: ['node', 'scripts/report/test-solidity.ts'] },
  workers: { title: 'workers and scripts', command: ['vitest', 'run', '--project', 'workers'] },
  faults: { title: 'every part under its faults', command: ['vitest', 'run', '--project', 'faults'] },
  networks: { title: 'whole networks under faults', command: ['vitest', 'run', '--project', 'networks'] },
  e2e: { title: 'whole lives of jobs', command: ['vitest', 'run', '--project', 'e2e'] },
} as const satisfies Record<string, { title: string; command: readonly [string, ...string[]] }>;
type Suite = keyof typeof SUITES;

/** Suites that keep one core busy each at most and share nothing run side by side; all others one after another. */
const TOGETHER: readonly (readonly Suite[])[] = [
  ['contracts', 'solidity'],
  ['networks', 'e2e'],
];

/** A suite that hangs is killed and counted as failed. */
const SUITE_DEADLINE_MS = 40 * 60_000;
const ALL = Object.keys(SUITES) as Suite[];

const HELP = `usage: ./dev test [suite…] [-- arguments of the runner]

${ALL.map((suite) => `  ${suite.padEnd(10)} ${SUITES[suite].title}`).join('\n')}

Without a suite: all of them. One suite takes its runner's arguments after --, for example one file:
  ./dev test workers -- test/workers/protocol/vector.test.ts
FUZZ_RUNS sets the runs of each Solidity fuzz test (256), INVARIANT_RUNS and INVARIANT_DEPTH runs and bursts of each
campaign (48 and 64). Reports of every case: ${REPORTS_FOLDER}/<suite>.json`;

/** Aborted when this process is told to end: the suite at work is stopped and counted as failed, no other starts. */
const stopping = new AbortController();
process.once('SIGTERM', () => {
  stopping.abort();
});

const separator = process.argv.indexOf('--');
const names = process.argv.slice(2, separator === -1 ? undefined : separator);
const passedOn = separator === -1 ? [] : process.argv.slice(separator + 1);

if (names.some((name) => ['help', '--help', '-h'].includes(name))) {
  console.log(HELP);
} else {
  const unknown = names.find((name) => !Object.hasOwn(SUITES, name));
  if (unknown !== undefined || (passedOn.length > 0 && names.length !== 1)) {
    const what =
      unknown === undefined ? 'arguments after -- need exactly one suite' : `there is no suite named '${unknown}'`;
    const error = new RemitError({ code: 'TEST_USAGE', message: what, fix: `choose from: ${ALL.join(', ')}` });
    console.error(error.explain());
    process.exitCode = 64;
  } else {
    process.exitCode = await runAll(names.length === 0 ? ALL : (names as Suite[]));
  }
}

async function runAll(suites: readonly Suite[]): Promise<number> {
  mkdirSync(REPORTS_FOLDER, { recursive: true });
  for (const suite of ALL) removeSuiteReport(suite);
  const runs: SuiteRun[] = [];
  const built = await build();
  if (built === undefined) {
    for (const lane of lanesOf(suites, TOGETHER)) {
      if (stopping.signal.aborted) break;
      runs.push(...(await Promise.all(lane.map((suite, at) => run(suite, { quiet: at > 0 })))));
    }
  } else {
    runs.push(built);
  }
  // A suite that was asked for and did not run must never pass for one that did.
  for (const suite of built === undefined ? suites.filter((one) => !runs.some((run) => run.suite === one)) : [])
    runs.push({ suite, exitCode: null, duration: 0, report: undefined });
  const summary = sumReports(runs);
  writeFileSync(path.join(REPORTS_FOLDER, 'summary.json'), `${JSON.stringify(summary, null, 1)}\n`);
  console.log(`\n${linesOf(summary).join('\n')}`);
  return summary.failed === 0 ? 0 : 1;
}

/** Quiet when it works. When it does not, nothing else can run: one failure that says so. */
async function build(): Promise<SuiteRun | undefined> {
  const start = performance.now();
  const { exitCode, stdout, stderr } = await runCommand('hardhat', ['build']);
  if (exitCode === 0) return undefined;
  console.log(compilerErrors(`${stdout}\n${stderr}`).join('\n'));
  const report: SuiteReport = {
    suite: 'build',
    cases: [{ name: 'hardhat build', status: 'failed', reason: 'the contracts do not compile' }],
  };
  writeSuiteReport(report);
  return { suite: 'build', exitCode, duration: Math.round(performance.now() - start), report };
}

/** What a quiet suite says is shown when it has ended: two at once could not be told apart. */
async function run(suite: Suite, { quiet }: { readonly quiet: boolean }): Promise<SuiteRun> {
  const [program, ...args] = [...SUITES[suite].command, ...passedOn];
  const title = styleText('bold', `\n── ${suite} ── ${[program, ...args].join(' ')}`);
  if (!quiet) console.log(title);
  const start = performance.now();
  const output = quiet ? 'pipe' : 'inherit';
  const child = spawn(program, args, {
    stdio: ['ignore', output, output],
    timeout: SUITE_DEADLINE_MS,
    killSignal: 'SIGKILL',
  });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => said.push(chunk));
  const stop = (): void => void child.kill('SIGTERM');
  stopping.signal.addEventListener('abort', stop);
  const exitCode = await once(child, 'close').then(
    ([code]: (number | null)[]) => code ?? null,
    (error: unknown) => {
      console.error(error);
      return null;
    },
  );
  stopping.signal.removeEventListener('abort', stop);
  if (quiet) console.log(`${title}\n${Buffer.concat(said).toString('utf8')}`);
  return { suite, exitCode, duration: Math.round(performance.now() - start), report: readSuiteReport(suite) };
}
