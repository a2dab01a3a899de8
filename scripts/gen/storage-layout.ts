// Accepts the storage layout of the contracts as they are now: `./dev check storage` compares with what this writes.
import { writeFileSync } from 'node:fs';
import { format } from 'prettier';
import { STORAGE_SNAPSHOT, storageLayout } from '../check/storage-layout.ts';

const text = JSON.stringify(storageLayout());
writeFileSync(STORAGE_SNAPSHOT, await format(text, { parser: 'json', printWidth: 120 }));
