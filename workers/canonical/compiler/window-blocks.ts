import { WINDOW_MAX } from '../plan/malformation.ts';
import { ALIGNMENT } from '../plan/sizes.ts';
import type { Reading } from './draft.ts';
import { constantOf, elementCount, isConstant, type Value } from './value.ts';

/** Blocks of at most 8,192, each a box, in the order of the window. */
export function blocksOf(
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
export function shiftedWindow(reading: Reading, rank: number, from: readonly number[]): Reading {
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
export function stacked(partials: readonly Value[]): { readonly value: Value; readonly step: number } {
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
