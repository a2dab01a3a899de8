import { lineOf, repositoryFiles, type SourceFile } from './repository.ts';
import type { Problems } from './step.ts';

const CATALOGUE = 'docs/ERRORS.md';

/**
 * Compares the codes that code can raise with the headings of the catalogue, both ways. A code is a string after
 * `code:` in TypeScript, or the second word of `fail` in a shell script.
 */
export function compareCodes(files: readonly SourceFile[]): string[] {
  const catalogue = files.find(({ path }) => path === CATALOGUE);
  if (!catalogue) return [`${CATALOGUE} is missing`];
  const documented = new Set(
    [...catalogue.text.matchAll(/^#{2,4} `?([A-Z][A-Z0-9_]{2,})`?\s*$/gm)].map(([, code = '']) => code),
  );
  const used = new Map(files.flatMap(codesIn));
  return [
    ...[...used]
      .filter(([code]) => !documented.has(code))
      .map(([code, place]) => `${place}: ${code} has no section in ${CATALOGUE}`),
    ...[...documented].filter((code) => !used.has(code)).map((code) => `${CATALOGUE}: ${code} is raised nowhere`),
  ];
}

export function checkErrorCodes(): Problems {
  return compareCodes(repositoryFiles());
}

function codesIn({ path, text }: SourceFile): [code: string, place: string][] {
  const place = (index: number): string => `${path}:${lineOf(text, index)}`;
  if (/^(workers|scripts|bench)\/.*\.ts$/.test(path)) {
    return [...text.matchAll(/\bcode:\s*([^,;}\n]*)/g)].flatMap(({ index, 1: value = '' }) =>
      [...value.matchAll(/'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)'/g)].map(([, code = '']): [string, string] => [
        code,
        place(index),
      ]),
    );
  }
  if (path === 'dev' || /^scripts\/.*\.sh$/.test(path)) {
    return [...text.matchAll(/\bfail \d+ ([A-Z][A-Z0-9_]+)/g)].map(({ index, 1: code = '' }) => [code, place(index)]);
  }
  return [];
}
