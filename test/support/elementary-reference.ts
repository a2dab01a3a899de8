import type { UnaryName } from '../../workers/canonical/arithmetic/elementary-fast.ts';
import { fromInteger, splitBits } from '../../workers/canonical/arithmetic/rounding.ts';

/*
 * The elementary functions by plain series with 600 fraction bits: slow, and written apart from the judge's algorithms, which
 * are compared with it. A real number r stands as the integer r · 2^600.
 */

const SCALE = 600n;
const ONE = 1n << SCALE;
const multiply = (a: bigint, b: bigint): bigint => (a * b) >> SCALE;
const divide = (a: bigint, b: bigint): bigint => (a << SCALE) / b;

/** The exact value of a finite pattern. */
function valueOf(bits: number): bigint {
  const { negative, significand, exponent } = splitBits(bits);
  const value = BigInt(significand) << (SCALE + BigInt(exponent));
  return negative ? -value : value;
}

/** e^x by its Taylor series at x / 2^24, squared 24 times. */
function exponential(x: bigint): bigint {
  // 24 squarings multiply the error by as much as 2^24 · e^x, and e^x may be 2^190 or 2^-190
  const guard = 260n;
  const one = 1n << (SCALE + guard);
  const r = (x << guard) >> 24n;
  let [sum, term] = [one, one];
  for (let n = 1n; term !== 0n && term !== -1n; n += 1n) {
    term = ((term * r) >> (SCALE + guard)) / n;
    sum += term;
  }
  for (let i = 0; i < 24; i++) sum = (sum * sum) >> (SCALE + guard);
  return sum >> guard;
}

/** ln x by Halley's method on e^y = x. */
function logarithm(x: bigint): bigint {
  const top = x.toString(2).length;
  const leading = Number(x >> BigInt(Math.max(top - 53, 0)));
  const guess = Math.log(leading) + (Math.max(top - 53, 0) - Number(SCALE)) * Math.LN2;
  let y = BigInt(Math.round(guess * 2 ** 40)) << (SCALE - 40n);
  for (let i = 0; i < 4; i++) {
    const power = exponential(y);
    y += 2n * divide(x - power, x + power);
  }
  return y;
}

/** π · 2^1000, by Machin's formula. */
const PI_1000 = ((): bigint => {
  const inverseTangent = (n: bigint): bigint => {
    let [sum, power] = [0n, (1n << 1040n) / n];
    for (let k = 1n; power !== 0n; k += 2n, power /= n * n) sum += k % 4n === 1n ? power / k : -power / k;
    return sum;
  };
  return (4n * (4n * inverseTangent(5n) - inverseTangent(239n))) >> 40n;
})();

/** Σ of x^n/n! with alternating signs over n = first, first+2, …, of x reduced to one turn. */
function circular(x: bigint, first: 0 | 1): bigint {
  const turn = 2n * PI_1000;
  const rest = ((x << 400n) % turn) >> 400n;
  const square = multiply(rest, rest);
  let term = first === 0 ? ONE : rest;
  let sum = term;
  for (let n = BigInt(first) + 1n; term !== 0n && term !== -1n; n += 2n) {
    term = -multiply(term, square) / (n * (n + 1n));
    sum += term;
  }
  return sum;
}

function squareRoot(x: bigint): bigint {
  const square = x << SCALE;
  let root = 1n << (SCALE + 2n);
  for (let next = (root + square / root) >> 1n; next < root; next = (root + square / root) >> 1n) root = next;
  return root;
}

/** erf; 1 less 2^-90 from 8 on, where the rest is smaller still. */
function errorFunction(x: bigint): bigint {
  if (x >= 8n * ONE) return ONE - (1n << (SCALE - 90n));
  if (x <= -8n * ONE) return (1n << (SCALE - 90n)) - ONE;
  const square = multiply(x, x);
  let [power, sum] = [x, x];
  for (let n = 1n; power !== 0n && power !== -1n; n += 1n) {
    power = -multiply(power, square) / n;
    sum += power / (2n * n + 1n);
  }
  return divide(2n * sum, squareRoot(PI_1000 >> 400n));
}

const FUNCTIONS: Readonly<Record<UnaryName, (x: bigint) => bigint>> = {
  exp: exponential,
  log: logarithm,
  tanh: (x) => divide(exponential(2n * x) - ONE, exponential(2n * x) + ONE),
  erf: errorFunction,
  sigmoid: (x) => divide(ONE, ONE + exponential(-x)),
  softplus: (x) => logarithm(ONE + exponential(x)),
  sin: (x) => circular(x, 1),
  cos: (x) => circular(x, 0),
};

/** F(x) · 2^600 of a finite pattern; |x| ≤ 190 where e^x comes in. */
export function referenceOf(name: UnaryName, bits: number): bigint {
  return FUNCTIONS[name](valueOf(bits));
}

/** |x|^y · 2^600 of finite patterns; undefined where it is beyond e^±130. */
export function powerReference(x: number, y: number): bigint | undefined {
  const product = multiply(logarithm(valueOf(x & 0x7fffffff)), valueOf(y));
  return product > 130n * ONE || product < -130n * ONE ? undefined : exponential(product);
}

/** The pattern nearest to a reference; what is within 2^-200 of a number with fewer digits is taken for that number. */
export function roundReference(value: bigint): number {
  const excess = value.toString(2).replace('-', '').length - 200;
  if (excess <= 0) return fromInteger(value, -Number(SCALE));
  return fromInteger((value + (1n << BigInt(excess - 1))) >> BigInt(excess), excess - Number(SCALE));
}

/** How far a float64 of at least 2^-190 is from a reference, relative to it. */
export function relativeError(value: number, reference: bigint): number {
  if (reference === 0n) return value === 0 ? 0 : Infinity;
  // a whole number of units of 2^-250
  const exact = BigInt(value * 2 ** 250) << (SCALE - 250n);
  return Math.abs(Number(((exact - reference) << 100n) / reference)) / 2 ** 100;
}
