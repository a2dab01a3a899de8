import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { repositoryFiles } from '../../../scripts/check/repository.ts';

const DOCUMENT = readFileSync('docs/INVARIANTS.md', 'utf8');
const IDS = [...Array.from({ length: 34 }, (_, i) => `I${i + 1}`), 'N1'];

/** Sections by id: from one heading of an invariant to the next heading. */
const sections = new Map(
  DOCUMENT.split(/^#{2,3} /m).flatMap((section): [string, string][] => {
    const id = /^([IN]\d+) · /.exec(section)?.[1];
    return id === undefined ? [] : [[id, section]];
  }),
);

/** Every test that a section names: file and a part of the title. */
function testsIn(section: string): [file: string, title: string][] {
  const list = /^- Tests: ([\s\S]*)/m.exec(section)?.[1] ?? '';
  return list.split(/(?=`(?:test|bench)\/)/).flatMap((part): [string, string][] => {
    const file = /^`([^`]+)`/.exec(part)?.[1];
    const titles = [...part.matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? '');
    return file === undefined ? [] : titles.map((title) => [file, title]);
  });
}

describe('docs/INVARIANTS.md', () => {
  test('has a section for every invariant, once', () => {
    expect([...sections.keys()].sort()).toEqual([...IDS].sort());
    expect(DOCUMENT.match(/^### [IN]\d+ · /gm)).toHaveLength(IDS.length);
  });

  test.each(IDS)('%s names a guard and a test', (id) => {
    const section = sections.get(id) ?? '';
    expect(section).toMatch(/^- Guard: /m);
    expect(testsIn(section)).not.toEqual([]);
  });

  test.each([...sections].flatMap(([id, section]) => testsIn(section).map((one) => [id, ...one] as const)))(
    '%s: %s has the test "%s"',
    (_id, file, title) => {
      expect(existsSync(file), `${file} does not exist`).toBe(true);
      expect(readFileSync(file, 'utf8')).toContain(title);
    },
  );

  const solidity = repositoryFiles()
    .filter(({ path }) => path.endsWith('.sol'))
    .map(({ text }) => text)
    .join('\n');
  const guards = [...sections].flatMap(([id, section]) => {
    const line = /^- Guard: ([\s\S]*?)^- Tests/m.exec(section)?.[1] ?? '';
    return [...line.matchAll(/`(\w+)\.(\w+)`/g)].map(([, contract = '', name = '']) => [id, contract, name] as const);
  });
  test.each(guards)('%s: the guard %s.%s exists', (_id, contract, name) => {
    expect(solidity).toMatch(new RegExp(`(contract|library) ${contract}\\b`));
    expect(solidity).toMatch(name === 'constructor' ? /constructor\(/ : new RegExp(`(function|modifier) ${name}\\b`));
  });

  test('knows every invariant that the contracts and their tests mention', () => {
    const mentioned = new Set(
      repositoryFiles()
        .filter(({ path }) => /^(contracts|test\/(contracts|solidity))\//.test(path))
        .flatMap(({ text }) =>
          [...text.matchAll(/(?:INVARIANT\(|[ _("'`])([IN]\d{1,2})(?=[:_),])/g)].map((match) => match[1] ?? ''),
        ),
    );
    for (const id of mentioned) expect(IDS).toContain(id);
  });
});
