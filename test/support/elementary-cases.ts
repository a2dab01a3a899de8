import type { SeededRandom } from '../../scripts/gen/random.ts';
import { bitsOf, canonical } from '../../workers/canonical/arithmetic/float32.ts';
import { EDGE_MAGNITUDES, floatPattern } from './arithmetic-cases.ts';

/** Magnitudes that the elementary functions turn at: their limits, overflow, underflow, saturation, splits of the range. */
const TURNS: readonly number[] = [
  ...[0x3e000000, 0x3f000000, 0x40800000, 0x41800000, 0x43000000, 0x42b17217, 0x42b17218, 0x42aeac50, 0x42cff1b5],
  ...[0x3eb17218, 0x3f317218, 0x3fb504f3, 0x3f3504f3, 0x41102cb3, 0x407ad448, 0x39800000, 0x33000000, 0x32800000],
  ...[0x3fc90fdb, 0x40490fdb, 0x4096cbe4, 0x49800000, 0x5f000000, 0x7f7fffff, 0x7f800000],
];

const signed = (random: SeededRandom, magnitude: number): number => (magnitude | (random.uint32() & 0x80000000)) >>> 0;
const pick = (random: SeededRandom, from: readonly number[]): number => from[random.below(from.length)] ?? 0;

/** One canonical argument of a function of one number. */
function argument(random: SeededRandom): number {
  switch (random.below(7)) {
    case 0:
      return floatPattern(random);
    case 1:
      return random.uint32();
    case 2: // within a few units of a turn
      return signed(random, pick(random, TURNS) + random.below(17) - 8);
    case 3: // around 1
      return 0x3f800000 + random.below(8193) - 4096;
    case 4: // next to a multiple of ln 2 / 2 or π / 4
      return (
        (bitsOf((random.below(513) - 256) * (random.below(2) === 0 ? Math.LN2 / 2 : Math.PI / 4)) ^ random.below(2)) >>>
        0
      );
    default: // 2^-27 to 2^8
      return signed(random, ((100 + random.below(35)) << 23) | (random.uint32() & 0x7fffff));
  }
}

/** Canonical operands of functions of one number. */
export function elementaryCases(random: SeededRandom, count: number): Uint32Array {
  return Uint32Array.from({ length: count }, () => canonical(argument(random)));
}

const EXPONENTS = [0, 0.125, 0.25, 0.375, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];

/** One pair of base and exponent. */
function powerPair(random: SeededRandom): readonly [number, number] {
  switch (random.below(6)) {
    case 0:
      return [floatPattern(random), floatPattern(random)];
    case 1: // specials against everything
      return [signed(random, pick(random, EDGE_MAGNITUDES)), signed(random, pick(random, EDGE_MAGNITUDES))];
    case 2: {
      // results that are exact or half way between two numbers: a few odd digits to a small power
      const base = bitsOf((1 + 2 * random.below(1 << random.below(13))) * 2 ** (random.below(33) - 16));
      return [signed(random, base), signed(random, bitsOf(pick(random, EXPONENTS)))];
    }
    case 3: // next to 1, to a large power
      return [
        0x3f800000 + random.below(4097) - 2048,
        signed(random, ((140 + random.below(20)) << 23) | (random.uint32() & 0x7fffff)),
      ];
    case 4: {
      // results from the smallest to the largest
      const base = ((64 + random.below(128)) << 23) | (random.uint32() & 0x7fffff);
      const spread = Math.abs((base >>> 23) - 127) + 1;
      return [base, bitsOf((random.below(320) - 160 + random.below(1 << 16) / (1 << 16)) / spread)];
    }
    default: // negative bases and integers
      return [(floatPattern(random) | 0x80000000) >>> 0, bitsOf(random.below(65) - 32)];
  }
}

/** Canonical operands of pow: base, exponent, base, exponent. */
export function powerPairs(random: SeededRandom, count: number): Uint32Array {
  const operands = new Uint32Array(2 * count);
  for (let i = 0; i < count; i++) {
    const [base, exponent] = powerPair(random);
    operands[2 * i] = canonical(base);
    operands[2 * i + 1] = canonical(exponent);
  }
  return operands;
}
