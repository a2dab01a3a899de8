import { errorSeries, exponential } from './elementary-fixed.ts';

/*
 * The elementary functions in float64 with known relative errors. Only +, −, × and ÷ of IEEE 754 are used, so every engine gives
 * the same bits; nothing depends on the accuracy of `Math.exp` and its kin.
 */

/** Adding and taking away 1.5 · 2^52 rounds to the nearest integer. */
const INTEGER_SHIFT = 6755399441055744;
const INVERSE_LN2 = 1.4426950408889634;
/** ln 2 in two parts; the first has 32 bits, so that its product with a small integer is exact. */
const LN2_HIGH = 6.9314718036912381649e-1;
const LN2_LOW = 1.90821492927058770002e-10;
const TWO_OVER_PI = 0.6366197723675814;
/** π/2 in three parts; the first two have 33 bits. */
const HALF_PI_HIGH = 1.57079632673412561417;
const HALF_PI_MIDDLE = 6.0771005063039659766e-11;
const HALF_PI_LOW = 2.02226624879595063154e-21;
const TWO_OVER_SQRT_PI = 1.1283791670955126;

const POWERS_OF_TWO = Float64Array.from({ length: 512 }, (_, i) => 2 ** (i - 256));

/** e^x for |x| ≤ 128. */
export function exponentialOf(x: number): number {
  const power = x * INVERSE_LN2 + INTEGER_SHIFT - INTEGER_SHIFT;
  const r = x - power * LN2_HIGH - power * LN2_LOW;
  const s = r * r;
  // 1/n! from n = 13 down to 2, even and odd ones apart
  const even = 1 / 2 + s * (1 / 24 + s * (1 / 720 + s * (1 / 40320 + s * (1 / 3628800 + s * (1 / 479001600)))));
  const odd = 1 / 6 + s * (1 / 120 + s * (1 / 5040 + s * (1 / 362880 + s * (1 / 39916800 + s * (1 / 6227020800)))));
  return (1 + (r + s * (even + r * odd))) * (POWERS_OF_TWO[power + 256] as number);
}

/** tanh x for |x| ≤ 64; near 0 by the same approximant as the twin. */
export function tanhOf(x: number): number {
  if (x >= 0.125 || x <= -0.125) {
    const t = exponentialOf(x < 0 ? 2 * x : -2 * x);
    const y = (1 - t) / (1 + t);
    return x < 0 ? -y : y;
  }
  const s = 4 * x * x;
  const even = 518918400 + s * (60540480 + s * (831600 + s * (2520 + s)));
  const odd = 259459200 + s * (8648640 + s * (55440 + s * 72));
  return (2 * x * odd) / even;
}

/** 1 / (1 + e^−x) for |x| ≤ 128. */
export function sigmoidOf(x: number): number {
  const t = exponentialOf(x < 0 ? x : -x);
  return (x < 0 ? t : 1) / (1 + t);
}

/** ln(1 + e^x) for |x| ≤ 128. */
export function softplusOf(x: number): number {
  const y = logarithmOfOnePlus(exponentialOf(x < 0 ? x : -x));
  return x < 0 ? y : x + y;
}

/** 2 atanh z for |z| < 0.172. */
function narrowLogarithm(z: number): number {
  const s = z * z;
  const low = 1 / 3 + s * (1 / 5 + s * (1 / 7 + s * (1 / 9 + s * (1 / 11))));
  const high = 1 / 13 + s * (1 / 15 + s * (1 / 17 + s * (1 / 19 + s * (1 / 21))));
  const fifth = s * s * s * s * s;
  return 2 * (z + z * s * (low + fifth * high));
}

/** ln(1 + t) for t in [0, 1]. */
function logarithmOfOnePlus(t: number): number {
  const z = t / (2 + t);
  const s = z * z;
  const high =
    1 / 19 + s * (1 / 21 + s * (1 / 23 + s * (1 / 25 + s * (1 / 27 + s * (1 / 29 + s * (1 / 31 + s * (1 / 33)))))));
  const low =
    1 / 3 + s * (1 / 5 + s * (1 / 7 + s * (1 / 9 + s * (1 / 11 + s * (1 / 13 + s * (1 / 15 + s * (1 / 17)))))));
  const fourth = s * s * s * s;
  return 2 * (z + z * s * (low + fourth * fourth * high));
}

const FLOAT = new Float32Array(1);
const BITS = new Uint32Array(FLOAT.buffer);

