import { readFileSync } from 'node:fs';
import type { FileCoverage } from './contract-coverage.ts';

/** Why no test goes one way of a decision, or reaches a line. */
export interface Reason {
  readonly file: string;
  /** The condition as it stands in the source; or the text of the line. */
  readonly source: string;
  /** Absent for a line. */
  readonly way?: boolean;
  readonly why: string;
}

export function readReasons(): Reason[] {
  return JSON.parse(readFileSync(new URL('unreached.json', import.meta.url), 'utf8')) as Reason[];
}

/** What was not reached and has no reason, and reasons for what was reached. Lines are read from `textOf`. */
export function unexplained(
  files: readonly FileCoverage[],
  reasons: readonly Reason[],
  textOf: (file: string) => string = (file) => readFileSync(file, 'utf8'),
): string[] {
  const missed = files.flatMap(({ file, missedLines, missedBranches }) => {
    const lines = missedLines.length === 0 ? [] : textOf(file).split('\n');
    return [
      ...missedLines.map((line) => ({ file, line, source: (lines[line - 1] ?? '').trim(), way: undefined })),
      ...missedBranches.map(({ line, condition, way }) => ({ file, line, source: condition, way })),
    ];
  });
  const same = (a: Pick<Reason, 'file' | 'source'> & { readonly way?: boolean | undefined }, b: typeof a): boolean =>
    a.file === b.file && a.source === b.source && a.way === b.way;
  return [
    ...missed
      .filter((one) => !reasons.some((reason) => same(reason, one)))
      .map(({ file, line, source, way }) =>
        way === undefined
          ? `${file}:${line}: no test reaches '${source}'`
          : `${file}:${line}: '${source}' is never ${way}`,
      ),
    ...reasons
      .filter((reason) => !missed.some((one) => same(reason, one)))
      .map(({ file, source }) => `${file}: '${source}' has a reason in unreached.json, and is reached`),
  ];
}
