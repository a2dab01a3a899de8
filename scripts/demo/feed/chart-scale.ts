/** Where ticks lie, and how they are written. */
export interface Ticks {
  readonly values: readonly number[];
  label(value: number): string;
}

const STEPS = [1, 2, 5, 10];
/** Steps of a time axis, seconds. */
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400];
const DAY = 86_400;

/**
 * Round values inside of [low, high], in steps of 1, 2 or 5 times a power of ten.
 *
 * @param most ticks at most, at least 2
 */
export function numberTicks(low: number, high: number, most: number): Ticks {
  const rough = (high - low) / (most - 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * (STEPS.find((factor) => factor * power >= rough * (1 - 1e-9)) ?? 10);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  // Multiples, not sums: no error grows along the axis. Adding 0 makes -0 a 0.
  const values = Array.from({ length: count }, (_, at) => (first + at) * step + 0);
  return { values, label: (value) => grouped(value, Math.min(decimals, 12)) };
}

/** Round times inside of [low, high], Unix seconds; written as UTC, with seconds where steps are shorter than a minute. */
export function timeTicks(low: number, high: number, most: number): Ticks {
  const rough = (high - low) / (most - 1);
  const step = TIME_STEPS.find((one) => one >= rough) ?? Math.ceil(rough / DAY) * DAY;
  const first = Math.ceil(low / step);
  const count = Math.floor(high / step) - first + 1;
  const [from, to] = step >= DAY ? [5, 10] : step >= 60 ? [11, 16] : [11, 19];
  return {
    values: Array.from({ length: count }, (_, at) => (first + at) * step),
    label: (value) => new Date(value * 1_000).toISOString().slice(from, to),
  };
}

/** Decimals and commas by hand: the same text in every locale. */
export function grouped(value: number, decimals: number): string {
  const [whole = '', part] = Math.abs(value).toFixed(decimals).split('.');
  const commas = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return `${value < 0 ? '−' : ''}${commas}${part === undefined ? '' : `.${part}`}`;
}

/**
 * The range of an axis: a little more than the values, or a little around a single one.
 *
 * @param values at least one, all finite
 */
export function padded(values: readonly number[], fromZero: boolean): readonly [number, number] {
  const low = fromZero ? Math.min(0, ...values) : Math.min(...values);
  const high = Math.max(...values);
  const room = high > low ? (high - low) * 0.08 : Math.abs(high) * 0.01 || 1;
  return [fromZero && low === 0 ? 0 : low - room, high + room];
}
