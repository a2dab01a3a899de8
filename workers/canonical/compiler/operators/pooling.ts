import { dataType } from '../../../onnx/data-type.ts';
import { FOLD, OP, TYPE } from '../../plan/instruction.ts';
import type { Lowering, LowerMap } from '../lowering.ts';
import { refused } from '../refusal.ts';
import { oneOf } from '../emit-dot.ts';
import type { Value } from '../value.ts';
import { transposed } from '../views.ts';
import { withChannelsLast } from './convolution.ts';
import { type Slide, slidesOf, windowCoordinates } from './windows.ts';

const MINUS_INFINITY = 0xff800000;
const INT_MIN = 0x80000000;

/** Pools: `FOLD` and `DOT` with 1 over sliding windows. */
export const pooling: LowerMap = {
  MaxPool: (node) => {
    if (node.node.outputs[1] !== undefined && node.node.outputs[1] !== '') {
      throw refused(node.node, 'it gives the places of its maxima', 'export it without the second output');
    }
    return [maxOver(node, node.input(0), poolSlides(node))];
  },
  GlobalMaxPool: (node) => [maxOver(node, node.input(0), wholeSlides(node))],
  AveragePool: (node) => [average(node, node.input(0), poolSlides(node))],
  GlobalAveragePool: (node) => [average(node, node.input(0), wholeSlides(node))],
  LpPool: (node) => [lpPool(node, poolSlides(node))],
  GlobalLpPool: (node) => [lpPool(node, wholeSlides(node))],
};

function poolSlides(node: Lowering): readonly Slide[] {
  return slidesOf(node, node.input(0).shape.slice(2), node.attributes.ints('kernel_shape') ?? []);
}

function wholeSlides(node: Lowering): readonly Slide[] {
  const plain = { stride: 1, dilation: 1, before: 0, after: 0, output: 1 };
  return node
    .input(0)
    .shape.slice(2)
    .map((size) => ({ ...plain, input: size, kernel: size }));
}

/** A reading of sliding windows over [batch, space, channels] outputs. */
function windowsOf(node: Lowering, value: Value, slides: readonly Slide[]) {
  const input = withChannelsLast(node, value);
  const [batchStep = 0, channelStep = 0, ...spaceSteps] = input.steps;
  const [batch = 1, channels = 1] = value.shape;
  const dims = [batch, ...slides.map(({ output }) => output), channels];
  const zeros = slides.map(() => 0);
  return {
    dims,
    window: slides.map(({ kernel }) => kernel),
    reading: {
      value: input,
      steps: [batchStep, ...zeros, channelStep, ...zeros],
      coordinates: windowCoordinates(slides, spaceSteps, { output: 1, window: dims.length }),
    },
  };
}

/** From [batch, space, channels] to [batch, channels, space]. */
function channelsSecond(value: Value): Value {
  const rank = value.shape.length;
  return transposed(value, [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, d) => d + 1)]);
}

function maxOver(node: Lowering, value: Value, slides: readonly Slide[]): Value {
  const { dims, window, reading } = windowsOf(node, value, slides);
  const { type, onnxType } = value;
  const pad = type === TYPE.F32 ? MINUS_INFINITY : INT_MIN;
  const operands = [{ ...reading, pad }];
  return channelsSecond(node.builder.emit({ op: OP.FOLD, fn: FOLD.MAX, type, onnxType, dims, window, operands }));
}

/** Sums over the windows, divided by `divisor`. */
function sumOver(node: Lowering, value: Value, slides: readonly Slide[], divisor: number): Value {
  const { dims, window, reading } = windowsOf(node, value, slides);
  const right = { value: oneOf(value.type), steps: [...dims, ...window].map(() => 0) };
  return channelsSecond(
    node.dot({ type: value.type, onnxType: value.onnxType, dims, window, left: reading, right, divisor }),
  );
}

function average(node: Lowering, value: Value, slides: readonly Slide[]): Value {
  const withPads = node.attributes.int('count_include_pad', 0) !== 0;
  const counts = slides.map((slide) => countsOf(slide, withPads));
  const whole = slides.map(({ kernel }) => kernel).reduce((product, size) => product * size, 1);
  if (counts.every((list, d) => list.every((count) => count === slides[d]?.kernel))) {
    return sumOver(node, value, slides, whole);
  }
  const sums = sumOver(node, value, slides, 1);
  const shape = slides.map(({ output }) => output);
  const places = counts.reduce<readonly number[]>(
    (all, list) => all.flatMap((count) => list.map((one) => count * one)),
    [1],
  );
  return node.arithmetic('DIV', sums, node.floatTensor(places, [1, 1, ...shape]));
}

/** How many elements each window has: those inside the input, or inside the input and its padding. */
function countsOf(
  { input, kernel, stride, dilation, before, after, output }: Slide,
  withPads: boolean,
): readonly number[] {
  const [low, high] = withPads ? [-before, input + after] : [0, input];
  return Array.from({ length: output }, (_, o) => {
    const from = o * stride - before;
    const first = Math.max(0, Math.ceil((low - from) / dilation));
    const last = Math.min(kernel - 1, Math.ceil((high - from) / dilation) - 1);
    return Math.max(0, last - first + 1);
  });
}

function lpPool(node: Lowering, slides: readonly Slide[]): Value {
  const p = node.attributes.int('p', 2);
  const magnitudes = node.map(2, node.input(0));
  if (p === 1) return sumOver(node, magnitudes, slides, 1);
  if (p === 2) return node.map(3, sumOver(node, node.arithmetic('MUL', magnitudes, magnitudes), slides, 1));
  const powers = node.zip(7, magnitudes, node.float(p), dataType.float32);
  return node.zip(7, sumOver(node, powers, slides, 1), node.float(1 / p), dataType.float32);
}
