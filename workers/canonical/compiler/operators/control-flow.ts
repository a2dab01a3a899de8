import { dataType } from '../../../onnx/data-type.ts';
import type { OnnxGraph } from '../../../onnx/proto.ts';
import type { Lowering, LowerMap } from '../lowering.ts';
import { invalid, notConstant, refused } from '../refusal.ts';
import { isConstant, type Value } from '../value.ts';
import { sliced, squeezed, unsqueezed } from '../views.ts';
import { concat, intsOf } from './movement.ts';

/** Passes that a loop is unrolled to at most. */
const PASSES_MAX = 10_000;

/** Control flow that is decided when the model is compiled: branches are chosen, loops unrolled. */
export const controlFlow: LowerMap = {
  If: (node) => {
    const condition = node.ints(0, 'condition')?.[0] ?? 0;
    return node.surroundings.lowerBody(body(node, condition !== 0 ? 'then_branch' : 'else_branch'), new Map());
  },
  Loop: (node) => loop(node),
  Scan: (node) => scan(node),
};

function body(node: Lowering, name: string): OnnxGraph {
  const graph = node.attributes.graph(name);
  if (!graph) throw invalid(node.node, `it has no ${name}`);
  return graph;
}

/** Names of a body's inputs, in order. */
function namesOf(graph: OnnxGraph): readonly string[] {
  return (graph.input ?? []).map(({ name = '' }) => name);
}

/** One pass of a body over values in order of its inputs. */
function pass(node: Lowering, graph: OnnxGraph, inputs: readonly Value[]): readonly Value[] {
  const names = namesOf(graph);
  if (names.length !== inputs.length) throw invalid(node.node, `its body takes ${names.length} inputs`);
  return node.surroundings.lowerBody(graph, new Map(inputs.map((value, i) => [names[i] ?? '', value])));
}

/** Values of all passes, stacked along a new dimension. */
function stacked(node: Lowering, values: readonly Value[], d: number): Value {
  const apart = values.map((value) => unsqueezed(value, d));
  if (apart.length === 0) throw refused(node.node, 'it makes no pass, so that its scan outputs are empty');
  return concat(node, apart, d);
}

/** The condition has to be known before every pass: true while it goes on. */
function goesOn(node: Lowering, condition: Value | undefined): boolean {
  if (!condition) return true;
  if (isConstant(condition)) return intsOf(condition)[0] !== 0;
  if (node.optional(1) === condition) throw notConstant(node.node, node.node.inputs[1] ?? '1', 'condition');
  const advice = 'unroll the loop before exporting the model, or leave its condition true';
  throw refused(node.node, 'its condition is computed from the inputs of the model', advice);
}

function loop(node: Lowering): readonly Value[] {
  const graph = body(node, 'body');
  const most = node.ints(0, 'trip count')?.[0] ?? Infinity;
  const initial = node.node.inputs.slice(2).map((_, i) => node.input(2 + i));
  let carried: readonly Value[] = initial;
  let condition = node.optional(1);
  const kept: (readonly Value[])[] = [];
  for (let i = 0; i < most && goesOn(node, condition); i++) {
    if (i >= PASSES_MAX) throw refused(node.node, `it makes more than ${PASSES_MAX} passes`, 'give it a trip count');
    const state = condition ?? node.int(1, dataType.bool);
    const [next, ...rest] = pass(node, graph, [node.int(i, dataType.int64), state, ...carried]);
    condition = next;
    carried = rest.slice(0, initial.length);
    kept.push(rest.slice(initial.length));
  }
  const scans = node.node.outputs.slice(initial.length);
  return [
    ...carried,
    ...scans.map((name, s) =>
      name === ''
        ? node.int(0)
        : stacked(
            node,
            kept.map((all) => found(node, all[s])),
            0,
          ),
    ),
  ];
}

function found(node: Lowering, value: Value | undefined): Value {
  if (!value) throw invalid(node.node, 'its body has too few outputs');
  return value;
}

/** From opset 9 on; opset 8 has a batch dimension of its own. */
function scan(node: Lowering): readonly Value[] {
  if (node.opset < 9) throw refused(node.node, 'Scan of opset 8', 'export the model with opset 9 or newer');
  const graph = body(node, 'body');
  const { attributes } = node;
  const scanned = attributes.int('num_scan_inputs', 1);
  const states = node.inputs.length - scanned;
  const backward = (name: string, i: number): boolean => attributes.ints(name)?.[i] === 1;
  const sources = node.inputs.slice(states).map((value, i) => {
    const d = node.axis(attributes.ints('scan_input_axes')?.[i] ?? 0, value.shape.length);
    return { value, d, reversed: backward('scan_input_directions', i) };
  });
  const [first] = sources;
  if (!first) throw invalid(node.node, 'it scans nothing');
  const length = first.value.shape[first.d] ?? 1;
  let carried = node.inputs.slice(0, states);
  const kept: (readonly Value[])[] = [];
  for (let i = 0; i < length; i++) {
    const slices = sources.map(({ value, d, reversed }) =>
      squeezed(sliced(value, d, reversed ? length - 1 - i : i, 1), d),
    );
    const all = pass(node, graph, [...carried, ...slices]);
    carried = all.slice(0, states);
    kept.push(all.slice(states));
  }
  const outputs = node.node.outputs.slice(states).map((_, s) => {
    const values = kept.map((all) => found(node, all[s]));
    const rank = (values[0]?.shape.length ?? 0) + 1;
    const d = node.axis(attributes.ints('scan_output_axes')?.[s] ?? 0, rank);
    return stacked(node, backward('scan_output_directions', s) ? values.reverse() : values, d);
  });
  return [...carried, ...outputs];
}
