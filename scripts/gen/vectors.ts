// Writes the shared test vectors, read by Solidity and TypeScript: `node scripts/gen/vectors.ts`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { vectorFiles } from './vector-files.ts';

const folder = new URL('../../test/vectors/', import.meta.url);
mkdirSync(folder, { recursive: true });
for (const [name, content] of Object.entries(vectorFiles())) {
  writeFileSync(new URL(name, folder), `${JSON.stringify(content, null, 2)}\n`);
}
