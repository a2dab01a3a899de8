import { MAP, TYPE, ZIP } from '../../plan/instruction.ts';
import type { Lowering, LowerMap } from '../lowering.ts';
import { refused } from '../refusal.ts';
import type { Value } from '../value.ts';
import { castTo } from './cast.ts';

/** Activation functions as sequences of element-wise operations, each of them rounded. */
export const activation: LowerMap = {
  Relu: (node) => [node.arithmetic('MAX', node.input(0), node.zero(node.input(0).type))],
  LeakyRelu: (node) => [leaky(node, node.input(0), node.attributes.float('alpha', 0.01))],
  PRelu: (node) => {
    const [x, slope] = [node.input(0), node.input(1)];
    return [node.select(positive(node, x), x, node.arithmetic('MUL', x, slope))];
  },
  ThresholdedRelu: (node) => {
    const x = node.input(0);
    const above = node.arithmetic('LT', node.float(node.attributes.float('alpha', 1)), x);
    return [node.select(above, x, node.float(0))];
  },
  Elu: (node) => [elu(node, node.input(0), node.attributes.float('alpha', 1))],
  Selu: (node) => {
    const alpha = node.attributes.float('alpha', 1.67326319217681884765625);
    const gamma = node.attributes.float('gamma', 1.05070102214813232421875);
    return [node.arithmetic('MUL', elu(node, node.input(0), alpha), node.float(gamma))];
  },
  Celu: (node) => {
    const x = node.input(0);
    const alpha = node.attributes.float('alpha', 1);
    const scaled = alpha === 1 ? x : node.arithmetic('DIV', x, node.float(alpha));
    const below = node.arithmetic('MIN', node.float(0), expm1Times(node, scaled, alpha));
    return [node.arithmetic('ADD', node.arithmetic('MAX', x, node.float(0)), below)];
  },
  HardSigmoid: (node) => [
    hardSigmoid(node, node.input(0), node.attributes.float('alpha', 0.2), node.attributes.float('beta', 0.5)),
  ],
  HardSwish: (node) => [node.arithmetic('MUL', node.input(0), hardSigmoid(node, node.input(0), 1 / 6, 0.5))],
  Swish: (node) => {
    const x = node.input(0);
    const alpha = node.attributes.float('alpha', 1);
    const scaled = alpha === 1 ? x : node.arithmetic('MUL', x, node.float(alpha));
    return [node.arithmetic('MUL', x, node.map(MAP.SIGMOID, scaled))];
  },
  Mish: (node) => {
    const x = node.input(0);
    return [node.arithmetic('MUL', x, node.map(MAP.TANH, node.map(MAP.SOFTPLUS, x)))];
  },
  Shrink: (node) => {
    const x = node.input(0);
    const [bias, lambda] = [node.attributes.float('bias', 0), node.attributes.float('lambd', 0.5)];
    const below = node.arithmetic('LT', x, node.float(-lambda));
    const above = node.arithmetic('LT', node.float(lambda), x);
    const lowered = node.select(above, node.arithmetic('SUB', x, node.float(bias)), node.float(0));
    return [node.select(below, node.arithmetic('ADD', x, node.float(bias)), lowered)];
  },
  Softsign: (node) => {
    const x = node.input(0);
    return [node.arithmetic('DIV', x, node.arithmetic('ADD', node.map(MAP.ABS, x), node.float(1)))];
  },
  Gelu: (node) => [gelu(node, node.input(0), node.attributes.string('approximate', 'none'))],
  Clip: (node) => [clip(node, node.input(0))],
};

/** `max(0, min(1, alpha · x + beta))`. */
export function hardSigmoid(node: Lowering, x: Value, alpha: number, beta: number): Value {
  const line = node.arithmetic('ADD', node.arithmetic('MUL', x, node.float(alpha)), node.float(beta));
  return node.arithmetic('MAX', node.float(0), node.arithmetic('MIN', node.float(1), line));
}

/** `x` where it is positive, else `alpha · x`. For slopes up to 1 that is the larger of both. */
export function leaky(node: Lowering, x: Value, alpha: number): Value {
  const sloped = node.arithmetic('MUL', x, node.float(alpha));
  if (alpha >= 0 && alpha <= 1) return node.arithmetic('MAX', x, sloped);
  return node.select(positive(node, x), x, sloped);
}

/** `x` where it is positive, else `alpha · (e^x − 1)`. */
export function elu(node: Lowering, x: Value, alpha: number): Value {
  return node.select(positive(node, x), x, expm1Times(node, x, alpha));
}

function positive(node: Lowering, x: Value): Value {
  return node.arithmetic('LT', node.zero(x.type), x);
}

function expm1Times(node: Lowering, x: Value, alpha: number): Value {
  const difference = node.zip(ZIP.SUB, node.map(MAP.EXP, x), node.float(1));
  return alpha === 1 ? difference : node.arithmetic('MUL', difference, node.float(alpha));
}

/** The Gaussian error linear unit: by erf, or by the tanh that approximates it. */
export function gelu(node: Lowering, x: Value, approximate: string): Value {
  const half = node.arithmetic('MUL', x, node.float(0.5));
  if (approximate === 'none') {
    const erf = node.map(MAP.ERF, node.arithmetic('MUL', x, node.float(Math.SQRT1_2)));
    return node.arithmetic('MUL', half, node.arithmetic('ADD', erf, node.float(1)));
  }
  if (approximate !== 'tanh') throw refused(node.node, `approximation ${approximate}`, 'use none or tanh');
  const cube = node.arithmetic('MUL', node.arithmetic('MUL', x, x), x);
  const inner = node.arithmetic('ADD', x, node.arithmetic('MUL', cube, node.float(0.044715)));
  const bent = node.map(MAP.TANH, node.arithmetic('MUL', inner, node.float(Math.sqrt(2 / Math.PI))));
  return node.arithmetic('MUL', half, node.arithmetic('ADD', bent, node.float(1)));
}

/** Until opset 10 the bounds are attributes, then optional inputs, which may be run-time values. */
function clip(node: Lowering, x: Value): Value {
  const { attributes } = node;
  const scalar = (i: number, name: string): Value | undefined => {
    if (node.opset < 11) return attributes.has(name) ? node.float(attributes.float(name, 0)) : undefined;
    const bound = node.optional(i);
    return bound && (x.type === TYPE.F32 ? castTo(node, bound, x.onnxType) : node.retyped(bound, x.onnxType));
  };
  const [low, high] = [scalar(1, 'min'), scalar(2, 'max')];
  const raised = low ? node.arithmetic('MAX', x, low) : x;
  return high ? node.arithmetic('MIN', raised, high) : raised;
}
