import { dataType } from '../../../onnx/data-type.ts';
import { TYPE } from '../../plan/instruction.ts';
import type { Lowering, LowerMap } from '../lowering.ts';
import { invalid, refused } from '../refusal.ts';
import { memoryOrder, type Value } from '../value.ts';
import { transposed } from '../views.ts';
import { castTo } from './cast.ts';
import { picked } from './pad.ts';
import { nearestTaps, type ResizedAxis, smoothTaps, type Taps } from './resize-taps.ts';

/** Resizing, one axis after the other: taps are picked by constant indices and summed with constant weights. */
export const resize: LowerMap = {
  Resize: (node) => [resized(node)],
  Upsample: (node) => [resized(node)],
};

function resized(node: Lowering): Value {
  const value = node.input(0);
  const mode = node.attributes.string('mode', 'nearest');
  const axes = resizedAxes(node, value.shape).filter(({ input, output, scale }) => input !== output || scale !== 1);
  if (mode === 'nearest') {
    const taps = axes.map((axis) => ({ axis, taps: nearestTaps(node, axis) }));
    const result = taps.reduce((view, { axis, taps: { indices } }) => picked(node, view, axis.d, indices), value);
    return taps.reduce((view, { axis, taps: { outside } }) => extrapolated(node, view, axis.d, outside), result);
  }
  if (mode !== 'linear' && mode !== 'bilinear' && mode !== 'cubic') {
    throw refused(node.node, `mode ${mode}`, 'use nearest, linear or cubic');
  }
  const kernel = mode === 'cubic' ? 'cubic' : 'linear';
  if (value.type !== TYPE.F32) throw refused(node.node, 'it interpolates whole numbers', 'cast to float32 before');
  const taps = axes.map((axis) => ({ axis, taps: smoothTaps(node, axis, kernel) }));
  const result = taps.reduce((view, { axis, taps: one }) => interpolated(node, view, axis.d, one), value);
  return taps.reduce((view, { axis, taps: { outside } }) => extrapolated(node, view, axis.d, outside), result);
}

/** Weighted sums of taps along dimension `d`. */
function interpolated(node: Lowering, value: Value, d: number, { count, indices, weights }: Taps): Value {
  const output = indices.length / count;
  const all = picked(node, value, d, indices);
  const order = memoryOrder(all);
  const stepOf = (i: number): number => all.steps[i] ?? 0;
  const result = node.dot({
    type: all.type,
    onnxType: all.onnxType,
    dims: order.map((i) => (i === d ? output : (all.shape[i] ?? 1))),
    window: [count],
    left: { value: all, steps: [...order.map((i) => (i === d ? count * stepOf(d) : stepOf(i))), stepOf(d)] },
    right: { value: node.floatTensor(weights), steps: [...order.map((i) => (i === d ? count : 0)), 1] },
  });
  return transposed(
    result,
    order.map((_, i) => order.indexOf(i)),
  );
}

/** Places outside of the cropped region get a number of their own. */
function extrapolated(node: Lowering, value: Value, d: number, outside: readonly boolean[]): Value {
  if (!outside.includes(true)) return value;
  const mask = node.intTensor(
    outside.map((is) => (is ? 1 : 0)),
    value.shape.map((_, i) => (i === d ? outside.length : 1)),
    dataType.bool,
  );
  const number = node.float(node.attributes.float('extrapolation_value', 0));
  return node.select(mask, castTo(node, number, value.onnxType), value);
}

/** Sizes and scales by the inputs that the operator set has, in order of the dimensions. */
function resizedAxes(node: Lowering, shape: readonly number[]): readonly ResizedAxis[] {
  const modern = node.node.opType === 'Resize' && node.opset >= 11;
  const axes = (node.attributes.ints('axes') ?? shape.map((_, d) => d)).map((axis) => node.axis(axis, shape.length));
  const crops = node.attributes.string('coordinate_transformation_mode', '') === 'tf_crop_and_resize';
  const roi = crops ? node.floats(1, 'roi') : undefined;
  const given = nonEmpty(
    modern ? node.floats(2, 'scales') : (node.attributes.floats('scales') ?? node.floats(1, 'scales')),
  );
  const sizes = modern && !given ? nonEmpty(node.ints(3, 'sizes')) : undefined;
  const regionOf = (i: number): readonly [number, number] => [roi?.[i] ?? 0, roi?.[axes.length + i] ?? 1];
  if ((given ?? sizes)?.length !== axes.length) throw invalid(node.node, 'it needs a scale or a size for each axis');
  const kept = sizes && keptAspect(node, sizes, axes, shape);
  return axes
    .map((d, i): ResizedAxis => {
      const input = shape[d] ?? 1;
      const scale = Math.fround(given?.[i] ?? kept?.scale ?? (sizes?.[i] ?? 1) / input);
      const output = given
        ? Math.floor(Math.fround(scale * input))
        : kept
          ? Math.floor(kept.scale * input + 0.5)
          : (sizes?.[i] ?? 1);
      if (output < 1) throw invalid(node.node, `dimension ${d} becomes ${output}`);
      return { d, input, output, scale, region: regionOf(i) };
    })
    .sort((one, other) => one.d - other.d);
}

const nonEmpty = (list: readonly number[] | undefined): readonly number[] | undefined =>
  list && list.length > 0 ? list : undefined;

/** One scale for all axes when the aspect is to be kept. */
function keptAspect(
  node: Lowering,
  sizes: readonly number[],
  axes: readonly number[],
  shape: readonly number[],
): { readonly scale: number } | undefined {
  const policy = node.attributes.string('keep_aspect_ratio_policy', 'stretch');
  if (policy === 'stretch') return undefined;
  const scales = axes.map((d, i) => (sizes[i] ?? 1) / (shape[d] ?? 1));
  if (policy === 'not_larger') return { scale: Math.min(...scales) };
  if (policy === 'not_smaller') return { scale: Math.max(...scales) };
  throw refused(node.node, `keep_aspect_ratio_policy ${policy}`, 'use stretch, not_larger or not_smaller');
}
