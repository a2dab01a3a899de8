import { globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { MutantCompiler } from '../mutants/compiler.ts';
import { runCommand } from '../process/command.ts';
import { inRepositoryCopy } from '../process/repository-copy.ts';
import { type Decision, markBranches, MARKS_FILE, MARKS_SOURCE, tagOf } from './branch-marks.ts';
import { parseLcov } from './lcov.ts';

/** One of the two ways of a decision. */
export interface Branch {
  readonly line: number;
  readonly kind: Decision['kind'];
  readonly condition: string;
  readonly way: boolean;
}

/** What the tests reached of one file. */
export interface FileCoverage {
  readonly file: string;
  readonly lines: { readonly total: number; readonly covered: number };
  readonly branches: { readonly total: number; readonly covered: number };
  readonly missedLines: readonly number[];
  readonly missedBranches: readonly Branch[];
}

export interface ContractCoverage {
  readonly files: readonly FileCoverage[];
  readonly notes: readonly string[];
}

/**
 * Shipped contracts whose statements are measured. The judge is left out but for the file that others use: its loops are
 * assembly, and its arithmetic is compared with exact integers, case by case.
 */
const isMeasured = (file: string): boolean => !/^contracts\/(mocks\/|judge\/(?!VectorTree))/.test(file);

/** Tests that reach measured code: those of the judge's arithmetic take hours when everything is traced, and reach none. */
const isAsked = (file: string): boolean => !/-fuzz\.test\.ts$|judge\/(Elementary|Float32)\.t\.sol$/.test(file);

/** Random tests are as short as still reaches everything; what they find is no matter here. */
const SHORT = { INVARIANT_RUNS: '2', INVARIANT_DEPTH: '64', FUZZ_RUNS: '16' };

/** Statements by Hardhat's own instrumentation, branches by marks in the copy; one run of all tests gives both. */
export async function coverContracts(): Promise<ContractCoverage> {
  return inRepositoryCopy(async (folder) => {
    const decisions = markAll(folder);
    const tests = globSync('test/{contracts/**/*.test.ts,solidity/**/*.t.sol}', { cwd: folder }).filter(isAsked).sort();
    const { exitCode, stdout } = await runCommand('hardhat', ['test', '--coverage', ...tests], {
      cwd: folder,
      env: SHORT,
    });
    const lines = parseLcov(readFileSync(path.join(folder, 'coverage/lcov.info'), 'utf8'));
    const taken = tagsIn(folder);
    if (taken.size === 0) throw new Error('no test left a trace');
    const failing = [...stdout.matchAll(/^ +\d+\) (.*)$/gm)].map(([, title = '']) => title);
    const notes =
      exitCode === 0 ? [] : [`some tests failed, the figures are of what ran: ${[...new Set(failing)].join('; ')}`];
    const files = globSync('contracts/**/*.sol').filter(isMeasured).sort();
    return { files: files.flatMap((file) => coverageOf(file, lines.get(file), decisions, taken)), notes };
  });
}

/** Rewrites every measured contract of the copy. Returns the decisions; the first is number 1. */
function markAll(folder: string): Decision[] {
  const compiler = new MutantCompiler(folder);
  const decisions: Decision[] = [];
  const sources = globSync('contracts/**/*.sol', { cwd: folder }).filter(isMeasured).sort();
  const marked = sources.map((file) => {
    const source = readFileSync(path.join(folder, file));
    const { marked: text, decisions: found } = markBranches(file, source, compiler.tree(file), decisions.length + 1);
    decisions.push(...found);
    return { file, text };
  });
  for (const { file, text } of [...marked, { file: MARKS_FILE, text: MARKS_SOURCE }]) {
    writeFileSync(path.join(folder, file), text);
  }
  return decisions;
}

/** Everything that a test left: Hardhat keeps one file of tags for each runner. */
function tagsIn(folder: string): Set<string> {
  return new Set(
    globSync('coverage/data/*/*.json', { cwd: folder }).flatMap((file) =>
      Object.keys(JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as Record<string, number>),
    ),
  );
}

function coverageOf(
  file: string,
  lines: { readonly lines: FileCoverage['lines']; readonly missed: readonly number[] } | undefined,
  decisions: readonly Decision[],
  taken: ReadonlySet<string>,
): FileCoverage[] {
  const ways = decisions.flatMap((decision, index) =>
    decision.file === file
      ? [true, false].map((way) => ({ ...decision, way, covered: taken.has(tagOf(index + 1, way)) }))
      : [],
  );
  // An interface has neither.
  if (ways.length === 0 && (lines?.lines.total ?? 0) === 0) return [];
  return [
    {
      file,
      lines: lines?.lines ?? { total: 0, covered: 0 },
      branches: { total: ways.length, covered: ways.filter(({ covered }) => covered).length },
      missedLines: lines?.missed ?? [],
      missedBranches: ways
        .filter(({ covered }) => !covered)
        .map(({ line, kind, condition, way }) => ({ line, kind, condition, way })),
    },
  ];
}
