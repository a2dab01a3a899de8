import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ModelFile } from './onnx-builder.ts';

const folder = join(import.meta.dirname, '../../../shared/models');

const labelled = z.array(z.object({ values: z.array(z.number()), label: z.number().nullable() }));
const ezkl = z.object({
  input_data: z.array(z.array(z.number())),
  output_data: z.array(z.array(z.number())).optional(),
});

/** Models of other projects live beside the repository, not in it; without them their tests are skipped with a notice. */
export const haveSharedModels = existsSync(folder);
if (!haveSharedModels) console.info('notice: ../shared/models is absent; tests on real models are skipped');

export async function sharedModel(name: string): Promise<ModelFile> {
  const path = join(folder, `${name}.onnx`);
  return {
    path,
    key: createHash('sha256')
      .update(await readFile(path))
      .digest('hex'),
  };
}

/** Inputs with the label that the model should give, or null where none is known. */
export async function labelledInputs(file: string): Promise<z.infer<typeof labelled>> {
  return labelled.parse(JSON.parse(await readFile(join(folder, file), 'utf8')));
}

/** ezkl's input file: one flat array per graph input, and sometimes the outputs. */
export async function ezklInputs(file: string): Promise<z.infer<typeof ezkl>> {
  return ezkl.parse(JSON.parse(await readFile(join(folder, file), 'utf8')));
}
