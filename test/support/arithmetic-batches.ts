import { SeededRandom } from '../../scripts/gen/random.ts';

/** A contract that applies the function of a number to packed operands, 4 bytes each: `JudgeArithmetic` and its like. */
export interface BatchContract {
  unary(id: number, operands: string): Promise<string>;
  binary(id: number, operands: string): Promise<string>;
}

/** A function as the contract numbers it and as TypeScript computes it, on patterns in [0, 2^32). */
export type Subject =
  | { readonly name: string; readonly id: number; readonly unary: (x: number) => number }
  | { readonly name: string; readonly id: number; readonly binary: (a: number, b: number) => number };

/** Operand patterns: one after the other, or left, right, left, right. */
export type CaseSource = (random: SeededRandom, count: number) => Uint32Array;

export interface Comparison {
  readonly subject: Subject;
  /** How many cases; all of them come from the seed. */
  readonly cases: number;
  readonly seed: number;
  readonly source: CaseSource;
  /** Cases in one call. */
  readonly batch?: number;
}

const BATCH = 2_000;

/**
 * Compares a contract with TypeScript, batch after batch.
 *
 * @throws Error that names the function, the seed, and the operands and results of the first case that differs
 */
export async function compareWithContract(contract: BatchContract, comparison: Comparison): Promise<void> {
  const { subject, cases, seed, source, batch = BATCH } = comparison;
  const random = new SeededRandom(seed);
  for (let done = 0; done < cases; done += batch) {
    const operands = source(random, Math.min(batch, cases - done));
    const packed = packPatterns(operands);
    const answer = await ('unary' in subject
      ? contract.unary(subject.id, packed)
      : contract.binary(subject.id, packed));
    const actual = unpackPatterns(answer);
    const expected = expectedOf(subject, operands);
    if (actual.length !== expected.length) {
      throw new Error(`${subject.name}: ${actual.length} results for ${expected.length} cases`);
    }
    const at = actual.findIndex((bits, i) => bits !== expected[i]);
    if (at >= 0) throw new Error(mismatch(comparison, operands, at, [actual[at] ?? 0, expected[at] ?? 0]));
  }
}

function expectedOf(subject: Subject, operands: Uint32Array): Uint32Array {
  if ('unary' in subject) return operands.map((x) => subject.unary(x));
  return Uint32Array.from({ length: operands.length / 2 }, (_, i) =>
    subject.binary(operands[2 * i] ?? 0, operands[2 * i + 1] ?? 0),
  );
}

function mismatch(
  { subject, seed, cases }: Comparison,
  operands: Uint32Array,
  at: number,
  [actual, expected]: readonly [number, number],
): string {
  const arity = 'unary' in subject ? 1 : 2;
  const shown = [...operands.subarray(arity * at, arity * (at + 1))].map(hexOf).join(', ');
  const call = `${subject.name}(${shown})`;
  return `${call} is ${hexOf(actual)} on chain, ${hexOf(expected)} here (seed ${seed}, ${cases} cases)`;
}

/** A pattern as people write it. */
export function hexOf(bits: number): string {
  return `0x${bits.toString(16).padStart(8, '0')}`;
}

/** Patterns as big-endian bytes. */
export function packPatterns(patterns: Uint32Array): string {
  const bytes = Buffer.alloc(4 * patterns.length);
  patterns.forEach((bits, i) => bytes.writeUInt32BE(bits, 4 * i));
  return `0x${bytes.toString('hex')}`;
}

/** Big-endian bytes as patterns. */
export function unpackPatterns(packed: string): Uint32Array {
  const bytes = Buffer.from(packed.slice(2), 'hex');
  return Uint32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readUInt32BE(4 * i));
}
