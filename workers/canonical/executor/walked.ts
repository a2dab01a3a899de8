import type { Instruction } from '../plan/instruction.ts';
import type { WalkedDimension } from './index-map.ts';

/** The output dimensions of an instruction, in order. */
export function outputWalk({ dims }: Instruction): readonly WalkedDimension[] {
  return dims.map((size, dimension) => ({ size, dimension }));
}

/** The window dimensions, as they are counted in the index of an operand that is read in a window. */
export function windowWalk({ dims, window }: Instruction): readonly WalkedDimension[] {
  return window.map((size, i) => ({ size, dimension: dims.length + i }));
}

/** How many elements a walk has. */
export function countOf(walked: readonly WalkedDimension[]): number {
  return walked.reduce((count, { size }) => count * size, 1);
}

/** Elements that are worked on at a time: small enough for the first-level cache. */
export const BLOCK = 2048;

/** Cuts `[0, count)` into pieces of at most `most`. */
export function eachPiece(count: number, most: number, work: (first: number, count: number) => void): void {
  for (let first = 0; first < count; first += most) work(first, Math.min(most, count - first));
}
