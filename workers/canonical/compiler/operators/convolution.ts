import { dataType } from '../../../onnx/data-type.ts';
import { TYPE } from '../../plan/instruction.ts';
import type { Lowering, LowerMap } from '../lowering.ts';
import { invalid } from '../refusal.ts';
import type { Value } from '../value.ts';
import { transposed } from '../views.ts';
import { withoutZeroPoint } from './matmul.ts';
import { channelsLast, requireWindows, type Slide, slidesOf, windowCoordinates } from './windows.ts';

/** Convolutions: `DOT` over channels-last patches. */
export const convolution: LowerMap = {
  Conv: (node) => [convolve(node, node.input(0), node.input(1), node.optional(2))],
  ConvInteger: (node) => {
    const x = withoutZeroPoint(node, node.input(0), node.optional(2), -1);
    return [convolve(node, x, weightsLessZeroPoint(node, node.input(1), node.optional(3)))];
  },
  ConvTranspose: (node) => [deconvolve(node)],
};

/** Weights less their zero point, which may be one for each output channel. */
export function weightsLessZeroPoint(node: Lowering, weights: Value, zeroPoint: Value | undefined): Value {
  if (zeroPoint?.shape[0] === undefined || zeroPoint.shape[0] === 1)
    return withoutZeroPoint(node, weights, zeroPoint, -1);
  const perChannel = node.reshape(zeroPoint, [zeroPoint.shape[0], ...weights.shape.slice(1).map(() => 1)]);
  return withoutZeroPoint(node, weights, perChannel, -1);
}

/** Channels next to each other, so that a patch is few runs; one channel needs nothing. */
export function withChannelsLast(node: Lowering, value: Value): Value {
  const order = channelsLast(value.shape.length);
  return (value.shape[1] ?? 1) === 1 || value.steps[1] === 1 ? value : node.contiguous(value, order);
}

/** Back from [batch, space, groups, channels] to [batch, channels, space]. */
function channelsSecond(node: Lowering, result: Value, spatial: number, channels: number): Value {
  const [batch = 1] = result.shape;
  const space = result.shape.slice(1, 1 + spatial);
  const merged = node.reshape(result, [batch, ...space, channels]);
  return transposed(merged, [0, spatial + 1, ...space.map((_, d) => d + 1)]);
}

/** `Conv`. Ints give int32. */
export function convolve(node: Lowering, x: Value, w: Value, bias?: Value): Value {
  const [batch = 1, channels = 1, ...spatial] = x.shape;
  const [outputs = 1, perGroup = 1, ...kernel] = w.shape;
  const groups = node.attributes.int('group', 1);
  if (channels !== perGroup * groups || outputs % groups !== 0) {
    throw invalid(node.node, `${channels} channels in ${groups} groups for weights of [${w.shape.join(', ')}]`);
  }
  requireKernel(node, x, kernel);
  const slides = slidesOf(node, spatial, kernel);
  const input = withChannelsLast(node, x);
  const weights = node.contiguous(w, channelsLast(w.shape.length));
  const rank = spatial.length;
  const each = outputs / groups;
  const dims = [batch, ...slides.map(({ output }) => output), groups, each];
  const zeros = (count: number): number[] => new Array<number>(count).fill(0);
  const [batchStep = 0, channelStep = 0, ...spaceSteps] = input.steps;
  const [outputStep = 0, innerStep = 0, ...kernelSteps] = weights.steps;
  const channelBias = bias && node.reshape(bias, [groups, each]);
  const result = node.dot({
    type: x.type,
    onnxType: x.type === TYPE.F32 ? dataType.float32 : dataType.int32,
    dims,
    window: [...slides.map((slide) => slide.kernel), perGroup],
    left: {
      value: input,
      steps: [batchStep, ...zeros(rank), perGroup * channelStep, 0, ...zeros(rank), channelStep],
      coordinates: windowCoordinates(slides, spaceSteps, { output: 1, window: dims.length }),
    },
    right: {
      value: weights,
      steps: [0, ...zeros(rank), each * outputStep, outputStep, ...kernelSteps, innerStep],
    },
    ...(channelBias && { bias: { value: channelBias, steps: [0, ...zeros(rank), ...channelBias.steps] } }),
  });
  return channelsSecond(node, result, rank, outputs);
}

