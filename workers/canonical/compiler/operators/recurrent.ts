import { ZIP } from '../../plan/instruction.ts';
import type { Lowering, LowerMap } from '../lowering.ts';
import { invalid, refused } from '../refusal.ts';
import type { Value } from '../value.ts';
import { broadcastTo, sliced, squeezed, transposed, unsqueezed } from '../views.ts';
import { product } from './matmul.ts';
import { concat } from './movement.ts';
import { type Activation, activationsOf } from './recurrent-activations.ts';

/** Recurrent layers, unrolled: the inputs of all steps are multiplied at once, the states step by step. */
export const recurrent: LowerMap = {
  RNN: (node) => unrolled(node, { gates: 1, activations: ['Tanh'], cell: rnnCell }),
  GRU: (node) => unrolled(node, { gates: 3, activations: ['Sigmoid', 'Tanh'], cell: gruCell }),
  LSTM: (node) => unrolled(node, { gates: 4, activations: ['Sigmoid', 'Tanh', 'Tanh'], cell: lstmCell }),
};

/** [batch, hidden] each; only LSTM has a cell state. */
interface State {
  readonly hidden: Value;
  readonly cell: Value;
}

/** One direction of a layer. */
interface Direction {
  readonly hidden: number;
  /** [hidden, gates · hidden] */
  readonly recurrence: Value;
  /** added to the input's product, and to the state's, where the cell keeps them apart: [gates · hidden] */
  readonly inputBias: Value | undefined;
  readonly stateBias: Value | undefined;
  /** of LSTM: [3 · hidden] */
  readonly peepholes: Value | undefined;
  readonly activations: readonly Activation[];
}

interface Cell {
  /** the bias that belongs to the product of the inputs */
  readonly bias: Value | undefined;
  /** @param projected the input's part of the gates, [batch, gates · hidden] */
  readonly step: (projected: Value, state: State) => State;
}

interface Layer {
  readonly gates: number;
  readonly activations: readonly string[];
  readonly cell: (node: Lowering, direction: Direction) => Cell;
}

function unrolled(node: Lowering, { gates, activations, cell }: Layer): readonly Value[] {
  const batchFirst = node.attributes.int('layout', 0) !== 0;
  const x = batchFirst ? transposed(node.input(0), [1, 0, 2]) : node.input(0);
  const [steps = 1, batch = 1] = x.shape;
  const [weights, recurrence] = [node.input(1), node.input(2)];
  const hidden = node.attributes.int('hidden_size', recurrence.shape[2] ?? 1);
  const name = node.attributes.string('direction', 'forward');
  const directions = name === 'bidirectional' ? 2 : 1;
  if (weights.shape[0] !== directions || weights.shape[1] !== gates * hidden) {
    throw invalid(node.node, `${name} weights of [${weights.shape.join(', ')}] for ${hidden} hidden numbers`);
  }
  checkLengths(node, steps);
  const functions = activationsOf(node, activations, directions);
  const each = activations.length;
  const runs = Array.from({ length: directions }, (_, d) => {
    const of = (value: Value | undefined): Value | undefined => value && squeezed(sliced(value, 0, d, 1), 0);
    const biases = of(node.optional(3));
    const { bias, step } = cell(node, {
      hidden,
      recurrence: transposed(squeezed(sliced(recurrence, 0, d, 1), 0), [1, 0]),
      inputBias: biases && sliced(biases, 0, 0, gates * hidden),
      stateBias: biases && sliced(biases, 0, gates * hidden, gates * hidden),
      peepholes: of(node.optional(7)),
      activations: functions.slice(d * each, (d + 1) * each),
    });
    const projected = product(node, x, transposed(squeezed(sliced(weights, 0, d, 1), 0), [1, 0]), bias);
    const initial = (i: number): Value => {
      const given = node.optional(i);
      if (!given) return broadcastTo(node.float(0), [batch, hidden]);
      return squeezed(sliced(batchFirst ? transposed(given, [1, 0, 2]) : given, 0, d, 1), 0);
    };
    const backward = name === 'reverse' || d === 1;
    return run({ hidden: initial(5), cell: initial(6) }, steps, backward, (t, state) =>
      step(squeezed(sliced(projected, 0, t, 1), 0), state),
    );
  });
  return outputs(node, runs, batchFirst);
}

/** All sequences have to be as long as the tensor. */
function checkLengths(node: Lowering, steps: number): void {
  const lengths = node.ints(4, 'sequence_lens') ?? [];
  if (lengths.every((length) => length === steps)) return;
  throw refused(node.node, `its sequences are shorter than ${steps}`, 'leave sequence_lens out');
}

interface Run {
  /** the states in order of the sequence */
  readonly states: readonly State[];
  readonly last: State;
}

function run(initial: State, steps: number, backward: boolean, step: (t: number, state: State) => State): Run {
  const states: State[] = [];
  let last = initial;
  for (let i = 0; i < steps; i++) {
    last = step(backward ? steps - 1 - i : i, last);
    states.push(last);
  }
  return { states: backward ? states.reverse() : states, last };
}

