import type { Coordinate, ElementType, Op } from '../plan/instruction.ts';
import type { Value } from './value.ts';

/** How an operand reads a value: the steps are those of the value's memory, one for each dimension of the operand's index. */
export interface Reading {
  readonly value: Value;
  /** added to the value's base */
  readonly offset?: number;
  readonly steps: readonly number[];
  readonly coordinates?: readonly Coordinate[];
  /** bit pattern of what is read out of range */
  readonly pad?: number;
}

/** An instruction before it has a place. */
export interface Draft {
  readonly op: Op;
  readonly fn?: number;
  readonly type: ElementType;
  readonly a?: number;
  readonly b?: number;
  readonly dims: readonly number[];
  readonly window?: readonly number[];
  readonly operands: readonly Reading[];
  /** ONNX type of the result */
  readonly onnxType: number;
}
