import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import type { PublishedModel } from '../stack/publish-model.ts';
import { lengthOf } from './demo-input.ts';
import { drawFaces, findFaces } from './faces.ts';

const FACE_OUTPUTS = '8840,17680';

/** Draws what the model found into a copy of the photograph; undefined for models whose answer is no place in it. */
export async function drawPicture(
  photograph: string,
  tensors: readonly (readonly number[])[],
  { model, out }: { readonly model: PublishedModel; readonly out: string },
): Promise<string | undefined> {
  if (model.loaded.summary.outputs.map(lengthOf).join() !== FACE_OUTPUTS) return undefined;
  const [scores = [], boxes = []] = tensors;
  const png = await drawFaces(await readFile(photograph), findFaces(scores, boxes));
  await mkdir(out, { recursive: true });
  const path = join(out, `${basename(photograph, extname(photograph))}-found.png`);
  await writeFile(path, png);
  return path;
}