/** Y [steps, directions, batch, hidden], Y_h and Y_c [directions, batch, hidden], or the batch first. */
function outputs(node: Lowering, runs: readonly Run[], batchFirst: boolean): readonly Value[] {
  const wanted = (i: number): boolean => (node.node.outputs[i] ?? '') !== '';
  const last = (of: (state: State) => Value): Value => {
    const all = concat(
      node,
      runs.map((one) => unsqueezed(of(one.last), 0)),
      0,
    );
    return batchFirst ? transposed(all, [1, 0, 2]) : all;
  };
  const sequence = (): Value => {
    const each = runs.map(({ states }) =>
      concat(
        node,
        states.map(({ hidden }) => unsqueezed(unsqueezed(hidden, 0), 0)),
        0,
      ),
    );
    const all = concat(node, each, 1);
    return batchFirst ? transposed(all, [2, 0, 1, 3]) : all;
  };
  const hidden = last((state) => state.hidden);
  return [wanted(0) ? sequence() : hidden, hidden, wanted(2) ? last((state) => state.cell) : hidden];
}

function plus(node: Lowering, a: Value | undefined, b: Value | undefined): Value | undefined {
  return a && b ? node.zip(ZIP.ADD, a, b) : (a ?? b);
}

/** What goes into an activation, cut to ± `clip`. */
function clipped(node: Lowering, value: Value): Value {
  if (!node.attributes.has('clip')) return value;
  const limit = node.attributes.float('clip', 0);
  return node.zip(ZIP.MIN, node.zip(ZIP.MAX, value, node.float(-limit)), node.float(limit));
}

/** The function at a place of the list, behind the clip. */
function gateFunction(node: Lowering, activations: readonly Activation[], i: number): Activation {
  const apply = activations[i];
  if (!apply) throw invalid(node.node, `it names ${activations.length} activations`);
  return (x) => apply(clipped(node, x));
}

function rnnCell(node: Lowering, { recurrence, inputBias, stateBias, activations }: Direction): Cell {
  const f = gateFunction(node, activations, 0);
  return {
    bias: plus(node, inputBias, stateBias),
    step: (projected, state) => ({ ...state, hidden: f(product(node, state.hidden, recurrence, projected)) }),
  };
}

/** Gates z, r, h. `linear_before_reset` multiplies by r after the product and its bias. */
function gruCell(node: Lowering, { hidden, recurrence, inputBias, stateBias, activations }: Direction): Cell {
  const [f, g] = [gateFunction(node, activations, 0), gateFunction(node, activations, 1)];
  const resetsLate = node.attributes.int('linear_before_reset', 0) !== 0;
  const part = (value: Value, from: number, count: number): Value =>
    sliced(value, value.shape.length - 1, from * hidden, count * hidden);
  const lateBias = stateBias && part(stateBias, 2, 1);
  const early =
    stateBias && resetsLate
      ? concat(node, [part(stateBias, 0, 2), broadcastTo(node.float(0), [hidden])], 0)
      : stateBias;
  return {
    bias: plus(node, inputBias, early),
    step: (projected, state) => {
      const both = f(product(node, state.hidden, part(recurrence, 0, 2), part(projected, 0, 2)));
      const [z, r] = [part(both, 0, 1), part(both, 1, 1)];
      const own = part(projected, 2, 1);
      const toNew = part(recurrence, 2, 1);
      const candidate = resetsLate
        ? node.zip(ZIP.ADD, own, node.zip(ZIP.MUL, r, product(node, state.hidden, toNew, lateBias)))
        : product(node, node.zip(ZIP.MUL, r, state.hidden), toNew, own);
      const kept = node.zip(ZIP.MUL, z, state.hidden);
      const fresh = node.zip(ZIP.MUL, node.zip(ZIP.SUB, node.float(1), z), g(candidate));
      return { ...state, hidden: node.zip(ZIP.ADD, fresh, kept) };
    },
  };
}

/** Gates i, o, f, c. */
function lstmCell(
  node: Lowering,
  { hidden, recurrence, inputBias, stateBias, peepholes, activations }: Direction,
): Cell {
  const [f, g] = [gateFunction(node, activations, 0), gateFunction(node, activations, 1)];
  const output = activations[2];
  if (!output) throw invalid(node.node, 'it names fewer than three activations');
  const couples = node.attributes.int('input_forget', 0) !== 0;
  const peeped = (gate: Value, i: number, cell: Value): Value =>
    peepholes ? node.zip(ZIP.ADD, gate, node.zip(ZIP.MUL, sliced(peepholes, 0, i * hidden, hidden), cell)) : gate;
  return {
    bias: plus(node, inputBias, stateBias),
    step: (projected, state) => {
      const gates = product(node, state.hidden, recurrence, projected);
      const gate = (i: number): Value => sliced(gates, 1, i * hidden, hidden);
      const i = f(peeped(gate(0), 0, state.cell));
      const forget = couples ? node.zip(ZIP.SUB, node.float(1), i) : f(peeped(gate(2), 2, state.cell));
      const fresh = node.zip(ZIP.MUL, i, g(gate(3)));
      const cell = node.zip(ZIP.ADD, node.zip(ZIP.MUL, forget, state.cell), fresh);
      const o = f(peeped(gate(1), 1, cell));
      return { cell, hidden: node.zip(ZIP.MUL, o, output(cell)) };
    },
  };
}
