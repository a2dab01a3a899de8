import { existsSync, readdirSync, readFileSync } from 'node:fs';
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

/** Calls of all campaigns of one suite run: every invariant function of every contract that runs is a campaign. */
function promisedCalls(): number {
  const bursts = [/INVARIANT_RUNS'\] \?\? (\d+)/, /INVARIANT_DEPTH'\] \?\? (\d+)/].map((pattern) =>
    Number(pattern.exec(readFileSync('hardhat.config.ts', 'utf8'))?.[1]),
  );
  const campaigns = readdirSync('test/solidity')
    .filter((name) => name.endsWith('Invariants.t.sol'))
    .flatMap((name) => {
      const contracts = readFileSync(`test/solidity/${name}`, 'utf8').split(/^(?=(?:abstract )?contract )/m);
      const inherited = contracts.filter((text) => text.startsWith('abstract')).map(functionsOf);
      const sum = inherited.reduce((total, count) => total + count, 0);
      return contracts.filter((text) => /^contract \w+Test /.test(text)).map((text) => functionsOf(text) + sum);
    })
    .reduce((total, count) => total + count, 0);
  const [runs = 0, depth = 0] = bursts;
  return campaigns * runs * depth * 8;
}

function functionsOf(contract: string): number {
  return contract.match(/^ {4}function invariant_\w+\(\)/gm)?.length ?? 0;
}

describe('docs/INVARIANTS.md', () => {
  test('campaigns make more than half a million calls, as many as it says', () => {
    const campaigns = repositoryFiles().filter(({ text }) => /constant BURST_CALLS = \d+/.test(text));
    expect(campaigns.map(({ text }) => /constant BURST_CALLS = (\d+)/.exec(text)?.[1])).toEqual(Array(4).fill('8'));
    expect(promisedCalls()).toBeGreaterThanOrEqual(500_000);
    expect(DOCUMENT).toContain(`${promisedCalls().toLocaleString('en')} calls`);
  });

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
