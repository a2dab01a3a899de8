import { dataType } from '../../../onnx/data-type.ts';
import { MAP, TYPE, ZIP } from '../../plan/instruction.ts';
import { floatOf } from '../../arithmetic/float32.ts';
import { integerRangeOf, isNarrow } from '../element-types.ts';
import type { FloatFunction, Lower, Lowering, LowerMap } from '../lowering.ts';
import { invalid, refused } from '../refusal.ts';
import { bitsOfConstant, isConstant, type Value } from '../value.ts';
import { castTo } from './cast.ts';

const two =
  (name: FloatFunction): Lower =>
  (node) => {
    requireNoAxis(node);
    return [node.arithmetic(name, node.input(0), node.input(1))];
  };

const swapped =
  (name: FloatFunction): Lower =>
  (node) => {
    requireNoAxis(node);
    return [node.arithmetic(name, node.input(1), node.input(0))];
  };

/** Before operator set 7 an attribute said where the second operand was to be repeated. */
function requireNoAxis(node: Lowering): void {
  if (node.opset < 7 && node.attributes.has('axis')) {
    throw refused(node.node, 'it broadcasts along an axis', 'convert the model to operator set 7 or later');
  }
}

const many =
  (name: FloatFunction): Lower =>
  (node) => [node.inputs.slice(1).reduce((all, one) => node.arithmetic(name, all, one), node.input(0))];

const bits =
  (fn: number): Lower =>
  (node) => [node.zip(fn, node.input(0), node.input(1))];

const mapped =
  (fn: number): Lower =>
  (node) => [node.map(fn, node.input(0))];

/** `1` where `value` is 0, else `0`, as bool. */
export function not(node: Lowering, value: Value): Value {
  return node.zip(ZIP.INT_EQ, value, node.int(0), dataType.bool);
}

/** Operators that work on one element of each input. */
export const elementwise: LowerMap = {
  Add: two('ADD'),
  Sub: two('SUB'),
  Mul: two('MUL'),
  Div: two('DIV'),
  Min: many('MIN'),
  Max: many('MAX'),
  Sum: many('ADD'),
  Mean: (node) => [
    node.arithmetic(
      'DIV',
      node.inputs.reduce((all, one) => node.arithmetic('ADD', all, one)),
      node.float(node.inputs.length),
    ),
  ],
  Pow: (node) => [power(node, node.input(0), node.input(1))],
  Mod: (node) => [modulo(node, node.input(0), node.input(1))],
  Equal: two('EQ'),
  Less: two('LT'),
  LessOrEqual: two('LE'),
  Greater: swapped('LT'),
  GreaterOrEqual: swapped('LE'),
  And: bits(ZIP.INT_AND),
  Or: bits(ZIP.INT_OR),
  Xor: bits(ZIP.INT_XOR),
  Not: (node) => [not(node, node.input(0))],
  BitwiseAnd: bits(ZIP.INT_AND),
  BitwiseOr: bits(ZIP.INT_OR),
  BitwiseXor: bits(ZIP.INT_XOR),
  BitwiseNot: (node) => [bitwiseNot(node, node.input(0))],
  BitShift: (node) => [shifted(node, node.input(0), node.input(1))],
  Where: (node) => {
    const [condition, a, b] = [node.input(0), node.input(1), node.input(2)];
    return [node.select(condition, a, b)];
  },
  Neg: (node) => {
    const value = node.input(0);
    return [
      value.type === TYPE.F32 ? node.map(MAP.NEG, value) : node.arithmetic('SUB', node.int(0, value.onnxType), value),
    ];
  },
  Abs: (node) => {
    const value = node.input(0);
    if (value.type === TYPE.F32) return [node.map(MAP.ABS, value)];
    return [node.arithmetic('MAX', value, node.arithmetic('SUB', node.int(0, value.onnxType), value))];
  },
  Sign: (node) => {
    const value = node.input(0);
    if (value.type === TYPE.F32) return [node.map(MAP.SIGN, value)];
    const atLeast = node.arithmetic('MAX', value, node.int(-1, value.onnxType));
    return [node.arithmetic('MIN', atLeast, node.int(1, value.onnxType))];
  },
  Sqrt: mapped(MAP.SQRT),
  Floor: mapped(MAP.FLOOR),
  Ceil: mapped(MAP.CEIL),
  Round: mapped(MAP.ROUND),
  Exp: mapped(MAP.EXP),
  Log: mapped(MAP.LOG),
  Erf: mapped(MAP.ERF),
  Tanh: mapped(MAP.TANH),
  Sigmoid: mapped(MAP.SIGMOID),
  Softplus: mapped(MAP.SOFTPLUS),
  Sin: mapped(MAP.SIN),
  Cos: mapped(MAP.COS),
  Tan: (node) => [node.zip(ZIP.DIV, node.map(MAP.SIN, node.input(0)), node.map(MAP.COS, node.input(0)))],
  Reciprocal: (node) => [node.zip(ZIP.DIV, node.float(1), node.input(0))],
  IsNaN: (node) => [not(node, node.arithmetic('EQ', node.input(0), node.input(0)))],
  IsInf: (node) => [isInfinite(node, node.input(0))],
};

