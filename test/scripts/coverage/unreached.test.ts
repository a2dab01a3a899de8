import { expect, test } from 'vitest';
import type { FileCoverage } from '../../../scripts/coverage/contract-coverage.ts';
import { unexplained } from '../../../scripts/coverage/unreached.ts';

const FILE: FileCoverage = {
  file: 'contracts/A.sol',
  lines: { total: 9, covered: 8 },
  branches: { total: 4, covered: 3 },
  missedLines: [2],
  missedBranches: [{ line: 3, kind: 'if', condition: 'a == b', way: true }],
};
const textOf = (): string => 'one\n    two();\nthree\n';
const REASONS = [
  { file: 'contracts/A.sol', source: 'two();', why: 'the compiler needs it' },
  { file: 'contracts/A.sol', source: 'a == b', way: true, why: 'they differ' },
];

test('what is not reached needs a reason, by its source and not by its line', () => {
  expect(unexplained([FILE], REASONS, textOf)).toEqual([]);
  expect(unexplained([FILE], [], textOf)).toEqual([
    "contracts/A.sol:2: no test reaches 'two();'",
    "contracts/A.sol:3: 'a == b' is never true",
  ]);
});

test('a reason for what is reached is one too many', () => {
  expect(unexplained([{ ...FILE, missedLines: [], missedBranches: [] }], REASONS, textOf)).toEqual([
    "contracts/A.sol: 'two();' has a reason in unreached.json, and is reached",
    "contracts/A.sol: 'a == b' has a reason in unreached.json, and is reached",
  ]);
});

test('a reason for one way is none for the other', () => {
  const reasons = REASONS.map((reason) => ('way' in reason ? { ...reason, way: false } : reason));
  expect(unexplained([FILE], reasons, textOf)).toHaveLength(2);
});
