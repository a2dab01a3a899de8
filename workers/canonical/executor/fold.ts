import { FOLD, type Instruction, type Operand, TYPE } from '../plan/instruction.ts';
import { type SideBySide, sideBySide } from './innermost.ts';
import { malformed } from './malformed.ts';
import { operandReader } from './operand-reader.ts';
import type { Elements, Spaces } from './spaces.ts';
import { BLOCK, countOf, eachPiece, outputWalk, windowWalk } from './walked.ts';

/** One number out of `count` elements from `offset` on. */
type Fold = (elements: Elements, offset: number, count: number) => number;

/** Runs a `FOLD`: windows are copied together, then folded one by one. */
export function runFold(instruction: Instruction, spaces: Spaces): void {
  const [operand] = instruction.operands;
  if (!operand) throw malformed(instruction);
  const floats = operand.type === TYPE.F32;
  const columnwise = floats && instruction.fn <= FOLD.MIN ? sideBySide(instruction, [operand]) : undefined;
  if (columnwise) {
    foldColumns(instruction, operand, columnwise, spaces);
    return;
  }
  const fold = foldOf(instruction.fn, floats);
  if (!fold) throw malformed(instruction);
  const outputs = outputWalk(instruction);
  const window = windowWalk(instruction);
  const [size, length] = [countOf(outputs), countOf(window)];
  const together = Math.max(1, Math.floor(BLOCK / length));
  const reader = operandReader(operand, [...outputs, ...window], spaces, Math.min(together, size) * length);
  const to = instruction.type === TYPE.F32 ? spaces.trace.f32 : spaces.trace.i32;
  eachPiece(size, together, (first, count) => {
    const { elements, offset } = reader.block(first * length, count * length);
    const at = (instruction.start + first) | 0;
    for (let t = 0; t < count; t++) to[at + t] = fold(elements, offset + t * length, length);
  });
}

/** `MAX` and `MIN` of floats for windows that lie side by side, one position of the windows after the other. */
function foldColumns(
  instruction: Instruction,
  operand: Operand,
  { outer, window, inner }: SideBySide,
  spaces: Spaces,
): void {
  const width = inner.size;
  const length = countOf(window);
  const all = length * width;
  const reader = operandReader(operand, [...outer, ...window, inner], spaces, all);
  const largest = instruction.fn === FOLD.MAX;
  const to = spaces.trace.f32;
  for (let o = 0; o < countOf(outer); o++) {
    const { elements, offset } = reader.block(o * all, all);
    const at = (instruction.start + o * width) | 0;
    to.set(elements.f32.subarray(offset, offset + width), at);
    for (let k = 1; k < length; k++) combine(elements.f32, offset + k * width, to, at, width, largest);
  }
}

function combine(
  from: Float32Array,
  offset: number,
  to: Float32Array,
  at: number,
  width: number,
  largest: boolean,
): void {
  if (largest) {
    for (let c = 0; c < width; c++) to[at + c] = Math.max(to[at + c] as number, from[offset + c] as number);
  } else {
    for (let c = 0; c < width; c++) to[at + c] = Math.min(to[at + c] as number, from[offset + c] as number);
  }
}

function foldOf(fn: number, floats: boolean): Fold | undefined {
  switch (fn) {
    case FOLD.MAX:
      return floats ? largestFloat : extremeInteger((a, b) => a > b);
    case FOLD.MIN:
      return floats ? smallestFloat : extremeInteger((a, b) => a < b);
    case FOLD.PROD:
      return floats ? floatProduct : integerProduct;
    case FOLD.ARGMAX:
      return floats ? floatIndex((a, b) => a > b) : integerIndex((a, b) => a > b);
    case FOLD.ARGMIN:
      return floats ? floatIndex((a, b) => a < b) : integerIndex((a, b) => a < b);
    default:
      return undefined;
  }
}

const largestFloat: Fold = ({ f32 }, offset, count) => {
  let best = -Infinity;
  for (let k = offset; k < offset + count; k++) best = Math.max(best, f32[k] as number);
  return best;
};

const smallestFloat: Fold = ({ f32 }, offset, count) => {
  let best = Infinity;
  for (let k = offset; k < offset + count; k++) best = Math.min(best, f32[k] as number);
  return best;
};

const floatProduct: Fold = ({ f32 }, offset, count) => {
  let product = 1;
  for (let k = offset; k < offset + count; k++) product = Math.fround(product * (f32[k] as number));
  return product;
};

const integerProduct: Fold = ({ i32 }, offset, count) => {
  let product = 1;
  for (let k = offset; k < offset + count; k++) product = Math.imul(product, i32[k] as number);
  return product;
};

type Better = (a: number, b: number) => boolean;

function extremeInteger(better: Better): Fold {
  return ({ i32 }, offset, count) => {
    let best = i32[offset] as number;
    for (let k = offset + 1; k < offset + count; k++) if (better(i32[k] as number, best)) best = i32[k] as number;
    return best;
  };
}

function integerIndex(better: Better): Fold {
  return ({ i32 }, offset, count) => {
    let best = 0;
    for (let k = 1; k < count; k++) if (better(i32[offset + k] as number, i32[offset + best] as number)) best = k;
    return best;
  };
}

/** A NaN is never better, and anything is better than a NaN in the first place. */
function floatIndex(better: Better): Fold {
  return ({ f32 }, offset, count) => {
    let best = -1;
    for (let k = 0; k < count; k++) {
      const value = f32[offset + k] as number;
      if (value === value && (best < 0 || better(value, f32[offset + best] as number))) best = k;
    }
    return Math.max(best, 0);
  };
}
