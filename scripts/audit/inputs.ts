import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { readReasons } from '../coverage/unreached.ts';
import { shippedFiles } from './contract-sources.ts';
import { readInvariants } from './invariants.ts';
import { knownIssues } from './known-issues.ts';
import { STATE_DIAGRAMS } from './state-diagrams.ts';
import { errorsInTests } from './test-scan.ts';
import { THREATS } from './threats.ts';

/** Everything that docs/audit is made of, each part by its hash: what a page does not show is in none. */
export type Inputs = Readonly<Record<string, string>>;

export const SNAPSHOTS = ['coverage', 'gas', 'guards', 'judge', 'storage'] as const;

const digest = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
const texts = (files: readonly string[]): readonly (readonly [string, string])[] =>
  files
    .map((file) => file.replaceAll('\\', '/'))
    .sort()
    .map((file) => [file, readFileSync(file, 'utf8')]);
const namesOfErrors = (): ReadonlySet<string> =>
  new Set(
    shippedFiles().flatMap((file) => readFileSync(file, 'utf8').match(/(?<=\brevert (?:\w+\.)?)[A-Z]\w+(?=\()/g) ?? []),
  );

/** Takes about a second. */
export function hashInputs(): Inputs {
  return {
    contracts: digest(texts(shippedFiles())),
    deployment: digest(texts(['hardhat.config.ts', ...globSync('{deploy,rocketh}/*.ts')])),
    invariants: digest(readInvariants()),
    'known issues': digest(knownIssues()),
    unreached: digest(readReasons()),
    threats: digest([THREATS, attackTable()]),
    states: digest(STATE_DIAGRAMS),
    'errors in tests': digest([...errorsInTests(namesOfErrors())].sort(([a], [b]) => (a < b ? -1 : 1))),
    snapshots: digest(
      texts(SNAPSHOTS.map((name) => `bench/snapshots/${name}.json`).filter((file) => existsSync(file))),
    ),
    generator: digest(texts(globSync('scripts/audit/*.ts'))),
  };
}

/** Name and threats of every attack, read from its file. */
export function attackTable(): readonly {
  readonly name: string;
  readonly threats: readonly string[];
  readonly what: string;
}[] {
  return texts(globSync('scripts/attack/*.ts')).flatMap(([, text]) => {
    const name = /^ {2}name: '([^']+)',$/m.exec(text)?.[1];
    const threats = /^ {2}threats: \[([^\]]+)\],$/m.exec(text)?.[1];
    const what = /^ {2}what: '([^']+)',$/m.exec(text)?.[1] ?? '';
    if (name === undefined || threats === undefined) return [];
    return [{ name, threats: [...threats.matchAll(/'([^']+)'/g)].map(([, id = '']) => id), what }];
  });
}

const RECORD = 'docs/audit/README.md';

/** The hashes that the committed pages were made with. */
export function recordedInputs(): Inputs {
  if (!existsSync(RECORD)) return {};
  const rows = readFileSync(RECORD, 'utf8').matchAll(/^\| ([a-z ]+?) +\| `([0-9a-f]{16})` +\|/gm);
  return Object.fromEntries([...rows].map(([, name = '', hash = '']) => [name, hash]));
}
