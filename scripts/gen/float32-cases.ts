import { bitsOf } from '../../workers/canonical/arithmetic/float32.ts';
import { roundingCases } from './rounding-cases.ts';

/** Picked by hand, results too: operands, result, what it is about. Patterns; numbers of JavaScript where `f` reads better. */
type Unary = readonly [x: number, result: number, about: string];
type Binary = readonly [a: number, b: number, result: number, about: string];

const f = bitsOf;
const INF = 0x7f800000;
const MINUS_INF = 0xff800000;
const NAN = 0x7fc00000;
const MINUS_ZERO = 0x80000000;
const ODD_NAN = 0xffffffff;
const SIGNALING_NAN = 0x7f800001;
const MAX = 0x7f7fffff;
const ONE = 0x3f800000;
const two = (exponent: number): number => f(2 ** exponent);

/** By number in `JudgeArithmetic`. */
const UNARY: Readonly<Record<string, { id: number; cases: readonly Unary[] }>> = {
  canonical: {
    id: 0,
    cases: [
      [MINUS_ZERO, 0, 'zero has no sign'],
      [ODD_NAN, NAN, 'one NaN'],
      [SIGNALING_NAN, NAN, 'one NaN, from the smallest'],
      [MINUS_INF, MINUS_INF, 'infinities stay'],
      [0x80000001, 0x80000001, 'subnormal numbers stay'],
    ],
  },
  sqrt: {
    id: 1,
    cases: [
      [f(4), f(2), 'exact'],
      [f(2), 0x3fb504f3, 'rounded'],
      [0x00000001, 0x1a3504f3, 'of the smallest'],
      [MAX, 0x5f7fffff, 'just below a tie'],
      [0x3f7fffff, 0x3f7fffff, 'just below a tie, below one'],
      [0x3f800001, ONE, 'just below a tie, above one'],
      [0x405ae03b, 0x3fecb617, 'above a tie by 2^−22 of a unit'],
      [0x406e9372, 0x3ff7226d, 'above a tie by 2^−23 of a unit'],
      [0x3f847820, 0x3f823728, 'above a tie by 2^−16 of a unit'],
      [MINUS_ZERO, 0, 'zero has no sign'],
      [f(-1), NAN, 'negative'],
      [0x80000001, NAN, 'barely negative'],
      [INF, INF, 'infinite'],
      [MINUS_INF, NAN, 'minus infinity'],
      [SIGNALING_NAN, NAN, 'NaN'],
    ],
  },
  neg: {
    id: 2,
    cases: [
      [0, 0, 'zero has no sign'],
      [f(1.5), f(-1.5), 'plain'],
      [NAN, NAN, 'NaN has no sign'],
      [INF, MINUS_INF, 'infinite'],
    ],
  },
  abs: {
    id: 3,
    cases: [
      [MINUS_ZERO, 0, 'zero'],
      [f(-1.5), f(1.5), 'plain'],
      [ODD_NAN, NAN, 'NaN'],
      [MINUS_INF, INF, 'infinite'],
    ],
  },
  sign: {
    id: 4,
    cases: [
      [MINUS_ZERO, 0, 'zero'],
      [0x80000001, f(-1), 'barely negative'],
      [INF, ONE, 'infinite'],
      [ODD_NAN, NAN, 'NaN'],
    ],
  },
  floor: {
    id: 5,
    cases: [
      [f(-0.5), f(-1), 'below zero'],
      [0x80000001, f(-1), 'barely below zero'],
      [0x00000001, 0, 'barely above zero'],
      [MINUS_ZERO, 0, 'zero'],
      [f(8388607.5), f(8388607), 'the largest with a fraction'],
      [f(-8388607.5), f(-8388608), 'a carry into the exponent'],
      [f(-1), f(-1), 'an integer'],
      [MAX, MAX, 'large'],
      [MINUS_INF, MINUS_INF, 'infinite'],
      [ODD_NAN, NAN, 'NaN'],
    ],
  },
  ceil: {
    id: 6,
    cases: [
      [f(-0.5), 0, 'to zero, which has no sign'],
      [0x00000001, ONE, 'barely above zero'],
      [0x3f7fffff, ONE, 'just below one'],
      [f(1.0000001), f(2), 'just above one'],
      [f(8388607.5), f(8388608), 'a carry into the exponent'],
      [INF, INF, 'infinite'],
    ],
  },
  trunc: {
    id: 7,
    cases: [
      [f(-1.5), f(-1), 'towards zero'],
      [f(-0.999), 0, 'to zero'],
      [f(1.9999999), ONE, 'just below two'],
      [f(16777217), f(16777216), 'an integer'],
    ],
  },
  roundHalfEven: {
    id: 8,
    cases: [
      [f(0.5), 0, 'tie to zero'],
      [f(-0.5), 0, 'tie to zero, which has no sign'],
      [f(1.5), f(2), 'tie up'],
      [f(2.5), f(2), 'tie down'],
      [f(-2.5), f(-2), 'tie, negative'],
      [f(-3.5), f(-4), 'tie away from zero'],
      [0x3effffff, 0, 'just below a half'],
      [0x3f000001, ONE, 'just above a half'],
      [f(4194304.5), f(4194304), 'large tie down'],
      [f(4194305.5), f(4194306), 'large tie up'],
      [f(8388607.5), f(8388608), 'a carry into the exponent'],
      [f(8388609), f(8388609), 'an odd integer'],
      [MINUS_INF, MINUS_INF, 'infinite'],
      [SIGNALING_NAN, NAN, 'NaN'],
    ],
  },
  fromInt32: {
    id: 9,
    cases: [
      [0, 0, 'zero'],
      [0xffffffff, f(-1), 'minus one'],
      [16777217, f(16777216), 'tie down'],
      [16777219, f(16777220), 'tie up'],
      [0x7fffffff, 0x4f000000, 'the largest'],
      [0x80000000, 0xcf000000, 'the smallest'],
    ],
  },
  toInt32: {
    id: 10,
    cases: [
      [f(-1.9), 0xffffffff, 'towards zero'],
      [f(0.99), 0, 'towards zero'],
      [0x4effffff, 0x7fffff80, 'the largest that fits'],
      [0x4f000000, 0x7fffffff, '2^31'],
      [0xcf000000, 0x80000000, '−2^31'],
      [0xcf000001, 0x80000000, 'below −2^31'],
      [INF, 0x7fffffff, 'infinite'],
      [MINUS_INF, 0x80000000, 'minus infinity'],
      [NAN, 0, 'NaN'],
    ],
  },
  orderKey: {
    id: 12,
    cases: [
      [NAN, 0, 'NaN below everything'],
      [MINUS_INF, 0x00800000, 'minus infinity'],
      [MINUS_ZERO, 0x80000000, 'zero has no sign'],
      [0, 0x80000000, 'zero'],
      [0x00000001, 0x80000001, 'the smallest'],
      [INF, 0xff800000, 'infinite'],
    ],
  },
};

