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
  /** products in a sum */
  readonly length: number;
  readonly divisor: number;
  readonly counters: DotCounters;
}

export function dotOf(instruction: Instruction, spaces: Spaces, counters: DotCounters): Dot {
  const [a, b, bias] = instruction.operands;
  if (!a || !b) throw malformed(instruction);
  const length = countOf(windowWalk(instruction));
  return { instruction, spaces, a, b, bias, length, divisor: instruction.a, counters };
}

/** Whether the sums are of float32. */
export function isFloatDot({ instruction }: Dot): boolean {
  return instruction.type === TYPE.F32;
}

/**
 * The float32 of one element whose products were summed in float64, without the bias: rounded where every number
 * within the error bound rounds alike, else settled from the operands.
 *
 * @param normProduct ‖a‖₂ · ‖b‖₂ in float64, or Σ|a·b|; not finite when an operand is not
 */
export function floatElement(dot: Dot, sum: number, normProduct: number, bias: number, a: Strided, b: Strided): number {
  const { length, divisor, counters } = dot;
  const { factor, addend } = errorBound(length);
  const reach = normProduct + Math.abs(bias);
  if (reach < SAFE_NORM) {
    const value = (sum + bias) / divisor;
    const error = (factor * reach + addend) / divisor;
    const low = Math.fround(value - error);
    if (low === Math.fround(value + error)) {
      counters.direct += 1;
      return low + 0;
    }
  }
  return settleDot(a, b, length, bias, divisor, counters);
}
