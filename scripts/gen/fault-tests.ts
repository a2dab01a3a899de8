import { globSync, readFileSync } from 'node:fs';

/** A test, or a group of them, that carries the number of a fault. */
export interface FaultTest {
  readonly fault: number;
  readonly file: string;
  readonly title: string;
  /** Not part of `./dev test`. */
  readonly nightly: boolean;
}

const TITLE = /\b(?:it|test|describe)(?:\.\w+(?:\([^\n]*?\))?)?\(\s*(['"`])(F\d+(?:, F\d+)*) · (.*?)\1/gs;

/** All tests under `test/faults` whose title begins with numbers of faults. */
export function faultTests(): readonly FaultTest[] {
  return globSync('test/faults/**/*.test.ts')
    .sort()
    .flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(TITLE)].flatMap(([, , numbers = '', title = '']) =>
        numbers.split(', ').map((number) => ({
          fault: Number(number.slice(1)),
          file,
          title,
          nightly: file.endsWith('.nightly.test.ts'),
        })),
      ),
    );
}
