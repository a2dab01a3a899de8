import type { Instruction } from '../plan/instruction.ts';
import type { DotCounters } from './counters.ts';
import { runDotColumns } from './dot-columns.ts';
import { dotLayout } from './dot-layout.ts';
import { runDotMatrix } from './dot-matrix.ts';
import { runDotPairs } from './dot-pairs.ts';
import { dotOf } from './dot-sums.ts';
import { sideBySide } from './innermost.ts';
import type { Spaces } from './spaces.ts';
import { countOf } from './walked.ts';

/** Elements from which a matrix product pays for its preparations. */
const LEAST_PRODUCT = 8;

/** Runs a `DOT`, in the way that its index maps allow. */
export function runDot(instruction: Instruction, spaces: Spaces, counters: DotCounters): void {
  const dot = dotOf(instruction, spaces, counters);
  const layout = dotLayout(dot);
  const [rows, columns] = [countOf(layout.rows), countOf(layout.columns)];
  if (rows > 1 && columns > 1 && rows * columns >= LEAST_PRODUCT) {
    runDotMatrix(dot, layout);
    return;
  }
  const columnwise = sideBySide(instruction, [dot.a, dot.b]);
  if (columnwise) runDotColumns(dot, columnwise);
  else runDotPairs(dot);
}
