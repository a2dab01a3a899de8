import { expect, test } from 'vitest';
import { MutantCompiler } from '../../../scripts/mutants/compiler.ts';
import { listMutants, withMutant } from '../../../scripts/mutants/list-mutants.ts';
import { seededSample } from '../../../scripts/mutants/seeded-sample.ts';

const FILE = 'contracts/Settlement.sol';
const compiler = new MutantCompiler('.');
const source = Buffer.from(compiler.read(FILE));
const mutants = listMutants(FILE, source, compiler.tree(FILE));

test('mutants of a contract differ from it and from each other, and have ids of their own', () => {
  const texts = mutants.map((mutant) => withMutant(source, mutant));
  expect(texts).not.toContain(source.toString());
  expect(new Set(texts).size).toBe(texts.length);
  expect(new Set(mutants.map(({ id }) => id)).size).toBe(mutants.length);
});

test('each kind of change is there, at the bytes it names', () => {
  const changes = mutants.map(({ where, operator, before, after }) => [where, operator, before, after]);
  expect(changes).toContainEqual(['Settlement.withdraw', 'dropped modifier', 'nonReentrant', '']);
  expect(changes).toContainEqual(['Settlement.withdraw', 'swapped recipient', 'to', 'msg.sender']);
  expect(changes).toContainEqual(['Settlement.withdraw', 'deleted statement', '_debit(msg.sender, amount);', '{}']);
  expect(changes).toContainEqual(['Settlement.withdraw', 'arithmetic', '-=', '+=']);
  expect(changes).toContainEqual(['Settlement._debit', 'comparison', '<', '<=']);
  expect(changes).toContainEqual(['Settlement._credit', 'negated condition', 'amount != 0', '!(amount != 0)']);
  for (const { start, end, before } of mutants) expect(source.toString('utf8', start, end)).toBe(before);
});

test('a mutant compiles to other code, or says why it does not', { timeout: 120_000 }, () => {
  const compiled = compiler.compile([FILE], {});
  const mutant = mutants.find(({ operator }) => operator === 'comparison');
  const changed = compiler.compile([FILE], { [FILE]: withMutant(source, mutant!) });
  const code = (output: typeof compiled): string | undefined =>
    'contracts' in output ? output.contracts[FILE]?.['Settlement']?.evm.bytecode.object : undefined;
  expect(code(compiled)).toMatch(/^[0-9a-f]+$/);
  expect(code(changed)).toMatch(/^[0-9a-f]+$/);
  expect(code(changed)).not.toBe(code(compiled));
  expect(compiler.compile([FILE], { [FILE]: source.toString().replace('uint256', 'uint257') })).toHaveProperty('error');
});

test('a sample is chosen by its seed alone', () => {
  const ids = (seed: number): string[] => seededSample(mutants, 10, seed).map(({ id }) => id);
  expect(ids(1)).toEqual(ids(1));
  expect(ids(1)).not.toEqual(ids(2));
  expect(ids(1)).toHaveLength(10);
  expect(seededSample(mutants, Infinity, 1)).toEqual(mutants);
});
