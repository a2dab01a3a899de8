import { MAP, ZIP } from '../../plan/instruction.ts';
import type { Lowering } from '../lowering.ts';
import { refused } from '../refusal.ts';
import type { Value } from '../value.ts';
import { elu, hardSigmoid, leaky } from './activation.ts';

export type Activation = (x: Value) => Value;

interface Known {
  /** what alpha and beta are when the node does not say; undefined where the function has none */
  readonly alpha?: number;
  readonly beta?: number;
  readonly apply: (node: Lowering, x: Value, alpha: number, beta: number) => Value;
}

const scaled = (node: Lowering, x: Value, factor: number): Value => node.zip(ZIP.MUL, x, node.float(factor));

const KNOWN: Readonly<Record<string, Known>> = {
  relu: { apply: (node, x) => node.zip(ZIP.MAX, x, node.float(0)) },
  tanh: { apply: (node, x) => node.map(MAP.TANH, x) },
  sigmoid: { apply: (node, x) => node.map(MAP.SIGMOID, x) },
  softplus: { apply: (node, x) => node.map(MAP.SOFTPLUS, x) },
  softsign: { apply: (node, x) => node.zip(ZIP.DIV, x, node.zip(ZIP.ADD, node.map(MAP.ABS, x), node.float(1))) },
  leakyrelu: { alpha: 0.01, apply: (node, x, alpha) => leaky(node, x, alpha) },
  elu: { alpha: 1, apply: (node, x, alpha) => elu(node, x, alpha) },
  thresholdedrelu: {
    alpha: 1,
    apply: (node, x, alpha) => node.select(node.arithmetic('LT', node.float(alpha), x), x, node.float(0)),
  },
  hardsigmoid: { alpha: 0.2, beta: 0.5, apply: hardSigmoid },
  affine: {
    alpha: 1,
    beta: 0,
    apply: (node, x, alpha, beta) => node.zip(ZIP.ADD, scaled(node, x, alpha), node.float(beta)),
  },
  scaledtanh: {
    alpha: 1,
    beta: 1,
    apply: (node, x, alpha, beta) => scaled(node, node.map(MAP.TANH, scaled(node, x, beta)), alpha),
  },
};

/**
 * The activation functions of a recurrent node, in order. The numbers of `activation_alpha` and `activation_beta` go to the
 * functions that take one, in order.
 *
 * @param byDefault names for one direction
 */
export function activationsOf(node: Lowering, byDefault: readonly string[], directions: number): readonly Activation[] {
  const named = node.attributes.strings('activations');
  const names = named ?? Array.from({ length: directions }, () => byDefault).flat();
  const alphas = [...(node.attributes.floats('activation_alpha') ?? [])];
  const betas = [...(node.attributes.floats('activation_beta') ?? [])];
  return names.map((name) => {
    const known = KNOWN[name.toLowerCase()];
    if (!known) throw refused(node.node, `activation ${name}`, `use one of ${Object.keys(KNOWN).join(', ')}`);
    const alpha = known.alpha === undefined ? 0 : (alphas.shift() ?? known.alpha);
    const beta = known.beta === undefined ? 0 : (betas.shift() ?? known.beta);
    return (x) => known.apply(node, x, alpha, beta);
  });
}
