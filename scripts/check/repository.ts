import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** A text file that is, or is about to be, part of the repository. */
export interface SourceFile {
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** Everything git tracks or would add, as text; pictures and models are left out. */
export function repositoryFiles(): SourceFile[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return listed
    .split('\0')
    .filter((path) => path !== '' && existsSync(path))
    .map((path) => ({ path, bytes: readFileSync(path) }))
    .filter(({ bytes }) => !bytes.includes(0))
    .map(({ path, bytes }) => ({ path, text: bytes.toString('utf8') }));
}

/** One-based line of a position in a text. */
export const lineOf = (text: string, index: number): number => text.slice(0, index).split('\n').length;
