// Writes docs/FAULTS.md from the table of faults and the titles of their tests: `node scripts/gen/faults.ts`.
import { writeFileSync } from 'node:fs';
import { faultsPage } from './faults-page.ts';

writeFileSync(new URL('../../docs/FAULTS.md', import.meta.url), await faultsPage());
