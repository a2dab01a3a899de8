import { existsSync, globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (file: string): string => readFileSync(file, 'utf8');
const pages = ['README.md', 'workers/README.md', 'contrib/remit-worker.service', ...globSync('docs/**/*.md')];
const sources = (...patterns: string[]): string => globSync(patterns).map(read).join('\n');

test('every metric of the workers is explained in OPERATIONS, and every metric explained there exists', () => {
  const code = sources('workers/**/*.ts');
  const made = new Set(
    [...code.matchAll(/name: '([a-z]+(?:_[a-z]+)+)',\s*help:/g), ...code.matchAll(/endings\('([a-z]+)'\)/g)].map(
      ([match, name = '']) => (match.startsWith('endings') ? `${name}_total` : name),
    ),
  );
  const chapter = /## Health, metrics, logs\n([\s\S]*?)\n## /.exec(read('docs/OPERATIONS.md'))?.[1] ?? '';
  const explained = [...chapter.matchAll(/^\| (`[^|]*) \|/gm)]
    .flatMap(([, cell = '']) => [...cell.matchAll(/`([a-z_]+)(?:\{[^}]*\})?`/g)].map(([, name = '']) => name))
    .filter((name) => name.includes('_') && !name.startsWith('remit_') && name !== 'build_info');
  expect(explained.toSorted()).toEqual([...made].filter((name) => name !== 'remit_build_info').toSorted());
});

test('every variable that a page names is read somewhere', () => {
  const known = [...read('docs/CONFIG.md').matchAll(/`(REMIT_[A-Z0-9_]+)`/g)].map(([, name]) => name);
  const unknown = pages.flatMap((page) =>
    [...read(page).matchAll(/\bREMIT_[A-Z0-9_]*[A-Z0-9]\b/g)]
      .map(([name]) => name)
      .filter((name) => !known.includes(name))
      .map((name) => `${page}: ${name}`),
  );
  expect(unknown).toEqual([]);
});

test('every file of the repository that a page names exists', () => {
  const gone = pages.flatMap((page) =>
    [...read(page).matchAll(/`((?:test|scripts|workers|contracts|deploy|rocketh|bench|contrib|models)\/[\w./-]*\w)`/g)]
      .map(([, file = '']) => file)
      // What is not built yet may be named where it will be.
      .filter((file) => file !== 'workers/canonical' && !existsSync(file))
      .map((file) => `${page}: ${file}`),
  );
  expect(gone).toEqual([]);
});
