import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { markBranches, MARKS_FILE, MARKS_SOURCE, tagOf } from '../../../scripts/coverage/branch-marks.ts';
import { MutantCompiler } from '../../../scripts/mutants/compiler.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const SOURCE = `// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// offsets are bytes: ü, é
contract A {
    uint256 constant LIMIT = 2 > 1 ? 3 : 4;

    function f(uint256 a, bool z) external pure returns (uint256) {
        require(a != 7 || z, "no");
        if (a > LIMIT ? z : a == 0) return 1;
        for (uint256 i = 0; i < a; ++i) {
            while (i == 5) revert();
        }
        return a == 1 ? a == 2 ? 3 : 4 : 5;
    }
}
`;

async function marked(source: string, first = 1) {
  const folder = await tempFolder();
  for (const [file, text] of [
    ['contracts/base/A.sol', source],
    [MARKS_FILE, MARKS_SOURCE],
  ] as const) {
    mkdirSync(path.join(folder, path.dirname(file)), { recursive: true });
    writeFileSync(path.join(folder, file), text);
  }
  const compiler = new MutantCompiler(folder);
  const result = markBranches(
    'contracts/base/A.sol',
    Buffer.from(source),
    compiler.tree('contracts/base/A.sol'),
    first,
  );
  return {
    ...result,
    compiled: compiler.compile(['contracts/base/A.sol', MARKS_FILE], { 'contracts/base/A.sol': result.marked }),
  };
}

test('every decision tells its way, on the line where it was, and the contract still compiles', async () => {
  const { marked: text, decisions, compiled } = await marked(SOURCE);
  expect(decisions.map(({ line, kind, condition }) => [line, kind, condition])).toEqual([
    [9, 'require', 'a != 7 || z'],
    [10, 'if', 'a > LIMIT ? z : a == 0'],
    [10, 'ternary', 'a > LIMIT'],
    [11, 'loop', 'i < a'],
    [12, 'loop', 'i == 5'],
    [14, 'ternary', 'a == 1'],
    [14, 'ternary', 'a == 2'],
  ]);
  expect(text.split('\n')[9]?.trim()).toBe(
    'if (((((a > LIMIT) ? BranchMarks.yes(3) : BranchMarks.no(3)) ? z : a == 0) ? BranchMarks.yes(2) : BranchMarks.no(2))) return 1;',
  );
  expect(text).toContain('LIMIT = 2 > 1 ? 3 : 4;');
  expect(compiled).not.toHaveProperty('error');
});

test('numbers go on where the last file ended, and give two tags each', async () => {
  const { marked: text } = await marked(SOURCE, 40);
  expect(text).toContain('BranchMarks.yes(46)');
  expect(tagOf(46, true)).toBe((2 * 46 + 1).toString(16).padStart(64, '0'));
  expect(tagOf(46, false)).toBe((2 * 46).toString(16).padStart(64, '0'));
});

test('a file without decisions stays what it is', async () => {
  const source = SOURCE.replace(/ {8}require[\s\S]*: 5;/, '        return a;').replace('2 > 1 ? 3 : 4', '3');
  expect(await marked(source)).toMatchObject({ marked: source, decisions: [] });
});
