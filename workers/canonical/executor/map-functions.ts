import type { FastElementary } from '../arithmetic/elementary-fast.ts';
import { fast } from '../arithmetic/float32.ts';
import { MAP } from '../plan/instruction.ts';
import type { Block } from './operand-reader.ts';

/** Applies a function to `count` elements. Float results may still be −0 or another NaN. */
export type MapLoop = (a: Block, to: Block, count: number) => void;

/** The loop of a `MAP` function other than `MOVE`; nothing when there is no such function. */
export function mapLoop(fn: number, elementary: FastElementary): MapLoop | undefined {
  if (fn === MAP.TO_INT) return toInt;
  if (fn === MAP.TO_FLOAT) return toFloat;
  const unary = unaryOf(fn, elementary);
  return unary && floats(unary);
}

function unaryOf(fn: number, elementary: FastElementary): ((x: number) => number) | undefined {
  const functions: Readonly<Record<number, (x: number) => number>> = {
    [MAP.NEG]: fast.neg,
    [MAP.ABS]: fast.abs,
    [MAP.SQRT]: fast.sqrt,
    [MAP.FLOOR]: fast.floor,
    [MAP.CEIL]: fast.ceil,
    [MAP.ROUND]: fast.roundHalfEven,
    [MAP.SIGN]: fast.sign,
    [MAP.EXP]: elementary.exp,
    [MAP.LOG]: elementary.log,
    [MAP.TANH]: elementary.tanh,
    [MAP.ERF]: elementary.erf,
    [MAP.SIGMOID]: elementary.sigmoid,
    [MAP.SOFTPLUS]: elementary.softplus,
    [MAP.SIN]: elementary.sin,
    [MAP.COS]: elementary.cos,
  };
  return functions[fn];
}

const toInt: MapLoop = (a, to, count) => {
  const [x, out] = [a.elements.f32, to.elements.i32];
  const [i, k] = [a.offset, to.offset];
  for (let t = 0; t < count; t++) out[k + t] = fast.toInt32(x[i + t] as number);
};

const toFloat: MapLoop = (a, to, count) => {
  const [x, out] = [a.elements.i32, to.elements.f32];
  const [i, k] = [a.offset, to.offset];
  for (let t = 0; t < count; t++) out[k + t] = x[i + t] as number;
};

function floats(f: (x: number) => number): MapLoop {
  return (a, to, count) => {
    const [x, out] = [a.elements.f32, to.elements.f32];
    const [i, k] = [a.offset, to.offset];
    for (let t = 0; t < count; t++) out[k + t] = f((x[i + t] as number) + 0);
  };
}
