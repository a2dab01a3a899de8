import { format, resolveConfig } from 'prettier';
import { FAULTS, type FaultRow } from './fault-rows.ts';
import { type FaultTest, faultTests } from './fault-tests.ts';

const HEAD = `# Faults

What goes wrong around the workers, what they promise then, and the test that makes it go wrong. Generated from
\`scripts/gen/fault-rows.ts\` and the titles of the tests: \`node scripts/gen/faults.ts\`. Tests marked _night_ run in
\`./dev nightly\` only; many of the others run longer there.
`;

/** docs/FAULTS.md. */
export async function faultsPage(): Promise<string> {
  const byFault = Map.groupBy(faultTests(), ({ fault }) => fault);
  const numbered = FAULTS.map((family) => ({
    ...family,
    rows: family.rows.map((row, at) => ({ ...row, number: family.first + at })),
  }));
  const all = numbered.flatMap(({ rows }) => rows);
  const tested = all.filter(({ number }) => byFault.has(number));
  const inTest = tested.filter(({ number }) => byFault.get(number)?.some(({ nightly }) => !nightly));
  const sum = `Of ${all.length} faults ${inTest.length} are made in \`./dev test\`, ${tested.length - inTest.length} at night only, ${all.length - tested.length} are not.`;
  const sections = numbered.map(({ name, rows }) => {
    const lines = rows.map((row) => lineOf(row, byFault.get(row.number) ?? []));
    return [
      `## ${name}`,
      '',
      '| | what goes wrong | what is promised | test |',
      '| --- | --- | --- | --- |',
      ...lines,
    ].join('\n');
  });
  const text = [HEAD, sum, ...sections].join('\n\n');
  return format(text, { ...(await resolveConfig('docs/FAULTS.md')), parser: 'markdown' });
}

function lineOf(
  { number, fault, promise, notRun }: FaultRow & { number: number },
  tests: readonly FaultTest[],
): string {
  const files = [...new Set(tests.map(({ file, nightly }) => `\`${file}\`${nightly ? ' _night_' : ''}`))];
  const where = files.length > 0 ? files.join('<br>') : `not run: ${notRun ?? '?'}`;
  return `| F${number} | ${fault} | ${promise} | ${where} |`;
}