const BINARY: Readonly<Record<string, { id: number; cases: readonly Binary[] }>> = {
  add: {
    id: 0,
    cases: [
      [ONE, two(-24), ONE, 'tie to even, down'],
      [0x3f800001, two(-24), 0x3f800002, 'tie to even, up'],
      [ONE, 0x33800001, 0x3f800001, 'just above a tie'],
      [ONE, 0x337fffff, ONE, 'just below a tie'],
      [ONE, f(-(2 ** -25)), ONE, 'tie of the lower binade'],
      [ONE, f(-(2 ** -24)), 0x3f7fffff, 'exact'],
      [ONE, 0xb3000001, 0x3f7fffff, 'just past a tie of the lower binade'],
      [MAX, two(103), INF, 'a tie that overflows'],
      [MAX, 0x72ffffff, MAX, 'just below overflow'],
      [MAX, 0x80000001, MAX, 'as far apart as floats are'],
      [0x007fffff, 0x00000001, 0x00800000, 'the smallest normal number'],
      [0x00800000, 0x80000001, 0x007fffff, 'the largest subnormal number'],
      [f(1.1), f(-1.1), 0, 'nothing left'],
      [0x3f800001, f(-1), 0x34000000, 'nearly nothing left'],
      [MINUS_ZERO, MINUS_ZERO, 0, 'zero has no sign'],
      [MINUS_ZERO, f(-3), f(-3), 'zero changes nothing'],
      [INF, MINUS_INF, NAN, 'infinities of two signs'],
      [MINUS_INF, MINUS_INF, MINUS_INF, 'infinities of one sign'],
      [MAX, MINUS_INF, MINUS_INF, 'an infinity wins'],
      [ODD_NAN, ONE, NAN, 'NaN'],
      [INF, SIGNALING_NAN, NAN, 'NaN wins'],
    ],
  },
  sub: {
    id: 1,
    cases: [
      [f(3), f(5), f(-2), 'plain'],
      [INF, INF, NAN, 'infinities of one sign'],
      [MINUS_ZERO, 0, 0, 'zero has no sign'],
      [0, NAN, NAN, 'NaN'],
    ],
  },
  mul: {
    id: 2,
    cases: [
      [0x3f800800, 0x3f800800, 0x3f801000, 'tie to even, down'],
      [0x3f800001, f(1.5), 0x3fc00002, 'tie to even, up'],
      [0x00000001, f(0.5), 0, 'subnormal tie to zero'],
      [0x80000001, f(0.5), 0, 'to zero, which has no sign'],
      [0x00000001, 0x3f000001, 0x00000001, 'just above the subnormal tie'],
      [0x00000003, f(0.5), 0x00000002, 'subnormal tie, up'],
      [0x00ffffff, f(0.5), 0x00800000, 'a subnormal tie that becomes normal'],
      [0x1a000000, 0x1a000000, 0, '2^−150'],
      [0x1a000000, 0x9a000001, 0x80000001, 'just past −2^−150'],
      [0x5f7fffff, 0x5f800000, MAX, 'the largest'],
      [0x5f7fffff, 0x5f800001, INF, 'overflow'],
      [0x5f800000, 0xdf800000, MINUS_INF, '−2^128'],
      [INF, MINUS_ZERO, NAN, 'an infinity times zero'],
      [INF, f(-1), MINUS_INF, 'an infinity'],
      [f(-1), 0, 0, 'zero has no sign'],
      [SIGNALING_NAN, 0, NAN, 'NaN'],
    ],
  },
  div: {
    id: 3,
    cases: [
      [ONE, f(3), 0x3eaaaaab, 'rounded up'],
      [f(2), f(-3), 0xbf2aaaab, 'negative'],
      [ONE, 0, INF, 'by zero'],
      [ONE, MINUS_ZERO, INF, 'by zero, which has no sign'],
      [f(-1), MINUS_ZERO, MINUS_INF, 'the sign of the dividend'],
      [0, MINUS_ZERO, NAN, 'zero by zero'],
      [MINUS_INF, 0, MINUS_INF, 'an infinity by zero'],
      [INF, MINUS_INF, NAN, 'two infinities'],
      [f(-1), INF, 0, 'to zero, which has no sign'],
      [INF, f(-2), MINUS_INF, 'an infinity'],
      [0x00000001, f(2), 0, 'subnormal tie to zero'],
      [0x00000003, f(2), 0x00000002, 'subnormal tie, up'],
      [0x00ffffff, f(2), 0x00800000, 'a subnormal tie that becomes normal'],
      [0x00000001, 0x00000001, ONE, 'the smallest by itself'],
      [ONE, 0x00000001, INF, 'overflow'],
      [ONE, MAX, 0x00200000, 'a subnormal quotient'],
      [0x00000001, MAX, 0, 'underflow'],
      [ODD_NAN, 0, NAN, 'NaN'],
    ],
  },
  fmod: {
    id: 4,
    cases: [
      [f(5.5), f(2), f(1.5), 'plain'],
      [f(-5.5), f(2), f(-1.5), 'the sign of the dividend'],
      [f(5.5), f(-2), f(1.5), 'not of the divisor'],
      [f(-4), f(2), 0, 'zero has no sign'],
      [ONE, f(0.1), 0x3dcccccb, 'exact'],
      [0x7f000000, f(3), f(2), '2^127 by 3'],
      [0x7f000000, 0x00000003, 0x00000001, 'as far apart as floats are'],
      [0x00000001, 0x00000002, 0x00000001, 'subnormal'],
      [f(-1), MINUS_INF, f(-1), 'by an infinity'],
      [MINUS_ZERO, f(5), 0, 'of zero'],
      [INF, ONE, NAN, 'of an infinity'],
      [ONE, MINUS_ZERO, NAN, 'by zero'],
      [ONE, SIGNALING_NAN, NAN, 'NaN'],
    ],
  },
  min: {
    id: 5,
    cases: [
      [f(-1), f(1), f(-1), 'plain'],
      [MINUS_ZERO, 0, 0, 'zero has no sign'],
      [ONE, NAN, NAN, 'NaN'],
      [ODD_NAN, MINUS_INF, NAN, 'NaN wins'],
      [0x80000002, 0x80000001, 0x80000002, 'subnormal'],
    ],
  },
  max: {
    id: 6,
    cases: [
      [f(-1), f(-2), f(-1), 'plain'],
      [0, MINUS_ZERO, 0, 'zero has no sign'],
      [ODD_NAN, INF, NAN, 'NaN wins'],
      [MINUS_INF, MINUS_INF, MINUS_INF, 'infinite'],
    ],
  },
  eq: {
    id: 7,
    cases: [
      [0, MINUS_ZERO, 1, 'zero has no sign'],
      [NAN, NAN, 0, 'NaN equals nothing'],
      [INF, INF, 1, 'infinite'],
      [ONE, 0x3f800001, 0, 'neighbours'],
    ],
  },
  lt: {
    id: 8,
    cases: [
      [MINUS_ZERO, 0, 0, 'zero has no sign'],
      [NAN, ONE, 0, 'NaN'],
      [MINUS_INF, 0xff7fffff, 1, 'infinite'],
      [0x80000001, 0, 1, 'barely'],
    ],
  },
  le: {
    id: 9,
    cases: [
      [0, MINUS_ZERO, 1, 'zero has no sign'],
      [ONE, NAN, 0, 'NaN'],
      [NAN, NAN, 0, 'NaN twice'],
      [ONE, 0x3f7fffff, 0, 'neighbours'],
    ],
  },
};

const hex = (bits: number): string => `0x${bits.toString(16).padStart(8, '0')}`;

/** The table as Solidity and TypeScript read it: patterns as 4 bytes, integers as words in two's complement. */
export function float32Cases(): unknown {
  return {
    unary: Object.entries(UNARY).flatMap(([name, { id, cases }]) =>
      cases.map(([x, result, about]) => ({ name, id, about, operands: hex(x), result: hex(result) })),
    ),
    binary: Object.entries(BINARY).flatMap(([name, { id, cases }]) =>
      cases.map(([a, b, result, about]) => ({
        name,
        id,
        about,
        operands: `${hex(a)}${hex(b).slice(2)}`,
        result: hex(result),
      })),
    ),
    ...roundingCases(),
  };
}
