import type { Lowering } from '../lowering.ts';
import { refused } from '../refusal.ts';

/** How one dimension is resized. */
export interface ResizedAxis {
  readonly d: number;
  readonly input: number;
  readonly output: number;
  /** of float32 */
  readonly scale: number;
  /** part of the input that is kept, as fractions */
  readonly region: readonly [start: number, end: number];
}

/** Where every output place reads: `count` taps for each, with their weights, and which places lie outside of the region. */
export interface Taps {
  readonly count: number;
  readonly indices: readonly number[];
  readonly weights: readonly number[];
  readonly outside: readonly boolean[];
}

const f32 = Math.fround;

/** Where an output place lies in the input: float32 step by step, as onnxruntime counts. */
function placeIn(node: Lowering, { input, output, scale, region: [start, end] }: ResizedAxis, x: number): number {
  const fallback = node.opset < 11 ? 'asymmetric' : 'half_pixel';
  const mode = node.attributes.string('coordinate_transformation_mode', fallback);
  const length = scale * input;
  const half = f32(f32(f32(x + 0.5) / scale) - 0.5);
  switch (mode) {
    case 'asymmetric':
      return f32(x / scale);
    case 'half_pixel':
      return half;
    case 'pytorch_half_pixel':
      return output === 1 ? -0.5 : half;
    case 'tf_half_pixel_for_nn':
      return f32(f32(x + 0.5) / scale);
    case 'align_corners':
      return output === 1 ? 0 : f32((x * (input - 1)) / (length - 1));
    case 'half_pixel_symmetric':
      return f32((input / 2) * (1 - output / length) + half);
    case 'tf_crop_and_resize': {
      const width = (end - start) * (input - 1);
      return f32(start * (input - 1) + (output === 1 ? width / 2 : (x * width) / (length - 1)));
    }
    default:
      throw refused(node.node, `coordinate transformation ${mode}`, 'use half_pixel, asymmetric or align_corners');
  }
}

/** The taps of the nearest pixels: one for each place. */
export function nearestTaps(node: Lowering, axis: ResizedAxis): Taps {
  const mode = node.attributes.string('nearest_mode', node.opset < 11 ? 'simple' : 'round_prefer_floor');
  const nearest = (x: number): number => {
    switch (mode) {
      case 'floor':
        return Math.floor(x);
      case 'ceil':
        return Math.ceil(x);
      case 'round_prefer_ceil':
        return Math.floor(x + 0.5);
      case 'round_prefer_floor':
        return Math.ceil(x - 0.5);
      case 'simple':
        return axis.scale < 1 ? Math.ceil(x) : Math.floor(x);
      default:
        throw refused(node.node, `nearest mode ${mode}`, 'use floor, ceil, round_prefer_floor or round_prefer_ceil');
    }
  };
  const places = placesOf(node, axis);
  const indices = places.map((x) => clamped(nearest(x), axis.input));
  return { count: 1, indices, weights: indices.map(() => 1), outside: outsideOf(node, axis, places) };
}

/** The taps of linear and cubic interpolation, also when they are wide enough for the scale (`antialias`). */
export function smoothTaps(node: Lowering, axis: ResizedAxis, kernel: 'linear' | 'cubic'): Taps {
  const reach = kernel === 'linear' ? 1 : 2;
  const shrink = node.attributes.int('antialias', 0) === 0 ? 1 : Math.min(1, axis.scale);
  const a = node.attributes.float('cubic_coeff_a', -0.75);
  const excludes = node.attributes.int('exclude_outside', 0) !== 0;
  const weightAt = kernel === 'linear' ? linearWeight : (x: number): number => cubicWeight(x, a);
  const first = Math.floor(-reach / shrink) + 1;
  const count = 2 * (1 - first);
  node.requireList(count * axis.output);
  const places = placesOf(node, axis);
  const indices: number[] = [];
  const weights: number[] = [];
  for (const x of places) {
    // A whole place belongs to the interval on its left.
    const base = Math.ceil(x) - 1;
    const taps = Array.from({ length: count }, (_, i) => base + first + i);
    const raw = taps.map((at) => (excludes && at !== clamped(at, axis.input) ? 0 : weightAt((at - x) * shrink)));
    const total = excludes || shrink < 1 ? raw.reduce((sum, weight) => sum + weight, 0) : 1;
    indices.push(...taps.map((at) => clamped(at, axis.input)));
    weights.push(...raw.map((weight) => f32(weight / total)));
  }
  return { count, indices, weights, outside: outsideOf(node, axis, places) };
}

function linearWeight(x: number): number {
  return Math.max(0, 1 - Math.abs(x));
}

/** Keys' cubic convolution. */
function cubicWeight(x: number, a: number): number {
  const t = Math.abs(x);
  if (t <= 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  return t < 2 ? ((a * t - 5 * a) * t + 8 * a) * t - 4 * a : 0;
}

const clamped = (at: number, size: number): number => Math.min(size - 1, Math.max(0, at));

function placesOf(node: Lowering, axis: ResizedAxis): readonly number[] {
  node.requireList(axis.output);
  return Array.from({ length: axis.output }, (_, x) => placeIn(node, axis, x));
}

/** Only a cropped region has an outside. */
function outsideOf(node: Lowering, { input }: ResizedAxis, places: readonly number[]): readonly boolean[] {
  const crops = node.attributes.string('coordinate_transformation_mode', '') === 'tf_crop_and_resize';
  return places.map((x) => crops && (x < 0 || x > input - 1));
}
