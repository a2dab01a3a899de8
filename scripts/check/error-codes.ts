import { lineOf, repositoryFiles, type SourceFile } from './repository.ts';
import type { Problems } from './step.ts';

const CATALOGUE = 'docs/ERRORS.md';
const TYPESCRIPT = /^(workers|scripts|bench|deploy|rocketh)\/.*\.ts$/;
const SHELL = /^(dev|scripts\/.*\.sh)$/;

/** Where TypeScript states a code: after `code:`, as the first argument of `…Error(` or `…Failed(`, in a type `…ErrorCode`. */
const STATEMENTS = [
  /\bcode:\s*([^,;}\n]*)/g,
  /\b\w*(?:[eE]rror|[fF]ailed)\(\s*('\w+')/g,
  /\btype \w*ErrorCode\s*=([^;]*);/g,
];
const CODE = /'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)'/g;
const SHELL_CODE = /\bfail \d+ ([A-Z][A-Z0-9_]+)/g;

/** Compares the codes that code can raise with the headings of the catalogue, both ways. */
export function compareCodes(files: readonly SourceFile[]): string[] {
  const catalogue = files.find(({ path }) => path === CATALOGUE);
  if (!catalogue) return [`${CATALOGUE} is missing`];
  const headings = catalogue.text.matchAll(/^#{2,4} `?([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)`?\s*$/gm);
  const documented = new Set([...headings].map(([, code = '']) => code));
  const raised = new Map(files.flatMap(codesIn));
  return [
    ...[...raised]
      .filter(([code]) => !documented.has(code))
      .map(([code, place]) => `${place}: ${code} has no section in ${CATALOGUE}`),
    ...[...documented].filter((code) => !raised.has(code)).map((code) => `${CATALOGUE}: ${code} is raised nowhere`),
  ];
}

export function checkErrorCodes(): Problems {
  return compareCodes(repositoryFiles());
}

function codesIn({ path, text }: SourceFile): [code: string, place: string][] {
  const at = (index: number): string => `${path}:${lineOf(text, index)}`;
  if (SHELL.test(path)) return [...text.matchAll(SHELL_CODE)].map(({ index, 1: code = '' }) => [code, at(index)]);
  if (!TYPESCRIPT.test(path)) return [];
  return STATEMENTS.flatMap((statement) => [...text.matchAll(statement)]).flatMap(({ index, 1: value = '' }) =>
    [...value.matchAll(CODE)].map(([, code = '']): [string, string] => [code, at(index)]),
  );
}
