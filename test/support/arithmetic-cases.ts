import type { SeededRandom } from '../../scripts/gen/random.ts';
import { bitsOf } from '../../workers/canonical/arithmetic/float32.ts';

/** Positive patterns at the edges of the format, of the integers, and around the constants that functions turn at. */
export const EDGE_MAGNITUDES: readonly number[] = [
  ...[0x00000000, 0x00000001, 0x00000002, 0x00000003, 0x00400000, 0x007fffff, 0x00800000, 0x00800001, 0x00ffffff],
  ...[0x01000000, 0x0b800000, 0x33800000, 0x34000000, 0x3effffff, 0x3f000000, 0x3f000001, 0x3f7fffff, 0x3f800000],
  ...[0x3f800001, 0x3fc00000, 0x40000000, 0x40200000, 0x40490fdb, 0x42b17218, 0x4a7fffff, 0x4affffff, 0x4b000000],
  ...[0x4b000001, 0x4b7fffff, 0x4b800000, 0x4effffff, 0x4f000000, 0x4f000001, 0x5f000000, 0x5f7fffff, 0x5f800000],
  ...[0x7e800000, 0x7f000000, 0x7f7ffffe, 0x7f7fffff, 0x7f800000, 0x7f800001, 0x7fc00000, 0x7fffffff],
];

const signed = (random: SeededRandom, magnitude: number): number => (magnitude | (random.uint32() & 0x80000000)) >>> 0;
const pick = <T>(random: SeededRandom, from: readonly T[], otherwise: T): T =>
  from[random.below(from.length)] ?? otherwise;
/** A float of random sign and fraction whose exponent field is in [low, high]. */
const withExponent = (random: SeededRandom, low: number, high: number): number =>
  signed(random, ((low + random.below(high - low + 1)) << 23) | (random.uint32() & 0x7fffff));
const clampField = (field: number): number => Math.min(Math.max(field, 0), 254);

/** One float32 pattern: any bits, edges and their neighbours, subnormals, common sizes, integers and halves. */
export function floatPattern(random: SeededRandom): number {
  switch (random.below(8)) {
    case 0:
    case 1:
      return random.uint32();
    case 2:
      return signed(random, pick(random, EDGE_MAGNITUDES, 0));
    case 3:
      return signed(random, Math.max(0, pick(random, EDGE_MAGNITUDES, 0) + random.below(9) - 4));
    case 4:
      return withExponent(random, 0, 1);
    case 5:
      return withExponent(random, 100, 160);
    case 6:
      return bitsOf((random.below(4097) - 2048) / (1 << random.below(3)));
    default:
      return fewBits(random, 100, 160, 12);
  }
}

/** A float with few significant bits: sums and products of such end in exact ties. */
function fewBits(random: SeededRandom, low: number, high: number, bits: number): number {
  return (withExponent(random, low, high) & ~((1 << (23 - random.below(bits))) - 1)) >>> 0;
}

/** A second operand that makes the first one's life hard. */
function partner(random: SeededRandom, a: number): number {
  const field = (a >>> 23) & 0xff;
  const near = (offset: number): number => clampField(offset);
  switch (random.below(9)) {
    case 0: // cancellation
      return ((a ^ (random.uint32() & 0x80000000)) + random.below(5) - 2) >>> 0;
    case 1: // about as far below as a significand is long: ties and sticky bits of sums
      return withExponent(random, near(field - 28), near(field - 20));
    case 2: // exactly half a unit, or next to it
      return Math.max(0, signed(random, near(field - 24) << 23) + random.below(3) - 1) >>> 0;
    case 3: // products around the smallest numbers
      return withExponent(random, near(127 - field - 26), near(127 - field + 3));
    case 4: // products and quotients around the largest
      return withExponent(random, near(381 - field - 2), near(381 - field + 1));
    case 5: // products that are exact ties
      return fewBits(random, 60, 190, 14);
    case 6: // remainders of far larger numbers
      return withExponent(random, 0, field < 255 ? field : 254);
    case 7:
      return signed(random, near(127 + random.below(9) - 4) << 23);
    default: // products around 2^64, the limit of exact sums
      return withExponent(random, near(318 - field - 1), near(318 - field + 1));
  }
}

/** Operands of unary functions of floats. */
export function floatCases(random: SeededRandom, count: number): Uint32Array {
  return Uint32Array.from({ length: count }, () => floatPattern(random));
}

/** Operands of binary functions of floats: half of them independent, half chosen against each other. */
export function floatPairs(random: SeededRandom, count: number): Uint32Array {
  const operands = new Uint32Array(2 * count);
  for (let i = 0; i < count; i++) {
    const a = floatPattern(random);
    const b = random.below(2) === 0 ? floatPattern(random) : partner(random, a);
    const swap = random.below(2);
    operands[2 * i + swap] = a;
    operands[2 * i + 1 - swap] = b;
  }
  return operands;
}

const EDGE_INTEGERS: readonly number[] = [0, 1, 2, 3, 7, 10, 31, 32, 0xffff, 0x10000, 0x7ffffffe, 0x7fffffff];

/** One int32 pattern: any bits, edges of both signs, small numbers, powers of two and their neighbours. */
export function integerPattern(random: SeededRandom): number {
  switch (random.below(5)) {
    case 0:
    case 1:
      return random.uint32();
    case 2: {
      const edge = pick(random, EDGE_INTEGERS, 0);
      return (random.below(2) === 0 ? edge : ~edge) >>> 0;
    }
    case 3:
      return (random.below(65) - 32) >>> 0;
    default:
      return ((1 << random.below(32)) + random.below(3) - 1) >>> 0;
  }
}

/** Operands of unary functions of integers. */
export function integerCases(random: SeededRandom, count: number): Uint32Array {
  return Uint32Array.from({ length: count }, () => integerPattern(random));
}

/** Operands of binary functions of integers. */
export function integerPairs(random: SeededRandom, count: number): Uint32Array {
  return integerCases(random, 2 * count);
}
