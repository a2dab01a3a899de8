import { readFileSync } from 'node:fs';
import { Interface } from 'ethers';
import { beforeAll, describe, expect, it } from 'vitest';
import * as artifacts from '../../../generated/artifacts/index.js';
import { CORE } from '../../../rocketh/core-contracts.ts';
import { type ContractSources, readContracts } from '../../../scripts/audit/contract-sources.ts';
import { entryPointsOf } from '../../../scripts/audit/entry-points.ts';
import { attackTable } from '../../../scripts/audit/inputs.ts';
import { revertSites } from '../../../scripts/audit/revert-sites.ts';
import { errorsInTests } from '../../../scripts/audit/test-scan.ts';
import { THREATS } from '../../../scripts/audit/threats.ts';
import { staleInputs } from '../../../scripts/check/audit-freshness.ts';
import { attacks } from '../../../scripts/attack/attacks.ts';

let sources: ContractSources;

beforeAll(() => {
  sources = readContracts();
}, 60_000);

const sectionOf = (page: string, name: string): string =>
  new RegExp(`^## ${name}$([\\s\\S]*?)(?=^## |(?![\\s\\S]))`, 'm').exec(page)?.[1] ?? '';
/** Names of the functions in the first column of a table. */
const listed = (section: string): string[] => [...section.matchAll(/^\| `(\w+)`/gm)].map(([, name = '']) => name);

describe('docs/audit/entry-points.md', () => {
  const page = readFileSync('docs/audit/entry-points.md', 'utf8');

  it.each(CORE)('lists every function of %s that its ABI says can change something', (contract) => {
    const abi = new Interface(artifacts[contract].abi);
    const changing = abi.fragments.flatMap((fragment) => {
      const found = fragment.type === 'function' && 'name' in fragment ? abi.getFunction(fragment.format()) : null;
      return found && !found.constant ? [found.name] : [];
    });
    expect(listed(sectionOf(page, contract)).sort()).toEqual(changing.sort());
  });

  it('names the roles of a live deployment and the callers that are fixed', () => {
    expect(page).toMatch(/\| JobRegistry\.setParameters +\| GOVERNOR \|/);
    expect(sectionOf(page, 'OperatorStaking')).toMatch(/\| `slash` +\| Slasher /);
    expect(sectionOf(page, 'Settlement')).toMatch(/\| `bond` +\| ModelRegistry, TrialCourt, FeedRegistry /);
  });
});

describe('what is read out of the contracts', () => {
  it('has the conditions on the caller, those of modifiers and of inner functions among them', () => {
    const [slash] = entryPointsOf('OperatorStaking', sources).filter(({ name }) => name === 'slash');
    expect(slash).toMatchObject({ refusals: ['msg.sender != slasher'], comparedWith: ['slasher'] });
    const [unlock] = entryPointsOf('OperatorStaking', sources).filter(({ name }) => name === 'unlock');
    expect(unlock).toMatchObject({ modifiers: ['onlyJobRegistry'], refusals: ['msg.sender != jobRegistry'] });
    const [cancel] = entryPointsOf('Scheduler', sources).filter(({ name }) => name === 'cancel');
    expect(cancel?.refusals).toEqual(['life.owner != msg.sender']);
  });

  it('has every revert statement of the files, each with its line', () => {
    const sites = revertSites(sources);
    const statements = [...sources.files.values()].flatMap(
      ({ text }) => text.replaceAll(/\/\/.*$/gm, '').match(/\brevert [A-Z][\w.]*\(/g) ?? [],
    );
    expect(sites).toHaveLength(statements.length);
    for (const { file, line, error } of sites) {
      expect(
        readFileSync(file, 'utf8')
          .split('\n')
          .slice(line - 1, line + 2)
          .join('\n'),
      ).toContain(error);
    }
  });

  it('finds an error in the tests that name it, and no other', () => {
    const found = errorsInTests(new Set(['OperatorStakingNotReleased', 'ErrorThatNobodyExpects']));
    expect(found.get('OperatorStakingNotReleased')).toContain('test/contracts/operator-staking.test.ts');
    expect([...found.keys()]).toEqual(['OperatorStakingNotReleased']);
  });
});

describe('freshness', () => {
  it('names every input that changed, appeared or went', () => {
    expect(staleInputs({ a: '1', b: '2' }, { a: '1', b: '2' })).toEqual([]);
    expect(staleInputs({ a: '1', b: '2' }, { a: '1', b: '3', c: '4' })).toEqual([
      'docs/audit is stale: b changed since; run ./dev audit',
      'docs/audit is stale: c changed since; run ./dev audit',
    ]);
  });

  it('reads the attacks from their files as they are', () => {
    const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);
    const told = attacks.map(({ name, threats, what }) => ({ name, threats: [...threats], what })).sort(byName);
    expect([...attackTable()].sort(byName)).toEqual(told);
    expect(new Set(attacks.flatMap(({ threats }) => threats))).toEqual(new Set(THREATS.map(({ id }) => id)));
  });
});
