import { expect, test } from 'vitest';
import { lanesOf } from '../../../scripts/report/lanes.ts';

test.each([
  [
    ['check', 'contracts', 'solidity', 'e2e'],
    [['check'], ['contracts', 'solidity'], ['e2e']],
  ],
  [
    ['solidity', 'e2e', 'contracts'],
    [['solidity', 'contracts'], ['e2e']],
  ],
  [
    ['workers', 'solidity'],
    [['workers'], ['solidity']],
  ],
  [[], []],
])('every suite of %j runs, once', (suites, lanes) => {
  expect(lanesOf(suites, [['contracts', 'solidity']])).toEqual(lanes);
});