/** Weights and input have equally many dimensions, and the kernel is what the node says it is. */
function requireKernel(node: Lowering, x: Value, kernel: readonly number[]): void {
  const said = node.attributes.ints('kernel_shape') ?? kernel;
  if (x.shape.length !== kernel.length + 2 || said.join() !== kernel.join()) {
    throw invalid(node.node, `a kernel of [${kernel.join(', ')}], said to be [${said.join(', ')}]`);
  }
}

/** `ConvTranspose`: output `o` takes input `(o + before − k · dilation) / stride` where that is whole. */
function deconvolve(node: Lowering): Value {
  const [x, w, bias] = [node.input(0), node.input(1), node.optional(2)];
  const [batch = 1, channels = 1, ...spatial] = x.shape;
  const [, each = 1, ...kernel] = w.shape;
  const groups = node.attributes.int('group', 1);
  const perGroup = channels / groups;
  if (w.shape[0] !== channels || !Number.isInteger(perGroup))
    throw invalid(node.node, 'channels and groups do not fit');
  requireKernel(node, x, kernel);
  const slides = transposedSlides(node, spatial, kernel);
  const input = withChannelsLast(node, x);
  // output channel, kernel, input channel: what one output reads lies together
  const order = [1, ...kernel.map((_, d) => d + 2), 0];
  const weights = node.contiguous(w, order);
  const rank = spatial.length;
  const dims = [batch, ...slides.map(({ output }) => output), groups, each];
  const zeros = (count: number): number[] => new Array<number>(count).fill(0);
  const [batchStep = 0, channelStep = 0, ...spaceSteps] = input.steps;
  const [innerStep = 0, outputStep = 0, ...kernelSteps] = weights.steps;
  const channelBias = bias && node.reshape(bias, [groups, each]);
  const coordinates = slides.map(({ stride, dilation, before, input: size }, d) => ({
    size,
    divisor: stride,
    stride: spaceSteps[d] ?? 0,
    offset: before,
    terms: [
      { dimension: 1 + d, coefficient: 1 },
      { dimension: dims.length + d, coefficient: -dilation },
    ],
  }));
  const result = node.dot({
    type: x.type,
    onnxType: x.onnxType,
    dims,
    window: [...kernel, perGroup],
    left: {
      value: input,
      steps: [batchStep, ...zeros(rank), perGroup * channelStep, 0, ...zeros(rank), channelStep],
      coordinates,
    },
    right: {
      value: weights,
      steps: [0, ...zeros(rank), perGroup * innerStep, outputStep, ...kernelSteps, innerStep],
    },
    ...(channelBias && { bias: { value: channelBias, steps: [0, ...zeros(rank), ...channelBias.steps] } }),
  });
  return channelsSecond(node, result, rank, each * groups);
}

function transposedSlides(node: Lowering, spatial: readonly number[], kernel: readonly number[]): readonly Slide[] {
  const { attributes } = node;
  const each = (name: string, byDefault: number): readonly number[] =>
    attributes.ints(name) ?? spatial.map(() => byDefault);
  const [strides, dilations, extra] = [each('strides', 1), each('dilations', 1), each('output_padding', 0)];
  const pads = attributes.ints('pads') ?? [...spatial, ...spatial].map(() => 0);
  requireWindows(node, spatial.length, { kernel, strides, dilations, pads });
  const wanted = attributes.ints('output_shape')?.slice(-spatial.length);
  const auto = attributes.string('auto_pad', 'NOTSET');
  return spatial.map((input, d): Slide => {
    const [size, stride, dilation] = [kernel[d] ?? 1, strides[d] ?? 1, dilations[d] ?? 1];
    const whole = stride * (input - 1) + (extra[d] ?? 0) + (size - 1) * dilation + 1;
    const shape = { input, kernel: size, stride, dilation };
    const same = auto.startsWith('SAME') ? Math.min(whole, input * stride) : undefined;
    const target = wanted?.[d] ?? same;
    if (target === undefined) {
      const [before, after] = auto === 'VALID' ? [0, 0] : [pads[d] ?? 0, pads[spatial.length + d] ?? 0];
      return { ...shape, before, after, output: whole - before - after };
    }
    const total = Math.max(0, whole - target);
    const less = Math.floor(total / 2);
    const before = auto === 'SAME_UPPER' ? less : total - less;
    return { ...shape, before, after: total - before, output: target };
  });
}
