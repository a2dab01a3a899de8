/** Prices in the model's input, oldest first. */
export const PRICES = 32;
/** Log returns between them. */
export const RETURNS = PRICES - 1;
/** Rounds ahead whose volatility is forecast. */
export const HORIZON = 8;
/** Rounds of the short and the middle window; the long one is all of them. */
export const SHORT = 4;
export const MIDDLE = 12;
/** How much of the long variance is mixed into the others: four quiet rounds are no proof of a quiet market. */
const SHRINK = 0.05;
/** Added to every variance: a price that never moves has a volatility of 10^-6, near what float32 prices can show. */
export const FLOOR = 1e-12;
export const VOLATILITY_FLOOR = 1e-6;
const BIPOWER = Math.PI / 2;

/** What is measured of a window, in this order. Each is a sum over squared returns and products of neighbours. */
export const MEASURES = ['short', 'middle', 'bipower', 'long'] as const;

/**
 * [61 × 4] row-major: 31 squared returns and 30 products of neighbouring magnitudes (in) → the four measures (out).
 * Bipower variation (Barndorff-Nielsen & Shephard 2004) is a variance that single jumps hardly touch.
 */
export const MEASURING: readonly number[] = Array.from({ length: RETURNS + RETURNS - 1 }, (_, row) => {
  const square = row < RETURNS;
  const long = square ? 1 / RETURNS : 0;
  const last = (count: number): number => (square && row >= RETURNS - count ? 1 / count : 0);
  const bipower = square ? 0 : BIPOWER / (RETURNS - 1);
  return [last(SHORT) + SHRINK * long, last(MIDDLE) + SHRINK * long, bipower + SHRINK * long, long];
}).flat();

/** Log returns of consecutive prices. */
export function logReturns(prices: readonly number[]): number[] {
  return prices.slice(1).map((price, at) => Math.log(price / (prices[at] ?? NaN)));
}

/** Logarithms of the four measures of 31 returns, oldest first. */
export function measure(returns: readonly number[]): number[] {
  const squares = returns.map((value) => value * value);
  const products = returns.slice(1).map((value, at) => Math.abs(value) * Math.abs(returns[at] ?? NaN));
  const sums = MEASURES.map(() => FLOOR);
  for (const [row, value] of [...squares, ...products].entries())
    for (const [column, sum] of sums.entries())
      sums[column] = sum + value * (MEASURING[row * MEASURES.length + column] ?? NaN);
  return sums.map(Math.log);
}

/** One window and what came after it. */
export interface Sample {
  /** the 31 returns of the window, oldest first */
  readonly returns: readonly number[];
  /** logarithms of `MEASURES` */
  readonly measures: readonly number[];
  /** root mean square of the next `HORIZON` log returns */
  readonly realised: number;
}

/** Windows of a price path, `stride` rounds apart, each with the rounds that followed. */
export function samplesOf(prices: readonly number[], stride: number): Sample[] {
  const all = logReturns(prices);
  const samples: Sample[] = [];
  for (let start = 0; start + RETURNS + HORIZON <= all.length; start += stride) {
    const returns = all.slice(start, start + RETURNS);
    const after = all.slice(start + RETURNS, start + RETURNS + HORIZON);
    const realised = Math.sqrt(after.reduce((sum, value) => sum + value * value, 0) / HORIZON);
    samples.push({ returns, measures: measure(returns), realised });
  }
  return samples;
}
