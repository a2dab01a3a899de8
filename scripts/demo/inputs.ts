import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { messageOf } from '../../workers/runtime/errors.ts';
import type { DemoInput, InputSpec } from './demo-input.ts';
import { parseCases } from './input-cases.ts';
import { unknownFormat, unreadable } from './input-file-errors.ts';
import { pictureTensor } from './input-picture.ts';
import { pixelScaling, type PixelScaling } from './pixel-scaling.ts';

export interface ReadInputsOptions {
  /** `.json`, `.jpg`, `.jpeg` or `.png`. */
  readonly file: string;
  /** Graph inputs in graph order. A dynamic dimension (null) counts as 1. */
  readonly inputs: readonly InputSpec[];
  /** For pictures: a preset's name or explicit numbers. Default: the side file of the model, else by shape, else 0..1. */
  readonly scaling?: string | PixelScaling;
  /** For pictures: the model's file, next to which `<model>.image.json` may lie. */
  readonly modelFile?: string;
}

const PICTURES = new Set(['.jpg', '.jpeg', '.png']);

/**
 * Reads what a model is to be asked: one entry per job.
 *
 * @throws RemitError `INPUT_FILE_UNREADABLE`, `INPUT_FORMAT_UNKNOWN`, `INPUT_SHAPE`, `INPUT_TYPE`, `INPUT_SCALING_UNKNOWN`
 */
export async function readInputs({ file, inputs, scaling, modelFile }: ReadInputsOptions): Promise<DemoInput[]> {
  const kind = extname(file).toLowerCase();
  if (kind !== '.json' && !PICTURES.has(kind)) throw unknownFormat(file, 'is neither .json nor .jpg nor .png');
  const bytes = await bytesOf(file);
  if (kind === '.json') return parseCases(bytes.toString('utf8'), { file, inputs });
  const chosen = await pixelScaling({ scaling, modelFile, inputs });
  const tensor = await pictureTensor(bytes, { file, inputs, scaling: chosen });
  return [{ name: basename(file), tensors: [tensor], picture: { path: file, scaling: chosen.name } }];
}

async function bytesOf(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw unreadable(file, messageOf(cause), cause);
  }
}
