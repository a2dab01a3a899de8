import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { RemitError } from '../../workers/runtime/errors.ts';
import type { InputSpec } from './demo-input.ts';

const perChannel = z.union([z.tuple([z.number()]), z.tuple([z.number(), z.number(), z.number()])]);
const numbers = z.object({ mean: perChannel, scale: perChannel });

/** A number of the model = (pixel − mean) / scale, pixel 0..255; one number for all channels, or red, green, blue. */
export type PixelScaling = z.infer<typeof numbers>;

export interface NamedScaling extends PixelScaling {
  /** A preset, `given`, or the side file. */
  readonly name: string;
}

/** How well-known models were fitted. */
const PRESETS: Readonly<Record<string, PixelScaling>> = {
  unit: { mean: [0], scale: [255] },
  'face-detector': { mean: [127], scale: [128] },
  cifar10: { mean: [0.4914 * 255, 0.4822 * 255, 0.4465 * 255], scale: [0.2471 * 255, 0.2435 * 255, 0.2616 * 255] },
};

/** Models known by the shape of their only input. */
const BY_SHAPE: Readonly<Record<string, string>> = { '1,3,240,320': 'face-detector' };

export interface PixelScalingOptions {
  readonly scaling?: string | PixelScaling | undefined;
  readonly modelFile?: string | undefined;
  readonly inputs: readonly InputSpec[];
}

/**
 * What was asked for; else what `<model>.image.json` next to the model says, `{"mean": […], "scale": […]}`; else the
 * preset known for the shape; else 0..1. Throws `INPUT_SCALING_UNKNOWN`.
 */
export async function pixelScaling({ scaling, modelFile, inputs }: PixelScalingOptions): Promise<NamedScaling> {
  if (typeof scaling === 'object') return { name: 'given', ...checked(scaling, 'the scaling given') };
  if (typeof scaling === 'string') return preset(scaling);
  const sideFile = modelFile?.replace(/(\.onnx)?$/, '.image.json');
  const text = sideFile === undefined ? undefined : await readFile(sideFile, 'utf8').catch(() => undefined);
  if (sideFile !== undefined && text !== undefined) return { name: sideFile, ...checked(parsed(text), sideFile) };
  return preset(BY_SHAPE[String(inputs[0]?.shape)] ?? 'unit');
}

function preset(name: string): NamedScaling {
  const found = Object.hasOwn(PRESETS, name) ? PRESETS[name] : undefined;
  if (!found) throw unknownScaling(`there is no scaling "${name}"`);
  return { name, ...found };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function checked(value: unknown, where: string): PixelScaling {
  const found = numbers.safeParse(value);
  if (!found.success || found.data.scale.includes(0))
    throw unknownScaling(`${where} is not {"mean": […], "scale": […]} with 1 or 3 numbers each, scale not 0`);
  return found.data;
}

function unknownScaling(message: string): RemitError {
  return new RemitError({
    code: 'INPUT_SCALING_UNKNOWN',
    message,
    fix: `Use one of ${Object.keys(PRESETS).join(', ')}, or write {"mean": [127], "scale": [128]} for (pixel - 127) / 128.`,
  });
}