/** All bits turned: `−1 − x` for signed types, the largest number less `x` for unsigned ones. */
function bitwiseNot(node: Lowering, value: Value): Value {
  const [low, high] = integerRangeOf(value.onnxType) ?? [0, 0];
  if (low === 0 && !isNarrow(value.onnxType))
    throw refused(node.node, 'its numbers need all of 32 bits without a sign');
  return node.zip(ZIP.INT_SUB, node.int(low === 0 ? high : -1, value.onnxType), value);
}

/** Shifts of unsigned numbers: products and quotients by powers of two. */
function shifted(node: Lowering, value: Value, count: Value): Value {
  if (!isNarrow(value.onnxType)) throw refused(node.node, 'its numbers need all of 32 bits without a sign');
  const direction = node.attributes.string('direction', '');
  if (direction !== 'LEFT' && direction !== 'RIGHT') throw invalid(node.node, `direction ${direction}`);
  // From 16 on nothing is left of such a number, and 2^16 still fits.
  const factor = node.zip(ZIP.INT_POW, node.int(2), node.zip(ZIP.INT_MIN, count, node.int(16)));
  if (direction === 'RIGHT') return node.zip(ZIP.INT_DIV, value, factor);
  return node.wrapped(node.retyped(node.zip(ZIP.INT_MUL, value, factor), value.onnxType));
}

function isInfinite(node: Lowering, value: Value): Value {
  const positive = node.attributes.int('detect_positive', 1) !== 0;
  const negative = node.attributes.int('detect_negative', 1) !== 0;
  const infinity = node.float(Infinity);
  if (positive && negative) return node.arithmetic('EQ', node.map(MAP.ABS, value), infinity);
  if (positive || negative) return node.arithmetic('EQ', value, positive ? infinity : node.float(-Infinity));
  return node.zip(ZIP.INT_AND, node.arithmetic('EQ', value, value), node.int(0), dataType.bool);
}

/** `x^y`. The usual constant exponents become products and roots; ints stay ints when both are. */
export function power(node: Lowering, base: Value, exponent: Value): Value {
  if (base.type === TYPE.I32 && exponent.type === TYPE.I32)
    return node.arithmetic('POW', base, node.retyped(exponent, base.onnxType));
  if (base.type === TYPE.I32) {
    const result = node.zip(ZIP.POW, castTo(node, base, dataType.float32), exponent);
    return castTo(node, result, base.onnxType);
  }
  const constant = uniformFloat(exponent);
  if (constant === 1) return base;
  if (constant === 2) return node.arithmetic('MUL', base, base);
  if (constant === 3) return node.arithmetic('MUL', node.arithmetic('MUL', base, base), base);
  const floats = exponent.type === TYPE.F32 ? exponent : castTo(node, exponent, dataType.float32);
  return node.zip(ZIP.POW, base, floats, base.onnxType);
}

/** The number that a scalar constant is, as a float. */
function uniformFloat(value: Value): number | undefined {
  if (!isConstant(value)) return undefined;
  const all = bitsOfConstant(value);
  if (all.length !== 1) return undefined;
  return value.type === TYPE.F32 ? floatOf(all[0] ?? 0) : (all[0] ?? 0) | 0;
}

function modulo(node: Lowering, a: Value, b: Value): Value {
  const truncates = node.attributes.int('fmod', 0) !== 0;
  if (a.type !== b.type) throw invalid(node.node, 'its operands have different types');
  if (a.type === TYPE.I32) return node.wrapped(node.zip(truncates ? ZIP.INT_REM : ZIP.INT_MOD, a, b));
  if (!truncates) throw refused(node.node, 'floats need fmod = 1', 'set fmod to 1');
  return node.zip(ZIP.FMOD, a, b);
}
