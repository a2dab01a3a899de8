import { afterAll, beforeAll, expect, test } from 'vitest';
import { MutantCompiler } from '../../../scripts/mutants/compiler.ts';
import { TestBench } from '../../../scripts/mutants/test-bench.ts';

const FILE = 'contracts/libraries/Median.sol';
const TESTS = 'test/solidity/libraries/Median.t.sol';
const compiler = new MutantCompiler('.');
const source = compiler.read(FILE);
const changed = (before: string, after: string): Record<string, string> => {
  expect(source).toContain(before);
  return { [FILE]: source.replace(before, after) };
};
let bench: TestBench;

beforeAll(() => {
  bench = new TestBench('.', compiler, false);
});

afterAll(() => {
  bench.stop();
});

test(
  'Solidity tests notice a library that is wrong, and say nothing of one that is right',
  { timeout: 120_000 },
  async () => {
    expect(await bench.solidity(TESTS, changed('sorted[(count - 1) / 2]', 'sorted[count / 2]'))).toMatchObject({
      title: expect.stringContaining('MedianTest › testFuzz_LowerOfSplitsTheReportsInTheMiddle') as string,
      timedOut: false,
    });
    expect(await bench.solidity(TESTS, changed('a > b ?', 'a >= b ?'))).toBeUndefined();
  },
);

test('a Solidity test file without tests is an error, not a survivor', { timeout: 120_000 }, async () => {
  await expect(bench.solidity('test/solidity/support/Test.sol', {})).rejects.toThrow('no test passes without a change');
});
