import { bitsOf } from '../../workers/canonical/arithmetic/float32.ts';

/** Picked by hand, results too: operands, result, what it is about. */
type Product = readonly [a: number, b: number, scaled: bigint | undefined, about: string];
type Rational = readonly [numerator: bigint, denominator: bigint, exponent: bigint, result: number, about: string];
type Dot = readonly [sum: bigint, divisor: bigint, result: number, about: string];

const f = bitsOf;
const INF = 0x7f800000;
const MINUS_INF = 0xff800000;
const NAN = 0x7fc00000;
const SIGNALING_NAN = 0x7f800001;
const MINUS_ZERO = 0x80000000;
const MAX = 0x7f7fffff;
const ONE = 0x3f800000;
const two = (exponent: number): number => f(2 ** exponent);
const big = (exponent: number): bigint => 1n << BigInt(exponent);

const PRODUCTS: readonly Product[] = [
  [two(32), two(32), undefined, '2^64'],
  [two(127), f(-(2 ** -63)), undefined, '−2^64'],
  [0x5f7fffff, ONE, (big(64) - big(40)) << 160n, 'the largest below 2^64'],
  [0x5f7fffff, f(-1), -((big(64) - big(40)) << 160n), 'the same, negative'],
  [0x4f7fffff, 0x4f800001, undefined, 'just above 2^64'],
  [0x4f7ffffe, 0x4f800001, ((big(24) - 2n) * (big(23) + 1n)) << 177n, 'just below 2^64'],
  [two(127), two(-64), big(223), '2^63'],
  [two(-80), two(-80), 1n, 'the unit'],
  [two(-80), f(-(2 ** -80)), -1n, 'minus the unit'],
  [two(-80), 0x977fffff, 0n, 'just above minus the unit'],
  [0x00000001, 0x80000001, 0n, 'the smallest'],
  [0x00000001, MAX, (big(24) - 1n) << 115n, 'a subnormal operand'],
  [MAX, 0xff7fffff, undefined, 'the largest'],
  [MAX, MINUS_ZERO, 0n, 'zero'],
  [INF, 0, undefined, 'an infinity times zero'],
  [ONE, MINUS_INF, undefined, 'an infinity'],
  [SIGNALING_NAN, 0, undefined, 'NaN'],
];

const RATIONALS: readonly Rational[] = [
  [1n, 3n, 0n, 0x3eaaaaab, 'rounded'],
  [0n, 5n, 7n, 0, 'zero'],
  [big(24) + 1n, 1n, 0n, f(16777216), 'tie down'],
  [3n * (big(24) + 3n), 3n, 0n, f(16777220), 'tie up, by a divisor'],
  [3n * (big(24) + 1n) + 1n, 3n, 0n, f(16777218), 'just above a tie'],
  [3n * (big(24) + 3n) - 1n, 3n, 0n, f(16777218), 'just below a tie'],
  [big(256) - 1n, 1n, -256n, ONE, 'as long as a word'],
  [big(256) - 1n, big(64), -192n, ONE, 'the longest by the longest'],
  [big(255) + big(231), 1n, -255n, ONE, 'a tie at the end of a word'],
  [big(255) + big(231) + 1n, 1n, -255n, 0x3f800001, 'just above it'],
  [((big(24) + 1n) << 229n) * 3n + 1n, 3n, -229n, f(16777218), 'above a tie by a rest past the last digit'],
  [((big(24) + 1n) << 229n) * 3n, 3n, -229n, f(16777216), 'that tie'],
  [1n, 2n, -149n, 0, 'subnormal tie to zero'],
  [3n, 2n, -149n, 0x00000002, 'subnormal tie, up'],
  [big(64) - 1n, big(64), -149n, 0x00000001, 'just below the smallest'],
  [big(64) + 1n, big(64), -150n, 0x00000001, 'just above half of it'],
  [big(255), 1n, -405n, 0, 'half of it, from a long one'],
  [big(255) + 1n, 1n, -405n, 0x00000001, 'just above that'],
  [big(255), 1n, -406n, 0, 'a quarter of it'],
  [big(25) - 1n, 1n, 103n, INF, 'a tie that overflows'],
  [big(26) - 3n, 1n, 102n, MAX, 'just below it'],
  [1n, 1n, big(255) - 1n, INF, 'an exponent past all'],
  [1n, 1n, -big(255), 0, 'an exponent below all'],
  [1n, 0n, 0n, INF, 'by zero'],
  [0n, 0n, 0n, NAN, 'zero by zero'],
];

const DOTS: readonly Dot[] = [
  [0n, 9n, 0, 'zero'],
  [big(160), 1n, ONE, 'one'],
  [-big(160), 3n, 0xbeaaaaab, 'a mean'],
  [big(160) + big(136), 1n, ONE, 'tie down'],
  [-big(160) - big(136) - 1n, 1n, 0xbf800001, 'just past the tie'],
  [3n * (big(160) + big(136)), 3n, ONE, 'tie down, by a divisor'],
  [1n, 1n, 0, 'the unit vanishes'],
  [big(10), 1n, 0, 'half of the smallest'],
  [big(10) + 1n, 1n, 0x00000001, 'just above that'],
  [-big(255), 1n, f(-(2 ** 95)), 'the lowest sum'],
  [big(237), 8192n, two(64), 'the longest mean'],
];

const hex = (bits: number): string => `0x${bits.toString(16).padStart(8, '0')}`;
const word = (value: bigint): string => `0x${BigInt.asUintN(256, value).toString(16).padStart(64, '0')}`;

/** Products, and roundings of what is longer than a float: patterns as 4 bytes, integers as words in two's complement. */
export function roundingCases() {
  return {
    products: PRODUCTS.map(([a, b, scaled, about]) => ({
      about,
      operands: `${hex(a)}${hex(b).slice(2)}`,
      scaled: word(scaled ?? 0n),
      bad: scaled === undefined,
    })),
    rationals: RATIONALS.flatMap(([numerator, denominator, exponent, result, about]) =>
      [false, true].map((negative) => ({
        about,
        negative,
        numerator: word(numerator),
        denominator: word(denominator),
        exponent: word(exponent),
        result: hex(negative && result !== 0 && result !== NAN ? result + 0x80000000 : result),
      })),
    ),
    dots: DOTS.map(([sum, divisor, result, about]) => ({
      about,
      sum: word(sum),
      divisor: word(divisor),
      result: hex(result),
    })),
  };
}
