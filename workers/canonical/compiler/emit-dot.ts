import { dataType } from '../../onnx/data-type.ts';
import { OP, TYPE } from '../plan/instruction.ts';
import { ALIGNMENT } from '../plan/sizes.ts';
import { WINDOW_MAX } from '../plan/malformation.ts';
import type { Draft, PlanBuilder, Reading } from './plan-builder.ts';
import { constantOf, elementCount, isConstant, rowMajor, type Value } from './value.ts';

/** A sum of products over a window: `DOT` without its limit of 8,192. */
export interface DotDraft extends Pick<Draft, 'type' | 'dims' | 'onnxType'> {
  readonly window: readonly number[];
  readonly left: Reading;
  readonly right: Reading;
  readonly bias?: Reading | undefined;
  /** positive whole number that the sum is divided by */
  readonly divisor?: number;
}

const ONE_F32 = Uint32Array.of(0x3f800000);
const ONE_I32 = Uint32Array.of(1);

/** The number 1 of a judge's type. */
export function oneOf(type: DotDraft['type']): Value {
  return type === TYPE.F32
    ? constantOf([], dataType.float32, TYPE.F32, ONE_F32)
    : constantOf([], dataType.int32, TYPE.I32, ONE_I32);
}

/**
 * Emits a sum of products. A window over 8,192 is cut into contiguous lexicographic blocks; their rounded sums are added up by one more
 * `DOT` with 1, which also takes the bias and the divisor. That is the definition of such a sum.
 */
export function emitDot(builder: PlanBuilder, draft: DotDraft): Value {
  const { type, dims, window, left, right, bias, divisor = 1, onnxType } = draft;
  const whole = elementCount(window);
  if (whole <= WINDOW_MAX) {
    const operands = [left, right, ...(bias ? [bias] : [])];
    return builder.emit({ op: OP.DOT, type, a: divisor, dims, window, operands, onnxType });
  }
  const blocks = blocksOf(window);
  const partials = blocks.map(({ from, sizes }) => {
    const operands = [left, right].map((reading) => shiftedWindow(reading, dims.length, from));
    return builder.emit({ op: OP.DOT, type, a: 1, dims, window: sizes, operands, onnxType });
  });
  const steps = rowMajor(dims);
  const sum = stacked(partials);
  const one = { value: oneOf(type), steps: new Array<number>(dims.length + 1).fill(0) };
  return emitDot(builder, {
    type,
    dims,
    window: [blocks.length],
    left: { value: sum.value, steps: [...steps, sum.step] },
    right: one,
    bias,
    divisor,
    onnxType,
  });
}

/** Blocks of at most 8,192, each a box, in the order of the window. */
function blocksOf(
  window: readonly number[],
): readonly { readonly from: readonly number[]; readonly sizes: readonly number[] }[] {
  let cut = window.length - 1;
  let inner = 1;
  while (inner * (window[cut] ?? 1) <= WINDOW_MAX) inner *= window[cut--] ?? 1;
  const rows = Math.floor(WINDOW_MAX / inner);
  const blocks: { from: number[]; sizes: number[] }[] = [];
  const outer = window.slice(0, cut);
  const index = new Array<number>(cut).fill(0);
  for (let i = 0; i < elementCount(outer); i++) {
    for (let from = 0; from < (window[cut] ?? 1); from += rows) {
      const count = Math.min(rows, (window[cut] ?? 1) - from);
      blocks.push({
        from: [...index, from, ...window.slice(cut + 1).map(() => 0)],
        sizes: [...outer.map(() => 1), count, ...window.slice(cut + 1)],
      });
    }
    for (let d = cut - 1; d >= 0; d--) {
      index[d] = ((index[d] ?? 0) + 1) % (outer[d] ?? 1);
      if (index[d] !== 0) break;
    }
  }
  return blocks;
}

/** The same reading with the window beginning at `from`. */
function shiftedWindow(reading: Reading, rank: number, from: readonly number[]): Reading {
  const { offset = 0, steps, coordinates = [] } = reading;
  return {
    ...reading,
    offset: from.reduce((sum, at, d) => sum + at * (steps[rank + d] ?? 0), offset),
    coordinates: coordinates.map((coordinate) => ({
      ...coordinate,
      offset: coordinate.terms.reduce(
        (sum, { dimension, coefficient }) => sum + coefficient * (dimension < rank ? 0 : (from[dimension - rank] ?? 0)),
        coordinate.offset,
      ),
    })),
  };
}

/** Equally shaped results as one view with a step from each to the next: neighbours in the trace, or constants. */
function stacked(partials: readonly Value[]): { readonly value: Value; readonly step: number } {
  const [first] = partials;
  if (!first) throw new RangeError('a sum has at least one block');
  const size = elementCount(first.shape);
  if (!isConstant(first)) return { value: first, step: Math.ceil(size / ALIGNMENT) * ALIGNMENT };
  const bits = new Uint32Array(size * partials.length);
  partials.forEach((partial, i) => {
    if (isConstant(partial)) bits.set(partial.source.bits, i * size);
  });
  return { value: constantOf([partials.length, ...first.shape], first.onnxType, first.type, bits), step: size };
}
