import type { Lowering } from '../lowering.ts';
import { invalid } from '../refusal.ts';

/** How a window slides along one spatial dimension. */
export interface Slide {
  readonly input: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
  readonly output: number;
}

/** The windows of a convolution or pool, by the attributes that they share. @param kernel sizes, one for each spatial dimension */
export function slidesOf(node: Lowering, spatial: readonly number[], kernel: readonly number[]): readonly Slide[] {
  const { attributes } = node;
  const each = (name: string): readonly number[] => attributes.ints(name) ?? spatial.map(() => 1);
  const [strides, dilations] = [each('strides'), each('dilations')];
  const pads = attributes.ints('pads') ?? [...spatial, ...spatial].map(() => 0);
  const auto = attributes.string('auto_pad', 'NOTSET');
  const ceil = attributes.int('ceil_mode', 0) !== 0;
  requireWindows(node, spatial.length, { kernel, strides, dilations, pads });
  return spatial.map((input, d): Slide => {
    const [size, stride, dilation] = [kernel[d] ?? 1, strides[d] ?? 1, dilations[d] ?? 1];
    const reach = (size - 1) * dilation + 1;
    if (auto.startsWith('SAME')) {
      const output = Math.ceil(input / stride);
      const total = Math.max(0, (output - 1) * stride + reach - input);
      const less = Math.floor(total / 2);
      const before = auto === 'SAME_LOWER' ? total - less : less;
      return { input, kernel: size, stride, dilation, before, after: total - before, output };
    }
    const [before, after] = auto === 'VALID' ? [0, 0] : [pads[d] ?? 0, pads[spatial.length + d] ?? 0];
    const places = (input + before + after - reach) / stride;
    let output = (ceil ? Math.ceil(places) : Math.floor(places)) + 1;
    // A window that would start in the padding after the end is left out.
    if (ceil && (output - 1) * stride >= input + before) output--;
    if (output < 1) throw invalid(node.node, `a window of ${reach} does not fit ${input + before + after}`);
    node.requireList(output);
    return { input, kernel: size, stride, dilation, before, after, output };
  });
}

/** What every window has: a size, a stride and a dilation of at least 1 for each dimension, and padding on both sides. */
export function requireWindows(
  node: Lowering,
  rank: number,
  lists: Readonly<Record<'kernel' | 'strides' | 'dilations' | 'pads', readonly number[]>>,
): void {
  for (const [name, list] of Object.entries(lists)) {
    const isPads = name === 'pads';
    const fits = list.length === (isPads ? 2 * rank : rank) && list.every((one) => isPads || one >= 1);
    if (!fits) throw invalid(node.node, `${name} of [${list.join(', ')}] for ${rank} spatial dimensions`);
  }
}

/** Coordinates of a sliding window: one for each spatial dimension. @param first output dimension, and window dimension, of the first */
export function windowCoordinates(
  slides: readonly Slide[],
  steps: readonly number[],
  first: { readonly output: number; readonly window: number },
) {
  return slides.map(({ input, stride, dilation, before }, d) => ({
    size: input,
    divisor: 1,
    stride: steps[d] ?? 0,
    offset: -before,
    terms: [
      { dimension: first.output + d, coefficient: stride },
      { dimension: first.window + d, coefficient: dilation },
    ],
  }));
}

/** Dimension order of a channels-last tensor: batch, space, channels. */
export function channelsLast(rank: number): readonly number[] {
  return [0, ...Array.from({ length: rank - 2 }, (_, d) => d + 2), 1];
}
