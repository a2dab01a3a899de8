import { type Instruction, type Operand, TYPE } from '../plan/instruction.ts';
import type { DotCounters } from './counters.ts';
import { SAFE_NORM, type Strided, errorBound, settleDot } from './dot-rounding.ts';
import { malformed } from './malformed.ts';
import type { Spaces } from './spaces.ts';
import { countOf, windowWalk } from './walked.ts';

/** The parts of a `DOT` that every way of running it needs. */
export interface Dot {
  readonly instruction: Instruction;
  readonly spaces: Spaces;
  readonly a: Operand;
  readonly b: Operand;
  readonly bias: Operand | undefined;
  /** whether the sums are of float32 */
  readonly floats: boolean;
  /** products in a sum */
  readonly length: number;
  readonly divisor: number;
  readonly counters: DotCounters;
}

export function dotOf(instruction: Instruction, spaces: Spaces, counters: DotCounters): Dot {
  const [a, b, bias] = instruction.operands;
  if (!a || !b) throw malformed(instruction);
  const length = countOf(windowWalk(instruction));
  const floats = instruction.type === TYPE.F32;
  return { instruction, spaces, a, b, bias, floats, length, divisor: instruction.a, counters };
}

/** Below this, sums of whole numbers are exact in float64, however they are ordered. */
const EXACT_REACH = 2 ** 52;

/** Ends a sum that was made in float64. */
export class SumRounding {
  readonly #floats: boolean;
  readonly #factor: number;
  readonly #addend: number;
  readonly #divisor: number;

  constructor({ floats, length, divisor }: Dot) {
    const { factor, addend } = errorBound(length);
    this.#floats = floats;
    this.#factor = factor;
    this.#addend = addend;
    this.#divisor = divisor;
  }

  /**
   * The element of a sum of products, where float64 tells: when everything within the error bound rounds to the same float32,
   * and when a sum of integers is exact.
   *
   * @param reach at least Σ|a·b|, like ‖a‖₂ · ‖b‖₂ in float64; not finite when an operand is not
   * @returns NaN when it does not
   */
  round(sum: number, bias: number, reach: number): number {
    const whole = reach + Math.abs(bias);
    if (!this.#floats) return whole < EXACT_REACH ? (sum + bias) | 0 : NaN;
    if (!(whole < SAFE_NORM)) return NaN;
    const value = (sum + bias) / this.#divisor;
    const error = (this.#factor * whole + this.#addend) / this.#divisor;
    const low = Math.fround(value - error);
    return low === Math.fround(value + error) ? low + 0 : NaN;
  }
}

/** The element of a sum that float64 left open, from its operands. */
export function settled(dot: Dot, a: Strided, b: Strided, bias: number): number {
  const { length, divisor, counters, floats } = dot;
  if (floats) return settleDot(a, b, length, bias, divisor, counters);
  counters.exact += 1;
  let sum = bias;
  for (let k = 0; k < length; k++) {
    sum = (sum + Math.imul(a.values[a.offset + k * a.step] as number, b.values[b.offset + k * b.step] as number)) | 0;
  }
  return sum;
}
