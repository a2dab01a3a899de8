import sharp from 'sharp';
import { inputError } from '../../workers/inference/input-errors.ts';
import { messageOf } from '../../workers/runtime/errors.ts';
import { shapeText, type InputSpec } from './demo-input.ts';
import { unreadable } from './input-file-errors.ts';
import type { PixelScaling } from './pixel-scaling.ts';

export interface PictureOptions {
  readonly file: string;
  readonly inputs: readonly InputSpec[];
  readonly scaling: PixelScaling;
}

interface PictureShape {
  readonly channels: 1 | 3;
  readonly height: number;
  readonly width: number;
  readonly order: 'channels first' | 'channels last';
}

/** A vector of five is no picture, though its shape may look like one. */
const SMALLEST_SIDE = 8;

/**
 * The picture as the model's only input: turned upright, stretched to height × width, RGB or grey by the number of
 * channels, on white where it is transparent; each number rounded to float32.
 *
 * @throws RemitError `INPUT_SHAPE` for a model that takes no picture, `INPUT_FILE_UNREADABLE` for a broken one
 */
export async function pictureTensor(bytes: Uint8Array, { file, inputs, scaling }: PictureOptions): Promise<number[]> {
  const shape = pictureShape(inputs);
  if (!shape) {
    const expected = inputs.map((input) => `${input.name} ${shapeText(input)}`).join(', ');
    throw inputError(
      'INPUT_SHAPE',
      `expected ${expected}, got a picture, which needs one input of [1, 1 or 3, height, width] or [1, height, width, 1 or 3]`,
      { file, expected },
    );
  }
  const pixels = await decode(bytes, shape, file);
  return scaled(pixels, shape, scaling);
}

function pictureShape(inputs: readonly InputSpec[]): PictureShape | undefined {
  const dims = inputs.length === 1 ? (inputs[0]?.shape ?? []).map((dimension) => dimension ?? 1) : [];
  const [a = 0, b = 0, c = 0] = dims.slice(-3);
  if (dims.length < 3 || dims.slice(0, -3).some((dimension) => dimension !== 1)) return undefined;
  if ((a === 1 || a === 3) && Math.min(b, c) >= SMALLEST_SIDE)
    return { channels: a, height: b, width: c, order: 'channels first' };
  if ((c === 1 || c === 3) && Math.min(a, b) >= SMALLEST_SIDE)
    return { channels: c, height: a, width: b, order: 'channels last' };
  return undefined;
}

/** Rows of pixels, channels last, 0..255. */
async function decode(bytes: Uint8Array, { channels, height, width }: PictureShape, file: string): Promise<Uint8Array> {
  try {
    return await sharp(bytes)
      .autoOrient()
      .flatten({ background: 'white' })
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .resize(width, height, { fit: 'fill', kernel: 'linear' })
      .raw()
      .toBuffer();
  } catch (cause) {
    throw unreadable(file, messageOf(cause), cause);
  }
}

function scaled(
  pixels: Uint8Array,
  { channels, height, width, order }: PictureShape,
  { mean, scale }: PixelScaling,
): number[] {
  const area = height * width;
  if (pixels.length !== area * channels)
    throw new Error(`expected ${area * channels} numbers from the decoder, got ${pixels.length}`);
  const tensor = new Array<number>(pixels.length);
  for (const [at, pixel] of pixels.entries()) {
    const channel = at % channels;
    const place = order === 'channels last' ? at : channel * area + (at - channel) / channels;
    tensor[place] = Math.fround((pixel - (mean[channel] ?? mean[0])) / (scale[channel] ?? scale[0]));
  }
  return tensor;
}
