import { pow } from '../arithmetic/elementary-pow.ts';
import * as elementary from '../arithmetic/elementary.ts';
import { twin } from '../arithmetic/float32-twin.ts';
import { int32Twin } from '../arithmetic/int32.ts';
import { MAP, ZIP } from '../plan/instruction.ts';

type Unary = (x: number) => number;
type Binary = (a: number, b: number) => number;

/** Functions of `MAP` on bit patterns, by exact integers. */
export const UNARY: Readonly<Record<number, Unary>> = {
  [MAP.MOVE]: (x) => x,
  [MAP.NEG]: twin.neg,
  [MAP.ABS]: twin.abs,
  [MAP.SQRT]: twin.sqrt,
  [MAP.FLOOR]: twin.floor,
  [MAP.CEIL]: twin.ceil,
  [MAP.ROUND]: twin.roundHalfEven,
  [MAP.SIGN]: twin.sign,
  [MAP.EXP]: elementary.exp,
  [MAP.LOG]: elementary.log,
  [MAP.TANH]: elementary.tanh,
  [MAP.ERF]: elementary.erf,
  [MAP.SIGMOID]: elementary.sigmoid,
  [MAP.SOFTPLUS]: elementary.softplus,
  [MAP.SIN]: elementary.sin,
  [MAP.COS]: elementary.cos,
  [MAP.TO_INT]: twin.toInt32,
  [MAP.TO_FLOAT]: twin.fromInt32,
};

/** Functions of `ZIP` on bit patterns, by exact integers. */
export const BINARY: Readonly<Record<number, Binary>> = {
  [ZIP.ADD]: twin.add,
  [ZIP.SUB]: twin.sub,
  [ZIP.MUL]: twin.mul,
  [ZIP.DIV]: twin.div,
  [ZIP.MIN]: twin.min,
  [ZIP.MAX]: twin.max,
  [ZIP.FMOD]: twin.fmod,
  [ZIP.POW]: pow,
  [ZIP.EQ]: twin.eq,
  [ZIP.LT]: twin.lt,
  [ZIP.LE]: twin.le,
  [ZIP.INT_ADD]: int32Twin.add,
  [ZIP.INT_SUB]: int32Twin.sub,
  [ZIP.INT_MUL]: int32Twin.mul,
  [ZIP.INT_DIV]: int32Twin.div,
  [ZIP.INT_MIN]: int32Twin.min,
  [ZIP.INT_MAX]: int32Twin.max,
  [ZIP.INT_MOD]: int32Twin.mod,
  [ZIP.INT_REM]: int32Twin.rem,
  [ZIP.INT_AND]: int32Twin.and,
  [ZIP.INT_OR]: int32Twin.or,
  [ZIP.INT_XOR]: int32Twin.xor,
  [ZIP.INT_EQ]: int32Twin.eq,
  [ZIP.INT_LT]: int32Twin.lt,
  [ZIP.INT_LE]: int32Twin.le,
  [ZIP.INT_POW]: int32Twin.pow,
};
