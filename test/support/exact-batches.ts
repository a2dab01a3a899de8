import { SeededRandom } from '../../scripts/gen/random.ts';
import { dotResult, product160 } from '../../workers/canonical/arithmetic/dot.ts';
import { bitLength, fromInteger, fromRational } from '../../workers/canonical/arithmetic/rounding.ts';
import { floatPairs } from './arithmetic-cases.ts';

/** The functions of `JudgeArithmetic` that take or give whole words. */
export interface ExactContract {
  products(operands: string): Promise<string>;
  rationals(operands: string): Promise<string>;
  integers(operands: string): Promise<string>;
  dots(operands: string): Promise<string>;
}

export const EXACT = ['products', 'rationals', 'integers', 'dots'] as const;
export type ExactFunction = (typeof EXACT)[number];

/** Operands and result of one case, packed as the contract packs them, without 0x. */
interface ExactCase {
  readonly operands: string;
  readonly expected: string;
}

const BATCH = 2_000;

const word = (value: bigint): string => BigInt.asUintN(256, value).toString(16).padStart(64, '0');
const element = (bits: number): string => bits.toString(16).padStart(8, '0');

/**
 * Compares products, roundings of rationals and integers, and results of sums with TypeScript.
 *
 * @throws Error that names the function, the seed, and the operands and results of the first case that differs
 */
export async function compareExact(
  contract: ExactContract,
  { name, cases, seed }: { readonly name: ExactFunction; readonly cases: number; readonly seed: number },
): Promise<void> {
  const random = new SeededRandom(seed);
  for (let done = 0; done < cases; done += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, cases - done) }, () => CASES[name](random));
    const answer = (await contract[name](`0x${batch.map(({ operands }) => operands).join('')}`)).slice(2);
    const length = batch[0]?.expected.length ?? 0;
    if (answer.length !== length * batch.length) throw new Error(`${name}: ${answer.length} digits of results`);
    for (const [i, { operands, expected }] of batch.entries()) {
      const actual = answer.slice(length * i, length * (i + 1));
      if (actual !== expected) {
        throw new Error(`${name}(${operands}) is ${actual} on chain, ${expected} here (seed ${seed}, ${cases} cases)`);
      }
    }
  }
}

const CASES: Readonly<Record<ExactFunction, (random: SeededRandom) => ExactCase>> = {
  products: (random) => {
    const [a = 0, b = 0] = floatPairs(random, 1);
    const scaled = product160(a, b);
    return {
      operands: element(a) + element(b),
      expected: word(scaled ?? 0n) + word(scaled === undefined ? 1n : 0n),
    };
  },
  rationals: (random) => {
    const negative = random.below(2) === 1;
    const { numerator: given, exponent } = rounding(random, 256);
    const denominator = denominatorOf(random, given);
    const numerator = random.below(3) === 0 ? tieOver(random, denominator, 256) : given;
    return {
      operands: word(negative ? 1n : 0n) + word(numerator) + word(denominator) + word(BigInt(exponent)),
      expected: element(fromRational(negative, numerator, denominator, exponent)),
    };
  },
  integers: (random) => {
    const { numerator, exponent } = rounding(random, 255);
    const value = random.below(2) === 0 ? numerator : -numerator;
    return { operands: word(value) + word(BigInt(exponent)), expected: element(fromInteger(value, exponent)) };
  },
  dots: (random) => {
    const { numerator } = rounding(random, 255);
    const divisor = denominatorOf(random, numerator);
    const magnitude = random.below(3) === 0 ? tieOver(random, divisor, 255) : numerator;
    const sum = random.below(2) === 0 ? magnitude : -magnitude;
    return { operands: word(sum) + word(divisor), expected: element(dotResult(sum, divisor)) };
  },
};

/** A number of any length and the exponent for it: exact ties, neighbours of ties, all ones; subnormal, large, any. */
function rounding(random: SeededRandom, bits: number): { numerator: bigint; exponent: number } {
  const length = random.below(bits + 1);
  let numerator = random.big(Math.max(length, 1));
  if (random.below(2) === 0) {
    const rest = BigInt(Math.max(0, length - 1 - random.below(26)));
    const half = rest === 0n ? 0n : 1n << (rest - 1n);
    numerator = ((numerator >> rest) << rest) + half + BigInt(random.below(3) - 1);
  }
  if (random.below(16) === 0) numerator = (1n << BigInt(length)) - 1n;
  numerator = numerator < 0n ? 0n : BigInt.asUintN(bits, numerator);
  const target = [-149, -149, -126, 127, 0][random.below(5)] ?? 0;
  const exponent = target - length + random.below(29) - 14;
  return { numerator, exponent: random.below(8) === 0 ? random.below(4096) - 2048 : exponent };
}

/** A number whose quotient is an exact tie of 25 bits, or next to one by the least that a remainder can be. */
function tieOver(random: SeededRandom, denominator: bigint, bits: number): bigint {
  const tie = ((1n << 24n) | (random.big(24) | 1n)) * (denominator === 0n ? 1n : denominator);
  const room = bits - 1 - bitLength(tie);
  return (tie << BigInt(random.below(2) === 0 ? room : random.below(room))) + BigInt(random.below(3) - 1);
}

/** 0, 1, a power of two, a small number, 2^64, any; sometimes one that divides. */
function denominatorOf(random: SeededRandom, numerator: bigint): bigint {
  switch (random.below(8)) {
    case 0:
      return random.below(8) === 0 ? 0n : 1n;
    case 1:
      return 1n << BigInt(random.below(65));
    case 2:
    case 3:
      return BigInt(1 + random.below(8192));
    case 4:
      return 1n << 64n;
    case 5:
      return numerator > 0n && numerator <= 1n << 64n ? numerator : 3n;
    default:
      return random.big(1 + random.below(64)) + 1n;
  }
}
