import { describe, expect, test } from 'vitest';
import { compareCodes } from '../../../scripts/check/error-codes.ts';
import { compareGas } from '../../../scripts/check/gas-snapshot.ts';
import { hygieneOf } from '../../../scripts/check/hygiene.ts';
import { anchorsOf } from '../../../scripts/check/links.ts';

const HOME = ['', 'home', 'someone', 'code'].join('/');

describe('hygiene', () => {
  const problems = (path: string, text: string): string[] => hygieneOf([{ path, text }]);

  test('a file with a clear name and a moderate size has no problems', () => {
    expect(problems('workers/chain/tx-manager.ts', 'export const a = 1;\n')).toEqual([]);
    expect(problems('deploy/01_staking.ts', '')).toEqual([]);
  });

  test.each(['workers/chain/utils.ts', 'workers/chain/index.ts', 'workers/chain/txManager.ts'])(
    '%s is refused by name',
    (path) => {
      expect(problems(path, '')).toHaveLength(1);
    },
  );

  test('a TypeScript file may have 400 lines and a contract 600', () => {
    expect(problems('a.ts', '\n'.repeat(400))).toEqual([]);
    expect(problems('a.ts', '\n'.repeat(401))).toEqual(['a.ts: 401 lines, at most 400: split it']);
    expect(problems('A.sol', '\n'.repeat(600))).toEqual([]);
    expect(problems('A.sol', '\n'.repeat(601))).toHaveLength(1);
  });

  test('a path of one machine and a package registry are refused, system paths are not', () => {
    expect(problems('a.md', `first\nsee ${HOME}`)).toEqual([`a.md:2: ${HOME.slice(0, 13)}: a path of one machine`]);
    expect(problems('.npmrc', ['registry', 'https://example.org'].join('='))).toHaveLength(1);
    expect(problems('a.md', '/tmp/x /usr/bin/node ~/home/x')).toEqual([]);
  });

  test('a focused test is refused, a skipped one needs a comment', () => {
    expect(problems('test/a.test.ts', ['it', "only('x')"].join('.'))).toHaveLength(1);
    expect(problems('test/a.test.ts', ['it', "skip('x')"].join('.'))).toHaveLength(1);
    expect(problems('test/a.test.ts', `// no GPU here\n${['it', "skip('x')"].join('.')}`)).toEqual([]);
  });
});

describe('error codes', () => {
  const code = { path: 'workers/a.ts', text: ['\nthrow new RemitError({ code', "'NO_GAS', message })"].join(': ') };
  const shell = { path: 'scripts/setup/a.sh', text: 'fail 69 SETUP_X "no"' };
  const catalogue = (text: string) => ({ path: 'docs/ERRORS.md', text });

  test('documented codes that are raised have no problems', () => {
    expect(compareCodes([code, shell, catalogue('## NO_GAS\n### `SETUP_X`\n')])).toEqual([]);
  });

  test('an undocumented code names its line, a code raised nowhere is named too', () => {
    expect(compareCodes([code, catalogue('### OLD_CODE\n')])).toEqual([
      'workers/a.ts:2: NO_GAS has no section in docs/ERRORS.md',
      'docs/ERRORS.md: OLD_CODE is raised nowhere',
    ]);
  });
});

describe('gas snapshot', () => {
  test('a rise of exactly 2 % is allowed and more is not', () => {
    expect(compareGas({ small: { total: 100 } }, { small: { total: 102 } })).toEqual([]);
    expect(compareGas({ small: { total: 100 } }, { small: { total: 103 } })[0]).toMatch(
      /small\.total: 103 gas, 3\.0 %/,
    );
  });

  test('a flow only one side knows is named', () => {
    expect(compareGas({ a: 1, b: 1 }, { a: 1, c: 1 })).toHaveLength(2);
  });
});

test('anchors are made as GitHub makes them', () => {
  expect(anchorsOf('# Who may import whom?\n### `NO_GAS`\n```\n# not a heading\n```\n')).toEqual(
    new Set(['who-may-import-whom', 'no_gas']),
  );
});
