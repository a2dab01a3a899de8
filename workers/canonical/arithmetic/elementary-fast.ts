import {
  cosineOf,
  errorFunctionOf,
  exponentialOf,
  logarithmOf,
  sigmoidOf,
  sineOf,
  softplusOf,
  tanhOf,
} from './elementary-double.ts';
import { pow as exactPow } from './elementary-pow.ts';
import * as exact from './elementary.ts';
import { bitsOf, floatOf } from './float32.ts';

/** The functions of one float32. */
export type UnaryName = 'exp' | 'log' | 'tanh' | 'erf' | 'sigmoid' | 'softplus' | 'sin' | 'cos';
export type Unary = (x: number) => number;
export type Binary = (x: number, y: number) => number;

export interface FastElementaryOptions {
  /** Told each time float64 could not decide and the integer twin did. */
  readonly onFallback?: (name: UnaryName | 'pow') => void;
}

export interface FastElementary extends Readonly<Record<UnaryName, Unary>> {
  readonly pow: Binary;
}

/** Relative errors that the float64 functions stay below. */
export const ERROR_BOUNDS: Readonly<Record<UnaryName | 'pow', number>> = {
  exp: 2 ** -48,
  log: 2 ** -48,
  tanh: 2 ** -47,
  erf: 2 ** -47,
  sigmoid: 2 ** -48,
  softplus: 2 ** -48,
  sin: 2 ** -48,
  cos: 2 ** -48,
  pow: 2 ** -41,
};

/** Angles beyond it are left to the twin. */
const LARGEST_ANGLE = 1048576;

/**
 * The elementary functions of the judge on float32 values held in JavaScript numbers: computed in float64, and taken when both
 * ends of the error interval round to the same float32; else the integer twin decides. The results are the twin's, canonical.
 */
export function fastElementary({ onFallback }: FastElementaryOptions = {}): FastElementary {
  const { exp, log, tanh, erf, sigmoid, softplus, sin, cos } = ERROR_BOUNDS;
  const fallBack = (name: UnaryName, x: number): number => {
    onFallback?.(name);
    return floatOf(exact[name](bitsOf(x)));
  };
  const settle = (name: UnaryName, x: number, y: number, bound: number): number => {
    const low = Math.fround(y - y * bound);
    return low === Math.fround(y + y * bound) ? low + 0 : fallBack(name, x);
  };
  return {
    exp(x) {
      if (x < 128 && x > -128) return settle('exp', x, exponentialOf(x), exp);
      return beyond(x, 0, Infinity);
    },
    log(x) {
      if (x > 0 && x < Infinity) return settle('log', x, logarithmOf(x), log);
      return x === 0 ? -Infinity : beyond(x, NaN, Infinity);
    },
    tanh(x) {
      if (x < 16 && x > -16) return settle('tanh', x, tanhOf(x), tanh);
      return beyond(x, -1, 1);
    },
    erf(x) {
      if (x < 4 && x > -4) return settle('erf', x, errorFunctionOf(x), erf);
      return beyond(x, -1, 1);
    },
    sigmoid(x) {
      if (x < 128 && x > -128) return settle('sigmoid', x, sigmoidOf(x), sigmoid);
      return beyond(x, 0, 1);
    },
    softplus(x) {
      if (x < 128 && x > -128) return settle('softplus', x, softplusOf(x), softplus);
      return beyond(x, 0, x);
    },
    sin(x) {
      if (x <= LARGEST_ANGLE && x >= -LARGEST_ANGLE) return settle('sin', x, sineOf(x), sin);
      return fallBack('sin', x);
    },
    cos(x) {
      if (x <= LARGEST_ANGLE && x >= -LARGEST_ANGLE) return settle('cos', x, cosineOf(x), cos);
      return fallBack('cos', x);
    },
    pow: (x, y) => fastPow(x, y, onFallback),
  };
}

/** Where a function is constant or linear; NaN stays. */
function beyond(x: number, below: number, above: number): number {
  return x > 0 ? above : x < 0 ? below : NaN;
}

function fastPow(x: number, y: number, onFallback: FastElementaryOptions['onFallback']): number {
  // one IEEE operation, whose second rounding does no harm
  if (y === 2) return Math.fround(x * x);
  if (y === 1) return x;
  if (y === 0.5 && x >= 0) return Math.fround(Math.sqrt(x));
  if (y === -1 && x !== 0) return Math.fround(1 / x) + 0;
  const base = x < 0 ? -x : x;
  const rest = y % 2;
  const whole = rest === 0 || rest === 1 || rest === -1;
  if (base > 0 && base < Infinity && (x > 0 || whole)) {
    const power = y * logarithmOf(base);
    if (power < 128 && power > -128) {
      const magnitude = exponentialOf(power);
      const value = x < 0 && rest !== 0 ? -magnitude : magnitude;
      const low = Math.fround(value - value * ERROR_BOUNDS.pow);
      if (low === Math.fround(value + value * ERROR_BOUNDS.pow)) return low + 0;
    }
  }
  onFallback?.('pow');
  return floatOf(exactPow(bitsOf(x), bitsOf(y)));
}
