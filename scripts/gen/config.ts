// Writes docs/CONFIG.md from the schemas of the workers: `node scripts/gen/config.ts`.
import { writeFileSync } from 'node:fs';
import { formattedConfigPage } from './config-sources.ts';

writeFileSync(new URL('../../docs/CONFIG.md', import.meta.url), await formattedConfigPage());
