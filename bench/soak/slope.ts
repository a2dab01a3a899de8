export interface Slope {
  /** Least squares over the second half of the samples, units per hour. */
  readonly perHour: number;
  /** Its standard error, as if samples were independent: the truth is wider. */
  readonly error: number;
  /** The median slope between any two of them, which a burst of work does not move. */
  readonly typical: number;
  /** Length of that half, minutes. */
  readonly minutes: number;
}

/** How fast something rises, once it has settled. `at`: local time, milliseconds. */
export function slopeOf(samples: readonly { readonly at: number; readonly value: number }[]): Slope {
  const half = samples.slice(Math.floor(samples.length / 2));
  const minutes = round(((half.at(-1)?.at ?? 0) - (half[0]?.at ?? 0)) / 60_000);
  const hours = half.map(({ at }) => at / 3_600_000);
  const [meanX, meanY] = [mean(hours), mean(half.map(({ value }) => value))];
  let [sumXy, sumXx, sumYy] = [0, 0, 0];
  for (const [at, { value }] of half.entries()) {
    const [dx, dy] = [(hours[at] ?? 0) - meanX, value - meanY];
    sumXy += dx * dy;
    sumXx += dx * dx;
    sumYy += dy * dy;
  }
  if (sumXx === 0 || half.length < 3) return { perHour: 0, error: 0, typical: 0, minutes };
  const slope = sumXy / sumXx;
  const variance = Math.max(0, sumYy - slope * sumXy) / (half.length - 2);
  const error = round(Math.sqrt(variance / sumXx));
  return { perHour: round(slope), error, typical: round(medianSlope(hours, half)), minutes };
}

function medianSlope(hours: readonly number[], samples: readonly { readonly value: number }[]): number {
  const slopes = samples.flatMap(({ value }, at) =>
    samples.slice(at + 1).map((later, after) => {
      const [from = 0, to = 0] = [hours[at], hours[at + 1 + after]];
      return (later.value - value) / (to - from);
    }),
  );
  return slopes.sort((a, b) => a - b)[Math.floor(slopes.length / 2)] ?? 0;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/** To a tenth. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
