import { readsWindow } from '../plan/sizes.ts';
import type { Reading } from './draft.ts';

export interface Squeezed {
  readonly dims: readonly number[];
  readonly window: readonly number[];
  readonly operands: readonly Reading[];
  readonly ranked: number;
  sizes(i: number): readonly number[];
}

/** Leaves out dimensions of size 1, which every operand reads at 0, and joins neighbours that all operands walk as one. */
export function squeezeDraft({
  op,
  dims,
  window,
  operands,
  ranked,
}: {
  op: number;
  dims: readonly number[];
  window: readonly number[];
  operands: readonly Reading[];
  ranked: number;
}): Squeezed {
  const all = [...dims, ...window];
  const inTerm = (d: number): boolean =>
    operands.some(({ coordinates = [] }) => coordinates.some(({ terms }) => terms.some((t) => t.dimension === d)));
  const kept: { size: number; from: number; to: number }[] = [];
  all.forEach((size, d) => {
    if (size === 1 && d !== ranked) return;
    const last = kept.at(-1);
    const sameBox = last && last.to < dims.length === d < dims.length;
    const joins =
      sameBox &&
      d !== ranked &&
      last.to !== ranked &&
      !inTerm(d) &&
      !inTerm(last.to) &&
      operands.every((reading, i) => {
        if (d >= dims.length && !readsWindow(op, i)) return true;
        return (reading.steps[last.to] ?? 0) === (reading.steps[d] ?? 0) * size;
      });
    if (joins) Object.assign(last, { size: last.size * size, to: d });
    else kept.push({ size, from: d, to: d });
  });
  const outer = kept.filter(({ to }) => to < dims.length);
  const renamed = new Map(kept.flatMap(({ from, to }, place) => [[from, place] as const, [to, place] as const]));
  const forOperand = (i: number) => (readsWindow(op, i) ? kept : outer);
  return {
    dims: outer.map(({ size }) => size),
    window: kept.slice(outer.length).map(({ size }) => size),
    ranked: ranked < 0 ? ranked : (renamed.get(ranked) ?? 0),
    sizes: (i) => forOperand(i).map(({ size }) => size),
    operands: operands.map((reading, i) => ({
      ...reading,
      steps: forOperand(i).map(({ to }) => reading.steps[to] ?? 0),
      coordinates: (reading.coordinates ?? []).map((coordinate) => ({
        ...coordinate,
        terms: coordinate.terms
          .filter((t) => all[t.dimension] !== 1 || t.dimension === ranked)
          .map((t) => ({ ...t, dimension: renamed.get(t.dimension) ?? 0 })),
      })),
    })),
  };
}
