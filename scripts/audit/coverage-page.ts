import { readFileSync } from 'node:fs';
import type { FileCoverage } from '../coverage/contract-coverage.ts';
import { readReasons } from '../coverage/unreached.ts';
import { code, type Page, table } from './page.ts';

interface Count {
  readonly total: number;
  readonly covered: number;
}
/** What `scripts/mutants/guards.ts` keeps of a guard that was broken. */
interface BrokenGuard {
  readonly guard: string;
  readonly file: string;
  readonly campaign: string;
  readonly noticed: boolean;
}

const read = (name: string): unknown => JSON.parse(readFileSync(`bench/snapshots/${name}.json`, 'utf8'));

function share({ total, covered }: Count): string {
  return total === 0 ? '–' : `${covered} of ${total} (${((covered / total) * 100).toFixed(1)} %)`;
}

const sumOf = (counts: readonly Count[]): Count => ({
  total: counts.reduce((sum, { total }) => sum + total, 0),
  covered: counts.reduce((sum, { covered }) => sum + covered, 0),
});

/** What tests reach, what they do not and why, and which broken guards random play notices. */
export function coveragePage(): Page {
  const { files } = read('coverage') as { readonly files: readonly FileCoverage[] };
  const rows = files.map(({ file, lines, branches }) => [code(file), share(lines), share(branches)]);
  const all = [sumOf(files.map(({ lines }) => lines)), sumOf(files.map(({ branches }) => branches))].map(share);
  const reasons = readReasons().map(({ file, source, way, why }) => [
    code(file),
    code(source),
    way === undefined ? 'is not reached' : `is never ${way}`,
    why,
  ]);
  const guards = (read('guards') as readonly BrokenGuard[]).map(({ guard, file, campaign, noticed }) => [
    guard,
    code(file),
    code(campaign),
    noticed ? 'yes' : 'no',
  ]);
  const body = `## What tests reach

\`./dev coverage contracts --write\`: every mocha and Solidity test together, on contracts that report what they do. Lines are those of
Hardhat's instrumentation. Branches are both ways of every \`if\`, ternary, loop condition, \`require\` and \`assert\`; conditions inside of
assembly and the parts of \`&&\` and \`||\` are not counted. Interfaces have neither. Of the judge only the file that others use is measured: its
loops are assembly, and its results are compared with exact integers, case by case (\`./dev bench arithmetic\`). Tests of gas and of sizes
fail on such contracts and count as far as they ran. [Mutants](../MUTANTS.md) say whether what is reached is also checked.

${table(['file', 'lines', 'branches'], [...rows, ['**all**', ...all]])}

## What they do not reach

Everything that is not reached has a reason in \`scripts/coverage/unreached.json\`, or \`./dev coverage\` fails.

${table(['file', 'source', 'what', 'why'], reasons)}

## Broken guards and random play

\`node scripts/mutants/guards.ts --write\`: one guard after the other is broken by hand and put before the campaign that plays with it, and
before nothing else, for 8 runs each. ${guards.filter(([, , , yes]) => yes === 'yes').length} of ${guards.length} are noticed.

${table(['guard', 'file', 'campaign', 'noticed'], guards)}`;
  return {
    name: 'coverage',
    title: 'Coverage',
    about: 'lines and branches that tests reach, guards that campaigns miss',
    body,
  };
}