/** ln x of a positive finite float32. */
export function logarithmOf(x: number): number {
  const normal = x >= 1.1754943508222875e-38;
  FLOAT[0] = normal ? x : x * 16777216;
  const bits = BITS[0] as number;
  let power = (bits >>> 23) - (normal ? 127 : 151);
  // a significand above √2 is nearer to its next power of two
  const significand = bits & 0x7fffff;
  const half = significand > 0x3504f3;
  if (half) power += 1;
  BITS[0] = significand | (half ? 0x3f000000 : 0x3f800000);
  const f = FLOAT[0];
  return power * LN2_HIGH + (power * LN2_LOW + narrowLogarithm((f - 1) / (f + 1)));
}

/** sin x for |x| ≤ 2^20. */
export function sineOf(x: number): number {
  return x < 0.5 && x > -0.5 ? x * sineSeries(x * x) : circular(x, 0);
}

/** cos x for |x| ≤ 2^20. */
export function cosineOf(x: number): number {
  return circular(x, 1);
}

/** sin(x + `ahead` · π/2). */
function circular(x: number, ahead: number): number {
  const turns = x * TWO_OVER_PI + INTEGER_SHIFT - INTEGER_SHIFT;
  // the first product and difference are exact, the second product too
  const r = x - turns * HALF_PI_HIGH - turns * HALF_PI_MIDDLE - turns * HALF_PI_LOW;
  const s = r * r;
  const phase = (turns + ahead) & 3;
  const value = (phase & 1) === 1 ? cosineSeries(s) : r * sineSeries(s);
  return phase >= 2 ? -value : value;
}

/** sin(r)/r of s = r², at most 0.62. */
function sineSeries(s: number): number {
  const high =
    1 / 362880 + s * (-1 / 39916800 + s * (1 / 6227020800 + s * (-1 / 1307674368000 + s * (1 / 355687428096000))));
  return 1 + s * (-1 / 6 + s * (1 / 120 + s * (-1 / 5040 + s * high)));
}

function cosineSeries(s: number): number {
  const high =
    -1 / 3628800 +
    s * (1 / 479001600 + s * (-1 / 87178291200 + s * (1 / 20922789888000 + s * (-1 / 6402373705728000))));
  return 1 + s * (-1 / 2 + s * (1 / 24 + s * (-1 / 720 + s * (1 / 40320 + s * high))));
}

/** 1/(n! (2n+1)) with alternating signs, n = 0 … 12. */
const ERROR_COEFFICIENTS = Float64Array.from({ length: 13 }, (_, n) => {
  let factorial = 1;
  for (let i = 2; i <= n; i++) factorial *= i;
  return (n % 2 === 0 ? 1 : -1) / (factorial * (2 * n + 1));
});

/** erf x for |x| < 4. */
export function errorFunctionOf(x: number): number {
  if (x < 0.5 && x > -0.5) return smallError(x);
  return x < 0 ? -largeError(-x) : largeError(x);
}

function smallError(x: number): number {
  const s = x * x;
  let sum = 0;
  for (let n = 12; n >= 0; n--) sum = sum * s + (ERROR_COEFFICIENTS[n] as number);
  return x * TWO_OVER_SQRT_PI * sum;
}

const CELL = 1 / 16;
const DEGREE = 10;

/**
 * Taylor coefficients of erf around the middle of each cell of width 1/16 below 4: its value from the integer series, its
 * derivatives from Hermite polynomials, erf^(n+1)(c) = 2/√π · (−1)^n H_n(c) e^(−c²).
 */
const ERROR_CELLS = Float64Array.from({ length: 64 * (DEGREE + 1) }, (_, i) => {
  const order = i % (DEGREE + 1);
  const centre = (Math.floor(i / (DEGREE + 1)) + 0.5) * CELL;
  const square = BigInt(centre * centre * 1024) << 102n;
  if (order === 0) return centre * TWO_OVER_SQRT_PI * fraction(errorSeries(square));
  const { mantissa, power } = exponential(-square);
  let [previous, hermite] = [0, 1];
  for (let n = 0; n < order - 1; n++) [previous, hermite] = [hermite, 2 * centre * hermite - 2 * n * previous];
  let scale = TWO_OVER_SQRT_PI * fraction(mantissa) * 2 ** power * (order % 2 === 1 ? 1 : -1);
  for (let n = 2; n <= order; n++) scale /= n;
  return scale * hermite;
});

function fraction(fixed: bigint): number {
  return Number(fixed) / 2 ** 112;
}

/** erf x for 1/16 ≤ x < 4. */
function largeError(x: number): number {
  const cell = (x * 16) | 0;
  const h = x - (cell + 0.5) * CELL;
  const first = cell * (DEGREE + 1);
  let sum = ERROR_CELLS[first + DEGREE] as number;
  for (let n = DEGREE - 1; n >= 0; n--) sum = sum * h + (ERROR_CELLS[first + n] as number);
  return sum;
}
