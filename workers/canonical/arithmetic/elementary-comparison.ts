import { type UnaryName, fastElementary } from './elementary-fast.ts';
import * as exact from './elementary.ts';
import { bitsOf, canonical, floatOf } from './float32.ts';

/** `count` patterns from `first` on, `step` apart, modulo 2^32; all float32 numbers are first 0, count 2^32, step 1. */
export interface PatternRange {
  readonly first: number;
  readonly count: number;
  readonly step: number;
}

export interface FastPathReport {
  /** Patterns that are canonical; the others are skipped. */
  readonly compared: number;
  /** How many of them float64 could not decide. */
  readonly fallbacks: number;
  /** The first patterns whose fast result is not the twin's. */
  readonly differences: readonly number[];
}

const MOST_DIFFERENCES = 16;

/** Compares one function's fast path with its integer twin over a range of patterns. */
export function compareFastPath(name: UnaryName, { first, count, step }: PatternRange): FastPathReport {
  let fallbacks = 0;
  const fast = fastElementary({ onFallback: () => (fallbacks += 1) })[name];
  const twin = exact[name];
  const differences: number[] = [];
  let compared = 0;
  let bits = first >>> 0;
  for (let i = 0; i < count; i++, bits = (bits + step) >>> 0) {
    if (canonical(bits) !== bits) continue;
    compared += 1;
    if (bitsOf(fast(floatOf(bits))) !== twin(bits) && differences.push(bits) >= MOST_DIFFERENCES) break;
  }
  return { compared, fallbacks, differences };
}
