import { createAdam } from '../credit-score/adam.ts';
import type { Random } from '../credit-score/random.ts';
import { VOLATILITY_FLOOR, type Sample } from './windows.ts';

/** Hidden units. */
export const UNITS = 8;
/** Measures that are compared with the long one. */
export const INPUTS = 3;

const EPOCHS = 40;
const BATCH = 64;
const FIRST_RATE = 0.01;
/** Fitted numbers are multiples of this: the last bit of a machine's logarithm does not reach the file. */
const GRAIN = 2 ** -12;

/**
 * What is fitted: how far the logarithm of the variance ahead lies from the long one, out of how the other measures lie to
 * it. Nothing depends on the scale: twice the returns give twice the volatility.
 */
export interface Head {
  /** [UNITS × INPUTS], row-major */
  readonly hidden: Float64Array;
  readonly bias: Float64Array;
  /** [UNITS] */
  readonly out: Float64Array;
  /** [INPUTS]: past the hidden units */
  readonly direct: Float64Array;
  /** [1] */
  readonly level: Float64Array;
}

const PARTS = ['hidden', 'bias', 'out', 'direct', 'level'] as const;

const emptyHead = (): Head => ({
  hidden: new Float64Array(UNITS * INPUTS),
  bias: new Float64Array(UNITS),
  out: new Float64Array(UNITS),
  direct: new Float64Array(INPUTS),
  level: new Float64Array(1),
});

/** A head before fitting: the forecast is near the long window's own variance. */
export function createHead(random: Random): Head {
  const head = emptyHead();
  for (const at of head.hidden.keys()) head.hidden[at] = random.normal() * Math.sqrt(2 / INPUTS);
  for (const at of head.out.keys()) head.out[at] = 0.1 * random.normal();
  return head;
}

interface Pass {
  readonly compared: readonly number[];
  readonly active: readonly number[];
  readonly logVariance: number;
}

function pass({ hidden, bias, out, direct, level }: Head, measures: readonly number[]): Pass {
  const long = measures[INPUTS] ?? NaN;
  const compared = measures.slice(0, INPUTS).map((value) => value - long);
  const active = Array.from(bias, (start, unit) =>
    Math.max(
      0,
      compared.reduce((sum, value, at) => sum + value * (hidden[unit * INPUTS + at] ?? NaN), start),
    ),
  );
  const straight = compared.reduce((sum, value, at) => sum + value * (direct[at] ?? NaN), level[0] ?? NaN);
  const logVariance = long + active.reduce((sum, value, unit) => sum + value * (out[unit] ?? NaN), straight);
  return { compared, active, logVariance };
}

/** Forecast volatility per round: the expected root mean square of the next log returns. */
export function forecast(head: Head, measures: readonly number[]): number {
  return Math.exp(pass(head, measures).logVariance / 2);
}

/**
 * QLIKE (Patton 2011), of volatilities: 0 when the forecast is what came; its expectation is least at the expected
 * volatility. Of variances, one jump would weigh as much as a hundred calm windows.
 */
export function qlike(realised: number, volatility: number): number {
  const ratio = (realised + VOLATILITY_FLOOR) / volatility;
  return ratio - Math.log(ratio) - 1;
}

/** Adds the gradient of one sample's QLIKE to `gradient`. */
export function addGradient(head: Head, { measures, realised }: Sample, gradient: Head): void {
  const { compared, active, logVariance } = pass(head, measures);
  // The volatility's logarithm is half the variance's.
  const error = (1 - (realised + VOLATILITY_FLOOR) * Math.exp(-logVariance / 2)) / 2;
  const add = (part: Float64Array, at: number, value: number): void => {
    part[at] = (part[at] ?? 0) + value;
  };
  add(gradient.level, 0, error);
  for (const [at, value] of compared.entries()) add(gradient.direct, at, error * value);
  for (const [unit, value] of active.entries()) {
    if (value <= 0) continue;
    add(gradient.out, unit, error * value);
    const passed = error * (head.out[unit] ?? 0);
    add(gradient.bias, unit, passed);
    for (const [at, input] of compared.entries()) add(gradient.hidden, unit * INPUTS + at, passed * input);
  }
}

/** Fits a head by Adam on QLIKE. Deterministic; every number is a multiple of 2^-12. */
export function fitHead(samples: readonly Sample[], random: Random): Head {
  const head = createHead(random);
  const optimisers = PARTS.map((part) => createAdam(head[part].length));
  const order = [...samples];
  for (let epoch = 0; epoch < EPOCHS; epoch += 1) {
    shuffle(order, random);
    for (let start = 0; start < order.length; start += BATCH) {
      const batch = order.slice(start, start + BATCH);
      const gradient = emptyHead();
      for (const sample of batch) addGradient(head, sample, gradient);
      const rate = FIRST_RATE * (1 - epoch / EPOCHS);
      for (const [at, part] of PARTS.entries())
        optimisers[at]?.step(
          head[part],
          gradient[part].map((sum) => sum / batch.length),
          rate,
        );
    }
  }
  for (const part of PARTS) head[part].set(head[part].map((value) => Math.round(value / GRAIN) * GRAIN));
  return head;
}

/** Fisher–Yates, in place. */
function shuffle(order: Sample[], random: Random): void {
  for (let at = order.length - 1; at > 0; at -= 1) {
    const other = random.below(at + 1);
    const [a, b] = [order[at], order[other]];
    if (a && b) [order[at], order[other]] = [b, a];
  }
}
