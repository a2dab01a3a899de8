// `./dev coverage`: how much of the contracts and of the workers the tests reach. Contracts: lines from Hardhat's
// instrumentation, branches from marks on every decision, both of mocha and Solidity tests together. Workers: from vitest,
// which does not see child processes. Ends with a status when a target is missed.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { format } from 'prettier';
import { messageOf, RemitError } from '../../workers/runtime/errors.ts';
import { runCommand } from '../process/command.ts';
import { type ContractCoverage, coverContracts, type FileCoverage } from './contract-coverage.ts';
import { readReasons, unexplained } from './unreached.ts';

const USAGE = `usage: ./dev coverage [contracts] [workers] [--write]

  contracts  lines and branches of the contracts: about ten minutes
  workers    lines and branches of the workers, as far as they run in the tests' own process
  --write    keep the contracts' figures in bench/snapshots/coverage.json

Everything is in coverage/summary.json afterwards. Exit codes: 0 every target is met, 1 one is missed, 64 wrong usage.`;

/** Least shares, in percent. What is missing of the contracts' lines and branches needs a reason in unreached.json, each. */
const TARGETS = {
  contracts: { lines: 99.5, branches: 98 },
  'workers/chain': { lines: 90, branches: 0 },
  'workers/store': { lines: 90, branches: 0 },
  'workers/protocol': { lines: 90, branches: 0 },
} as const;
const SUMMARY = 'coverage/summary.json';
const SNAPSHOT = 'bench/snapshots/coverage.json';
const JSON_FILE = { parser: 'json', printWidth: 120 } as const;

interface Row {
  readonly part: string;
  /** Percent; `undefined` where there is nothing to reach. */
  readonly lines: number | undefined;
  readonly branches: number | undefined;
  /** What was not reached, in words. */
  readonly missed: readonly string[];
}
interface Count {
  readonly total: number;
  readonly covered: number;
}
type VitestSummary = Record<string, { readonly lines: Count; readonly branches: Count }>;

const sumOf = (counts: readonly Count[]): Count => ({
  total: counts.reduce((sum, { total }) => sum + total, 0),
  covered: counts.reduce((sum, { covered }) => sum + covered, 0),
});
const percent = ({ total, covered }: Count): number | undefined => (total === 0 ? undefined : (covered / total) * 100);

function contractRows({ files }: ContractCoverage): Row[] {
  const row = (part: string, some: readonly FileCoverage[]): Row => ({
    part,
    lines: percent(sumOf(some.map(({ lines }) => lines))),
    branches: percent(sumOf(some.map(({ branches }) => branches))),
    missed: some.flatMap(({ missedLines, missedBranches }) => [
      ...missedLines.map((line) => `line ${line}`),
      ...missedBranches.map(({ line, condition, way }) => `${line}: ${condition} is never ${way}`),
    ]),
  });
  return [{ ...row('contracts', files), missed: [] }, ...files.map((file) => row(file.file, [file]))];
}

async function workerRows(): Promise<{ readonly rows: Row[]; readonly notes: string[] }> {
  const { exitCode } = await runCommand('vitest', ['run', '--project', 'workers', '--coverage']);
  const notes = exitCode === 0 ? [] : ['workers: some tests failed; the figures are of what ran'];
  const summary = JSON.parse(readFileSync('coverage/workers/coverage-summary.json', 'utf8')) as VitestSummary;
  const partOf = (name: string): string => path.relative('.', name).split(path.sep).slice(0, 2).join('/');
  const parts = Map.groupBy(
    Object.entries(summary).filter(([name]) => name !== 'total'),
    ([name]) => partOf(name),
  );
  const rows = [...parts]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([part, files]) => ({
      part,
      lines: percent(sumOf(files.map(([, { lines }]) => lines))),
      branches: percent(sumOf(files.map(([, { branches }]) => branches))),
      missed: [],
    }));
  return { rows, notes };
}

/** What is below its target, in words. */
function shortOf(rows: readonly Row[], parts: readonly string[]): string[] {
  return Object.entries(TARGETS)
    .filter(([part]) => parts.includes(part.replace(/\/.*/, '')))
    .flatMap(([part, targets]) => {
      const row = rows.find((one) => one.part === part);
      return (['lines', 'branches'] as const).flatMap((what) => {
        const share = row?.[what];
        if (share !== undefined && share >= targets[what]) return [];
        return [
          `${part}: ${share === undefined ? 'not measured' : `${share.toFixed(1)} %`} of ${what}, target ${targets[what]} %`,
        ];
      });
    });
}

function show(rows: readonly Row[]): void {
  const width = Math.max(...rows.map(({ part }) => part.length));
  const share = (value: number | undefined): string =>
    (value === undefined ? '–' : `${value.toFixed(1)} %`).padStart(10);
  console.log(`${'part'.padEnd(width)}${'lines'.padStart(10)}${'branches'.padStart(10)}`);
  for (const { part, lines, branches, missed } of rows) {
    console.log(`${part.padEnd(width)}${share(lines)}${share(branches)}`);
    for (const one of missed) console.log(`  ${one}`);
  }
}

async function main(parts: readonly string[], write: boolean): Promise<number> {
  const rows: Row[] = [];
  const notes: string[] = [];
  const short: string[] = [];
  if (parts.includes('contracts')) {
    const covered = await coverContracts();
    rows.push(...contractRows(covered));
    notes.push(...covered.notes);
    short.push(...unexplained(covered.files, readReasons()));
    if (write) writeFileSync(SNAPSHOT, await format(JSON.stringify({ files: covered.files }), JSON_FILE));
  }
  if (parts.includes('workers')) {
    const workers = await workerRows();
    rows.push(...workers.rows);
    notes.push(...workers.notes);
  }
  short.push(...shortOf(rows, parts));
  mkdirSync(path.dirname(SUMMARY), { recursive: true });
  writeFileSync(SUMMARY, `${JSON.stringify({ rows, notes, short }, null, 1)}\n`);
  show(rows);
  for (const line of [...notes, ...short.map((one) => `missed: ${one}`)]) console.log(line);
  console.log(JSON.stringify({ summary: SUMMARY, targetsMet: short.length === 0 }));
  return short.length === 0 ? 0 : 1;
}

const PARTS = ['contracts', 'workers'];

function parseOptions(args: string[]) {
  const usage = (message: string): RemitError =>
    new RemitError({ code: 'COVERAGE_USAGE', message, fix: 'see ./dev coverage --help' });
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { write: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } },
    });
    const unknown = positionals.find((part) => !PARTS.includes(part));
    if (unknown !== undefined) throw usage(`there is no part '${unknown}'`);
    return { ...values, parts: positionals.length === 0 ? PARTS : positionals };
  } catch (error) {
    throw error instanceof RemitError ? error : usage(messageOf(error));
  }
}

try {
  const { help, parts, write } = parseOptions(process.argv.slice(2));
  if (help) console.log(USAGE);
  else process.exitCode = await main(parts, write);
} catch (error) {
  console.error(error instanceof RemitError ? error.explain() : messageOf(error));
  process.exitCode = error instanceof RemitError ? 64 : 1;
}
