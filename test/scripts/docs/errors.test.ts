import { existsSync, globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const page = readFileSync('docs/ERRORS.md', 'utf8');
const sections = page
  .split(/^### (?=[A-Z][A-Z0-9_]+$)/m)
  .slice(1)
  .map((text) => ({
    code: text.slice(0, text.indexOf('\n')),
    body: (text.split(/^##/m)[0] ?? '').split('\n').slice(1),
  }));

test('every section says why, what to do, whether it is tried again, and which test shows it', () => {
  const incomplete = sections.filter(
    ({ body }) =>
      !body.some((line) => /^[A-Za-z`]/.test(line)) ||
      !['- **Do:** ', '- **Tried again:** ', '- **Test:** '].every((start) =>
        body.some((line) => line.startsWith(start) && line.length > start.length),
      ),
  );
  expect(sections.length).toBeGreaterThan(100);
  expect(incomplete.map(({ code }) => code)).toEqual([]);
});

test('every test that is named exists and mentions the code', () => {
  const wrong = sections.flatMap(({ code, body }) => {
    const file = /^- \*\*Test:\*\* `(.+)`$/m.exec(body.join('\n'))?.[1];
    if (file === undefined) return [];
    return existsSync(file) && readFileSync(file, 'utf8').includes(code) ? [] : [`${code}: ${file}`];
  });
  expect(wrong).toEqual([]);
});

test('the table of contents lists every code once, in the order of the page', () => {
  const listed = [...page.matchAll(/\[`([A-Z][A-Z0-9_]+)`\]\(#(\w+)\)/g)];
  expect(listed.map(([, code]) => code)).toEqual(sections.map(({ code }) => code));
  expect(listed.filter(([, code = '', anchor]) => code.toLowerCase() !== anchor)).toEqual([]);
});

test('every error that a contract declares is named, and every contract error named is declared', () => {
  const sources = globSync('contracts/**/*.sol').filter((file) => !file.includes('mocks'));
  const declared = sources.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/^\s*error (\w+)\(/gm)].map(([, name = '']) => name),
  );
  const chapter = page.slice(page.indexOf('\n## Contract errors'));
  const contracts = [...new Set(declared.map((name) => /^[A-Z][a-z]+([A-Z][a-z]+)?/.exec(name)?.[0] ?? name))];
  const named = [...chapter.matchAll(/`([A-Z]\w+)`/g)]
    .map(([, name = '']) => name)
    .filter((name) => contracts.some((contract) => name.startsWith(contract) && name !== contract));
  expect(declared.filter((name) => !chapter.includes(`\`${name}\``))).toEqual([]);
  expect(named.filter((name) => !declared.includes(name))).toEqual([]);
});
