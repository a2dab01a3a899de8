import { FOLD, type Instruction, RANK, TYPE } from '../plan/instruction.ts';
import { orderKey } from '../arithmetic/float32.ts';
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
    const at = instruction.start + first;
    for (let t = 0; t < count; t++) to[at + t] = fold(elements, offset + t * length, length);
  });
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

/** Runs a `RANK`: every window is ordered once and written along dimension `a`. */
export function runRank(instruction: Instruction, spaces: Spaces): void {
  const { a: along, dims, fn, start } = instruction;
  const [operand] = instruction.operands;
  if (!operand) throw malformed(instruction);
  const window = windowWalk(instruction);
  const length = countOf(window);
  const ranks = dims[along] ?? 1;
  const inner = dims.slice(along + 1).reduce((count, size) => count * size, 1);
  const rest = outputWalk(instruction).filter(({ dimension }) => dimension !== along);
  const reader = operandReader(operand, [...rest, ...window], spaces, length);
  const keys = new Float64Array(length);
  const order = new Uint32Array(length);
  const keyOf = operand.type === TYPE.F32 ? floatKey(fn) : integerKey(fn);
  const to = spaces.trace.i32;
  for (let o = 0; o < countOf(rest); o++) {
    const { elements, offset } = reader.block(o * length, length);
    for (let k = 0; k < length; k++) {
      keys[k] = keyOf(elements.i32[offset + k] as number);
      order[k] = k;
    }
    order.sort((i, j) => (keys[i] as number) - (keys[j] as number) || i - j);
    const base = start + Math.floor(o / inner) * ranks * inner + (o % inner);
    for (let r = 0; r < ranks; r++) to[base + r * inner] = r < length ? (order[r] as number) : 0;
  }
}

/** What an element is ordered by, the smallest first; NaN comes last. */
function floatKey(fn: number): (bits: number) => number {
  return (bits) => {
    const key = orderKey(bits >>> 0);
    if (key === 0) return Infinity;
    return fn === RANK.LARGEST ? -key : key;
  };
}

function integerKey(fn: number): (value: number) => number {
  return fn === RANK.LARGEST ? (value) => -value : (value) => value;
}
