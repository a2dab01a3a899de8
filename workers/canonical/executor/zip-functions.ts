import type { FastElementary } from '../arithmetic/elementary-fast.ts';
import { fast } from '../arithmetic/float32.ts';
import { int32 } from '../arithmetic/int32.ts';
import { ZIP } from '../plan/instruction.ts';
import type { Block } from './operand-reader.ts';

/** Applies a function to `count` pairs. Float results may still be −0 or another NaN. */
export type ZipLoop = (a: Block, b: Block, to: Block, count: number) => void;

const INTEGER: Readonly<Record<number, (a: number, b: number) => number>> = {
  [ZIP.INT_ADD]: int32.add,
  [ZIP.INT_SUB]: int32.sub,
  [ZIP.INT_MUL]: int32.mul,
  [ZIP.INT_DIV]: int32.div,
  [ZIP.INT_MIN]: int32.min,
  [ZIP.INT_MAX]: int32.max,
  [ZIP.INT_MOD]: int32.mod,
  [ZIP.INT_REM]: int32.rem,
  [ZIP.INT_AND]: int32.and,
  [ZIP.INT_OR]: int32.or,
  [ZIP.INT_XOR]: int32.xor,
  [ZIP.INT_EQ]: int32.eq,
  [ZIP.INT_LT]: int32.lt,
  [ZIP.INT_LE]: int32.le,
  [ZIP.INT_POW]: int32.pow,
};

const COMPARE: Readonly<Record<number, (a: number, b: number) => number>> = {
  [ZIP.EQ]: int32.eq,
  [ZIP.LT]: int32.lt,
  [ZIP.LE]: int32.le,
};

/** The loop of a `ZIP` function; nothing when there is no such function. */
export function zipLoop(fn: number, elementary: FastElementary): ZipLoop | undefined {
  const integer = INTEGER[fn];
  if (integer) return integers(integer);
  const compare = COMPARE[fn];
  if (compare) return comparisons(compare);
  switch (fn) {
    case ZIP.ADD:
      return add;
    case ZIP.SUB:
      return sub;
    case ZIP.MUL:
      return mul;
    case ZIP.DIV:
      return div;
    case ZIP.MIN:
      return floats(fast.min);
    case ZIP.MAX:
      return max;
    case ZIP.FMOD:
      return floats(fast.fmod);
    case ZIP.POW:
      return floats(elementary.pow);
    default:
      return undefined;
  }
}

// Written out, so that the compiler of the engine has no call to make per element.

const add: ZipLoop = (a, b, to, count) => {
  const [x, y, out] = [a.elements.f32, b.elements.f32, to.elements.f32];
  const [i, j, k] = [a.offset, b.offset, to.offset];
  for (let t = 0; t < count; t++) out[k + t] = (x[i + t] as number) + (y[j + t] as number);
};

const sub: ZipLoop = (a, b, to, count) => {
  const [x, y, out] = [a.elements.f32, b.elements.f32, to.elements.f32];
  const [i, j, k] = [a.offset, b.offset, to.offset];
  for (let t = 0; t < count; t++) out[k + t] = (x[i + t] as number) - (y[j + t] as number);
};

const mul: ZipLoop = (a, b, to, count) => {
  const [x, y, out] = [a.elements.f32, b.elements.f32, to.elements.f32];
  const [i, j, k] = [a.offset, b.offset, to.offset];
  for (let t = 0; t < count; t++) out[k + t] = (x[i + t] as number) * (y[j + t] as number);
};

const div: ZipLoop = (a, b, to, count) => {
  const [x, y, out] = [a.elements.f32, b.elements.f32, to.elements.f32];
  const [i, j, k] = [a.offset, b.offset, to.offset];
  // −0 divides as +0 does
  for (let t = 0; t < count; t++) out[k + t] = (x[i + t] as number) / ((y[j + t] as number) + 0);
};

const max: ZipLoop = (a, b, to, count) => {
  const [x, y, out] = [a.elements.f32, b.elements.f32, to.elements.f32];
  const [i, j, k] = [a.offset, b.offset, to.offset];
  for (let t = 0; t < count; t++) out[k + t] = Math.max(x[i + t] as number, y[j + t] as number);
};

function floats(f: (a: number, b: number) => number): ZipLoop {
  return (a, b, to, count) => {
    const [x, y, out] = [a.elements.f32, b.elements.f32, to.elements.f32];
    const [i, j, k] = [a.offset, b.offset, to.offset];
    for (let t = 0; t < count; t++) out[k + t] = f((x[i + t] as number) + 0, (y[j + t] as number) + 0);
  };
}

function comparisons(f: (a: number, b: number) => number): ZipLoop {
  return (a, b, to, count) => {
    const [x, y, out] = [a.elements.f32, b.elements.f32, to.elements.i32];
    const [i, j, k] = [a.offset, b.offset, to.offset];
    for (let t = 0; t < count; t++) out[k + t] = f(x[i + t] as number, y[j + t] as number);
  };
}

function integers(f: (a: number, b: number) => number): ZipLoop {
  return (a, b, to, count) => {
    const [x, y, out] = [a.elements.i32, b.elements.i32, to.elements.i32];
    const [i, j, k] = [a.offset, b.offset, to.offset];
    for (let t = 0; t < count; t++) out[k + t] = f(x[i + t] as number, y[j + t] as number);
  };
}
