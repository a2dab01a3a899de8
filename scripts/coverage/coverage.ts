// `./dev coverage`: how much of the contracts and of the workers the tests reach. Lines of contracts come from Hardhat
// (mocha and Solidity tests); branches from forge, which sees Solidity tests only and counts no ternaries; workers from
// vitest, which does not see child processes. Ends with a status when a target is missed.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { messageOf } from '../../workers/runtime/errors.ts';
import { runCommand } from '../process/command.ts';
import { inRepositoryCopy } from '../process/repository-copy.ts';
import { parseLcov, type Reached } from './lcov.ts';

/** Least share of lines, in percent. */
const TARGETS = { contracts: 100, 'workers/chain': 90, 'workers/store': 90, 'workers/protocol': 90 } as const;
const SUMMARY = 'coverage/summary.json';

interface Row {
  readonly part: string;
  /** Percent; `undefined` when not measured. */
  readonly lines: number | undefined;
  readonly branches: number | undefined;
  readonly missed?: readonly number[];
}
interface Count {
  readonly total: number;
  readonly covered: number;
}
type VitestSummary = Record<string, { readonly lines: Count; readonly branches: Count }>;

const notes: string[] = [];
const percent = (counts: readonly Count[]): number | undefined => {
  const total = counts.reduce((sum, count) => sum + count.total, 0);
  return total === 0 ? undefined : (counts.reduce((sum, count) => sum + count.covered, 0) / total) * 100;
};

/** One measurement; a runner that fails or leaves no report becomes a note, never a silent hole. */
async function measure<T>(
  label: string,
  [program, ...args]: readonly [string, ...string[]],
  cwd: string,
  read: () => T,
): Promise<T | undefined> {
  console.error(`coverage: ${label}`);
  try {
    const { exitCode } = await runCommand(program, args, { cwd });
    if (exitCode !== 0)
      notes.push(`${label}: some tests failed (status ${exitCode ?? 'killed'}); the figures are of what ran`);
    return read();
  } catch (error) {
    notes.push(`${label}: not measured: ${messageOf(error)}`);
    return undefined;
  }
}

async function contractRows(): Promise<Row[]> {
  return inRepositoryCopy(async (folder) => {
    const lcov = (file: string) => () => ours(parseLcov(readFileSync(path.join(folder, file), 'utf8')));
    const lines = await measure(
      'contracts, lines',
      ['hardhat', 'test', '--coverage'],
      folder,
      lcov('coverage/lcov.info'),
    );
    const branches = await measure(
      'contracts, branches',
      ['forge', 'coverage', '--offline', '--report', 'lcov'],
      folder,
      lcov('lcov.info'),
    );
    const files = [...new Set([...(lines?.keys() ?? []), ...(branches?.keys() ?? [])])].sort();
    const total = { part: 'contracts', ...shares([...(lines?.values() ?? [])], [...(branches?.values() ?? [])]) };
    return [
      total,
      ...files.map((part) => ({
        part,
        ...shares([lines?.get(part)], [branches?.get(part)]),
        missed: lines?.get(part)?.missed ?? [],
      })),
    ];
  });
}

/** Contracts that are shipped: neither mocks nor packages. */
function ours(files: Map<string, Reached>): Map<string, Reached> {
  return new Map([...files].filter(([file]) => /^contracts\/(?!mocks\/)/.test(file)));
}

function shares(
  lines: readonly (Reached | undefined)[],
  branches: readonly (Reached | undefined)[],
): Omit<Row, 'part'> {
  return {
    lines: percent(lines.flatMap((file) => file?.lines ?? [])),
    branches: percent(branches.flatMap((file) => file?.branches ?? [])),
  };
}

async function workerRows(): Promise<Row[]> {
  const file = 'coverage/workers/coverage-summary.json';
  const command = ['vitest', 'run', '--project', 'workers', '--coverage'] as const;
  const summary = await measure('workers', command, '.', () => JSON.parse(readFileSync(file, 'utf8')) as VitestSummary);
  const partOf = (name: string): string => path.relative('.', name).split(path.sep).slice(0, 2).join('/');
  const parts = Map.groupBy(
    Object.entries(summary ?? {}).filter(([name]) => name !== 'total'),
    ([name]) => partOf(name),
  );
  return [...parts]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([part, files]) => ({
      part,
      lines: percent(files.map(([, { lines }]) => lines)),
      branches: percent(files.map(([, { branches }]) => branches)),
    }));
}

const rows = [...(await contractRows()), ...(await workerRows())];
const short = Object.entries(TARGETS).flatMap(([part, target]) => {
  const lines = rows.find((row) => row.part === part)?.lines;
  if (lines !== undefined && lines >= target) return [];
  return [`${part}: ${lines === undefined ? 'not measured' : `${lines.toFixed(1)} % of lines`}, target ${target} %`];
});
mkdirSync(path.dirname(SUMMARY), { recursive: true });
writeFileSync(SUMMARY, `${JSON.stringify({ rows, notes, short }, null, 1)}\n`);

const width = Math.max(...rows.map(({ part }) => part.length));
const show = (share: number | undefined): string => (share === undefined ? '–' : `${share.toFixed(1)} %`).padStart(10);
console.log(`${'part'.padEnd(width)}${'lines'.padStart(10)}${'branches'.padStart(10)}`);
for (const { part, lines, branches, missed = [] } of rows) {
  const where =
    missed.length === 0 ? '' : `  lines ${missed.slice(0, 12).join(', ')}${missed.length > 12 ? ', …' : ''}`;
  console.log(`${part.padEnd(width)}${show(lines)}${show(branches)}${where}`);
}
for (const line of [...notes, ...short.map((line) => `below target: ${line}`)]) console.log(line);
console.log(JSON.stringify({ summary: SUMMARY, targetsMet: short.length === 0 }));
process.exitCode = short.length === 0 ? 0 : 1;
