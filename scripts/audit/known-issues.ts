import { readFileSync } from 'node:fs';

/** The rows of docs/KNOWN-ISSUES.md: number, what, why, what would change it. */
export function knownIssues(): readonly (readonly string[])[] {
  return readFileSync('docs/KNOWN-ISSUES.md', 'utf8')
    .split('\n')
    .filter((line) => /^\| *\d+ *\|/.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('](', '](../')),
    );
}
