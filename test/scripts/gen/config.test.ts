import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { expect, test } from 'vitest';
import { configPage } from '../../../scripts/gen/config-page.ts';
import { formattedConfigPage } from '../../../scripts/gen/config-sources.ts';
import * as field from '../../../workers/runtime/config-fields.ts';

test('docs/CONFIG.md is what `node scripts/gen/config.ts` writes', async () => {
  expect(readFileSync('docs/CONFIG.md', 'utf8')).toBe(await formattedConfigPage());
});

test('a variable is listed once for everybody who reads it alike', () => {
  const shared = { chainId: field.integer().prefault('1').describe('The chain.') };
  const page = configPage(
    [
      { role: 'listener', schema: z.object({ ...shared, operator: field.address().describe('Who | what.') }) },
      {
        role: 'executor',
        schema: z.object({
          ...shared,
          operator: field.address().optional().describe('Whose.'),
          salt: field.secret().optional().describe('Yours.'),
        }),
      },
    ],
    'The end.',
  );
  expect(page.match(/REMIT_CHAIN_ID/g)).toHaveLength(1);
  expect(page).toContain(
    '## Every role\n\n| variable | type | default | meaning |\n| --- | --- | --- | --- |\n| `REMIT_CHAIN_ID` | integer | `1` | The chain. |',
  );
  expect(page).toContain('## Listener\n');
  expect(page).toContain('| `REMIT_OPERATOR` | address | **required** | Who \\| what. |');
  expect(page).toContain('| `REMIT_OPERATOR` | address | none | Whose. |');
  expect(page).toContain('| `REMIT_SALT` | secret | none | Yours. |');
  expect(page.endsWith('\n\nThe end.')).toBe(true);
});
