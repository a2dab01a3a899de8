// Writes docs/OPERATORS.md from the tables of the compiler: `node scripts/gen/operators.ts`.
import { writeFileSync } from 'node:fs';
import { formattedOperatorsPage } from './operators-page.ts';

writeFileSync(new URL('../../docs/OPERATORS.md', import.meta.url), await formattedOperatorsPage());
