import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createOutputIndex } from '../../../workers/store/output-index.ts';
import { hash } from '../../support/sample-job.ts';
import { tempFolder } from '../../support/temp-folder.ts';

it('an output is found by its root, also by another process, and absent where it was not kept', async () => {
  const folder = await tempFolder();
  expect(await createOutputIndex(folder).find(hash(1))).toBeUndefined();
  await createOutputIndex(folder).keep(hash(1), hash(2));
  await createOutputIndex(folder).keep(hash(1), hash(2));
  expect(await createOutputIndex(folder).find(hash(1))).toBe(hash(2));
});

it('a damaged entry is an error, never another output', async () => {
  const folder = await tempFolder();
  await createOutputIndex(folder).keep(hash(1), hash(2));
  await writeFile(join(folder, 'outputs', hash(1).slice(2)), '0x12');
  await expect(createOutputIndex(folder).find(hash(1))).rejects.toMatchObject({ code: 'HEX32_MALFORMED' });
});
