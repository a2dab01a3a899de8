import { readFileSync } from 'node:fs';

/** A section of docs/INVARIANTS.md. */
export interface Invariant {
  readonly id: string;
  readonly title: string;
  /** The first paragraph, on one line. */
  readonly text: string;
  readonly guard: string;
  readonly tests: readonly NamedTest[];
}

export interface NamedTest {
  readonly file: string;
  readonly title: string;
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

/** Every invariant, in the order of the document. */
export function readInvariants(): readonly Invariant[] {
  return readFileSync('docs/INVARIANTS.md', 'utf8')
    .split(/^#{2,3} /m)
    .flatMap((section) => {
      const [, id = '', title = ''] = /^([IN]\d+) · (.*)$/m.exec(section) ?? [];
      if (id === '') return [];
      const body = section.slice(section.indexOf('\n'));
      const text = oneLine(body.slice(0, body.indexOf('- Guard:')));
      const guard = oneLine(/^- Guard: ([\s\S]*?)^- Tests/m.exec(section)?.[1] ?? '');
      return [{ id, title, text, guard, tests: testsIn(section) }];
    });
}

function testsIn(section: string): readonly NamedTest[] {
  const list = /^- Tests: ([\s\S]*)/m.exec(section)?.[1] ?? '';
  return list.split(/(?=`(?:test|bench)\/)/).flatMap((part): NamedTest[] => {
    const file = /^`([^`]+)`/.exec(part)?.[1];
    const titles = [...part.matchAll(/"([^"]+)"/g)].map((match) => oneLine(match[1] ?? ''));
    return file === undefined ? [] : titles.map((title) => ({ file, title }));
  });
}
