import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { formattedOperatorsPage, operatorsPage } from '../../../scripts/gen/operators-page.ts';

test('docs/OPERATORS.md is what `node scripts/gen/operators.ts` writes', async () => {
  expect(readFileSync('docs/OPERATORS.md', 'utf8')).toBe(await formattedOperatorsPage());
});

test('operators are listed by domain, in order of their names', () => {
  const page = operatorsPage(['Relu', 'Add', 'com.microsoft.QLinearAdd']);
  expect(page).toContain('## ai.onnx\n\n2 operators: `Add`, `Relu`.');
  expect(page).toContain('## com.microsoft\n\n1 operators: `QLinearAdd`.');
});
