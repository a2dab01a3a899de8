import { expect, test } from 'vitest';
import { parseLcov } from '../../../scripts/coverage/lcov.ts';

test('an lcov record gives lines, branches and the lines nobody reached', () => {
  const text =
    'TN:\nSF:contracts/A.sol\nDA:1,4\nDA:2,0\nDA:3,1\nBRDA:1,0,0,2\nBRDA:1,0,1,-\nBRDA:3,1,0,0\nend_of_record\n';
  expect(parseLcov(text)).toEqual(
    new Map([
      ['contracts/A.sol', { lines: { total: 3, covered: 2 }, branches: { total: 3, covered: 1 }, missed: [2] }],
    ]),
  );
});
