import type { Instruction } from '../plan/instruction.ts';
import type { DotCounters } from './counters.ts';
import { dotLayout } from './dot-layout.ts';
import { runDotMatrix } from './dot-matrix.ts';
import { runDotPairs } from './dot-pairs.ts';
import { dotOf } from './dot-sums.ts';
import type { Spaces } from './spaces.ts';
import { countOf } from './walked.ts';

/** Runs a `DOT`, in the way that its index maps allow. */
export function runDot(instruction: Instruction, spaces: Spaces, counters: DotCounters): void {
  const dot = dotOf(instruction, spaces, counters);
  const layout = dotLayout(dot);
  if (countOf(layout.rows) > 1 && countOf(layout.columns) > 1) runDotMatrix(dot, layout);
  else runDotPairs(dot);
}
