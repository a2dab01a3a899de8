import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { operatorNames } from '../../../workers/canonical/compiler/operators.ts';
import { formattedOperatorsPage, operatorsPage } from '../../../scripts/gen/operators-page.ts';

test('docs/OPERATORS.md is what `node scripts/gen/operators.ts` writes', async () => {
  expect(readFileSync('docs/OPERATORS.md', 'utf8')).toBe(await formattedOperatorsPage());
});

test('operators are listed by domain, in order of their names', () => {
  const page = operatorsPage(['Relu', 'Add', 'com.microsoft.QLinearAdd']);
  expect(page).toContain('## ai.onnx\n\n2 operators: `Add`, `Relu`.');
  expect(page).toContain('## com.microsoft\n\n1 operator: `QLinearAdd`.');
});

test('no operator that compiles is named as one that never does', () => {
  const page = operatorsPage([]);
  const refused = page.slice(page.indexOf('## What is refused'));
  for (const name of [
    'NonZero',
    'Unique',
    'Compress',
    'NonMaxSuppression',
    'Bernoulli',
    'RandomNormal',
    'Multinomial',
  ]) {
    expect(refused).toContain(`\`${name}\``);
    expect(operatorNames()).not.toContain(name);
  }
});
