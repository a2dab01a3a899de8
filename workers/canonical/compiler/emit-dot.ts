import { dataType } from '../../onnx/data-type.ts';
import { OP, TYPE } from '../plan/instruction.ts';
import { WINDOW_MAX } from '../plan/malformation.ts';
import type { Draft, Reading } from './draft.ts';
import type { PlanBuilder } from './plan-builder.ts';
import { constantOf, elementCount, rowMajor, type Value } from './value.ts';
import { blocksOf, shiftedWindow, stacked } from './window-blocks.ts';

/** A sum of products over a window: `DOT` without its limit of 8,192. */
export interface DotDraft extends Pick<Draft, 'type' | 'dims' | 'onnxType'> {
  readonly window: readonly number[];
  readonly left: Reading;
  readonly right: Reading;
  readonly bias?: Reading | undefined;
  /** positive whole number that the sum is divided by */
  readonly divisor?: number;
}

const ONE_F32 = Uint32Array.of(0x3f800000);
const ONE_I32 = Uint32Array.of(1);

/** The number 1 of a judge's type. */
export function oneOf(type: DotDraft['type']): Value {
  return type === TYPE.F32
    ? constantOf([], dataType.float32, TYPE.F32, ONE_F32)
    : constantOf([], dataType.int32, TYPE.I32, ONE_I32);
}

/**
 * Emits a sum of products. A window over 8,192 is cut into contiguous lexicographic blocks; their rounded sums are added up by one more
 * `DOT` with 1, which also takes the bias and the divisor. That is the definition of such a sum.
 */
export function emitDot(builder: PlanBuilder, draft: DotDraft): Value {
  const { type, dims, window, left, right, bias, divisor = 1, onnxType } = draft;
  const whole = elementCount(window);
  if (whole <= WINDOW_MAX) {
    const operands = [left, right, ...(bias ? [bias] : [])];
    return builder.emit({ op: OP.DOT, type, a: divisor, dims, window, operands, onnxType });
  }
  builder.requireRoom(whole / WINDOW_MAX);
  const blocks = blocksOf(window);
  const partials = blocks.map(({ from, sizes }) => {
    const operands = [left, right].map((reading) => shiftedWindow(reading, dims.length, from));
    return builder.emit({ op: OP.DOT, type, a: 1, dims, window: sizes, operands, onnxType });
  });
  const steps = rowMajor(dims);
  const sum = stacked(partials);
  const one = { value: oneOf(type), steps: new Array<number>(dims.length + 1).fill(0) };
  return emitDot(builder, {
    type,
    dims,
    window: [blocks.length],
    left: { value: sum.value, steps: [...steps, sum.step] },
    right: one,
    bias,
    divisor,
    onnxType,
  });
}
