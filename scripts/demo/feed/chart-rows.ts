/** One moment of the chart; what is absent did not change then. */
export interface ChartRow {
  /** Unix seconds */
  readonly at: number;
  /** the feed's answer, in its unit */
  readonly price?: number;
  /** the model's output, per round */
  readonly volatility?: number;
  /** the pool's fee, in 1/1,000,000 */
  readonly fee?: number;
}

/** What a panel shows. */
export type Series = 'price' | 'volatility' | 'fee';

export interface Point {
  readonly at: number;
  readonly value: number;
}

/** More points than this say nothing more on a chart of this width. */
export const POINTS_MAX = 400;
/** What has no place on an axis: larger values, which would need more digits than there is room, and times without a date. */
const LARGEST = 1e15;
const LATEST = 8e12;

/** The points of one series in order of time; what is not finite or too large for an axis is left out. */
export function pointsOf(rows: readonly ChartRow[], series: Series): Point[] {
  return rows
    .flatMap(({ at, [series]: value }) =>
      value !== undefined && Math.abs(value) < LARGEST && Math.abs(at) < LATEST ? [{ at, value }] : [],
    )
    .toSorted((a, b) => a.at - b.at);
}

/** At most `POINTS_MAX` points: the first and last, and of each stretch between the smallest and the largest. */
export function thinned(points: readonly Point[]): readonly Point[] {
  if (points.length <= POINTS_MAX) return points;
  const [first, last] = [points[0], points.at(-1)];
  const inner = points.slice(1, -1);
  const stretches = (POINTS_MAX - 2) / 2;
  const kept = Array.from({ length: stretches }, (_, at) => {
    const stretch = inner.slice(
      Math.floor((at * inner.length) / stretches),
      Math.floor(((at + 1) * inner.length) / stretches),
    );
    const least = stretch.reduce((a, b) => (b.value < a.value ? b : a));
    const most = stretch.reduce((a, b) => (b.value > a.value ? b : a));
    return least === most ? [least] : stretch.indexOf(least) < stretch.indexOf(most) ? [least, most] : [most, least];
  });
  return [first, ...kept.flat(), last].filter((point) => point !== undefined);
}
