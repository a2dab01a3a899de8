import type { Tolerance } from '../../workers/protocol/tolerance.ts';

/** Absolute or relative differences. */
export interface GapSummary {
  readonly max: number;
  readonly p999: number;
  readonly mean: number;
}

/** How far an engine's numbers were from the canonical ones, in one output, over all samples. */
export interface OutputGaps {
  readonly elements: number;
  readonly absolute: GapSummary;
  /** Relative to the number itself, or to the output's typical size (the root of its mean square) where that is larger. */
  readonly relative: GapSummary;
  /** Elements that are finite in one of the two only. */
  readonly nonFinite: number;
  /** What is furthest apart, if anything is. */
  readonly worst: WorstGap | undefined;
  /** True when one sample is much further apart than all others: more samples would find worse ones. */
  readonly unstable: boolean;
}

export interface WorstGap {
  readonly sample: string;
  readonly index: number;
  readonly engine: number;
  readonly canonical: number;
}

/** One output of one sample. */
export interface SamplePair {
  readonly sample: string;
  readonly engine: ArrayLike<number>;
  readonly canonical: ArrayLike<number>;
}

const MARGIN = 16;
const LEAST_TOLERANCE = 1e-6;
const UNSTABLE = 8;

/** Compares one output over samples. */
export function gapsOf(pairs: readonly SamplePair[]): OutputGaps {
  const typical = typicalSize(pairs);
  const [absolute, relative]: [number[], number[]] = [[], []];
  const perSample: number[] = [];
  let nonFinite = 0;
  let [worst, largest]: [WorstGap | undefined, number] = [undefined, 0];
  for (const { sample, engine, canonical } of pairs) {
    let most = 0;
    for (let index = 0; index < canonical.length; index++) {
      const [theirs, ours] = [engine[index] ?? NaN, canonical[index] ?? NaN];
      const gap = Object.is(theirs, ours) || theirs === ours ? 0 : Math.abs(theirs - ours);
      const finite = Number.isFinite(gap);
      if (!finite) nonFinite += 1;
      else {
        const share = gap === 0 ? 0 : gap / Math.max(Math.abs(ours), typical);
        absolute.push(gap);
        relative.push(share);
        most = Math.max(most, share);
      }
      if (gap !== 0 && (worst === undefined || !finite || gap > largest)) {
        worst = { sample, index, engine: theirs, canonical: ours };
        largest = finite ? gap : Infinity;
      }
    }
    perSample.push(most);
  }
  return {
    elements: absolute.length + nonFinite,
    absolute: summaryOf(absolute),
    relative: summaryOf(relative),
    nonFinite,
    worst,
    unstable: isUnstable(perSample),
  };
}

/**
 * The tolerance that these gaps ask for: sixteen times the worst, rounded up to one significant digit, at least 1e-6. Infinite
 * where an engine is finite and the canonical run is not, or the reverse.
 */
export function proposedTolerance(gaps: readonly OutputGaps[]): Tolerance {
  if (gaps.some(({ nonFinite }) => nonFinite > 0)) return { absTol: Infinity, relTol: Infinity };
  const worst = (part: (gap: OutputGaps) => number): number => Math.max(0, ...gaps.map(part));
  return {
    absTol: roundedUp(MARGIN * worst(({ absolute }) => absolute.max)),
    relTol: roundedUp(MARGIN * worst(({ relative }) => relative.max)),
  };
}

/** The same for whole numbers: sixteen times the worst gap, 0 when there is none; what int32 holds at most. */
export function proposedIntegerTolerance(gaps: readonly OutputGaps[]): number {
  return Math.min(2 ** 31 - 1, MARGIN * Math.max(0, ...gaps.map(({ absolute }) => absolute.max)));
}

function roundedUp(value: number): number {
  if (value <= LEAST_TOLERANCE) return LEAST_TOLERANCE;
  const [digits = '1', exponent = '0'] = value.toExponential(15).split('e');
  return Number(`${Math.ceil(Number(digits))}e${exponent}`);
}

function typicalSize(pairs: readonly SamplePair[]): number {
  let [squares, count] = [0, 0];
  for (const { canonical } of pairs) {
    for (let i = 0; i < canonical.length; i++) {
      const value = canonical[i] ?? 0;
      if (!Number.isFinite(value)) continue;
      squares += value * value;
      count += 1;
    }
  }
  return count === 0 ? 0 : Math.sqrt(squares / count);
}

function summaryOf(values: number[]): GapSummary {
  if (values.length === 0) return { max: 0, p999: 0, mean: 0 };
  const sorted = Float64Array.from(values).sort();
  return {
    max: sorted.at(-1) ?? 0,
    p999: quantile(sorted, 0.999),
    mean: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
  };
}

/** The smallest value that at least this part of all does not exceed. */
function quantile(sorted: Float64Array, part: number): number {
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0;
}

/** The worst sample against the 99th percentile of the others: with it among them, few samples would never be unstable. */
function isUnstable(perSample: readonly number[]): boolean {
  const sorted = Float64Array.from(perSample).sort();
  const worst = sorted.at(-1) ?? 0;
  if (sorted.length < 2 || worst <= LEAST_TOLERANCE) return false;
  return worst > UNSTABLE * quantile(sorted.subarray(0, -1), 0.99);
}
