import { globSync, readFileSync } from 'node:fs';

/** Where a test can expect a contract to refuse: specifications, campaigns, whole lives, and attacks. */
const TESTS = [
  'test/contracts/**/*.ts',
  'test/solidity/**/*.sol',
  'test/support/*.ts',
  'test/e2e/**/*.ts',
  'test/faults/**/*.ts',
  'scripts/attack/*.ts',
];
const NAME = /\b[A-Z]\w*\b/g;

/** The files that name each error. */
export function errorsInTests(known: ReadonlySet<string>): ReadonlyMap<string, readonly string[]> {
  const files = [...new Set(TESTS.flatMap((pattern) => globSync(pattern)))].map((file) => file.replaceAll('\\', '/'));
  const found = new Map<string, string[]>();
  for (const file of files.sort()) {
    const names = new Set(readFileSync(file, 'utf8').match(NAME) ?? []);
    for (const name of names) if (known.has(name)) found.set(name, [...(found.get(name) ?? []), file]);
  }
  return found;
}
