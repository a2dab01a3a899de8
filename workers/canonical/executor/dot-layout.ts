import { type Operand, SPACE } from '../plan/instruction.ts';
import { type WalkedDimension, dependsOn } from './index-map.ts';
import type { Dot } from './dot-sums.ts';
import { countOf, outputWalk } from './walked.ts';

/**
 * The output dimensions of a `DOT` by the operands that they move: `batch` moves both, `rows` only A (or neither), `columns`
 * only B. For every batch it is a matrix product, rows × window times window × columns.
 */
export interface DotLayout {
  readonly batch: readonly WalkedDimension[];
  readonly rows: readonly WalkedDimension[];
  readonly columns: readonly WalkedDimension[];
}

export function dotLayout(dot: Dot): DotLayout {
  const batch: WalkedDimension[] = [];
  const rows: WalkedDimension[] = [];
  const columns: WalkedDimension[] = [];
  for (const walked of outputWalk(dot.instruction)) {
    const [byA, byB] = [moves(dot.a, walked), moves(dot.b, walked)];
    (byB ? (byA ? batch : columns) : rows).push(walked);
  }
  return { batch, rows, columns };
}

function moves(operand: Operand, { dimension, size }: WalkedDimension): boolean {
  return size > 1 && operand.space !== SPACE.LITERAL && dependsOn(operand, dimension);
}

/** Where, from the start of the instruction, the elements of a walk over some output dimensions are. */
export function outputOffsets(dims: readonly number[], walked: readonly WalkedDimension[]): Int32Array {
  const offsets = new Int32Array(countOf(walked));
  let filled = 1;
  for (const { size, dimension } of walked.toReversed()) {
    const stride = dims.slice(dimension + 1).reduce((product, dim) => product * dim, 1);
    for (let i = 1; i < size; i++) {
      for (let t = 0; t < filled; t++) offsets[i * filled + t] = (offsets[t] as number) + i * stride;
    }
    filled *= size;
  }
  return offsets;
}
