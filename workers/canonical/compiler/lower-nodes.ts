import { dataType } from '../../onnx/data-type.ts';
import type { OnnxGraph } from '../../onnx/proto.ts';
import { type Graph, type GraphNode, graphOf, type OperatorSets } from './graph.ts';
import { graphInvalid } from './graph-invalid.ts';
import { Lowering, type Surroundings } from './lowering.ts';
import { operatorOf } from './operators.ts';
import type { PlanBuilder } from './plan-builder.ts';
import { attributed, type NodeRef, refused } from './refusal.ts';
import type { Value } from './value.ts';

/** What lowering a node costs of the steps that compiling may take. */
const NODE_STEPS = 1_000;

/** What all nodes of a model share. */
export interface Shared {
  readonly builder: PlanBuilder;
  readonly opsets: OperatorSets;
}

/** Nodes that an output needs, in their order. */
export function liveNodes({ nodes, outputs }: Pick<Graph, 'nodes' | 'outputs'>): readonly GraphNode[] {
  const needed = new Set(outputs.map(({ name }) => name));
  const live: GraphNode[] = [];
  for (const node of [...nodes].reverse()) {
    if (!node.outputs.some((name) => name !== '' && needed.has(name))) continue;
    live.push(node);
    for (const name of [...node.inputs, ...node.captures]) needed.add(name);
  }
  return live.reverse();
}

/**
 * Lowers nodes in their order.
 *
 * @param values of the graph by name: gets the outputs of the nodes
 */
export function lowerNodes(nodes: readonly GraphNode[], values: Map<string, Value>, shared: Shared): void {
  const { builder } = shared;
  const surroundings = surroundingsOf(values, shared, new Map());
  nodes.forEach((node, index) => {
    builder.node = index;
    lowerNode(node, values, surroundings);
  });
  builder.node = nodes.length;
}

/** The value of a name. @throws RemitError `MODEL_GRAPH_INVALID` when nothing makes it */
export function found(name: string, values: ReadonlyMap<string, Value>): Value {
  const value = values.get(name);
  if (!value) throw graphInvalid(`${name} is read, and nothing makes it`);
  return value;
}

/** Acts for a node: whatever goes wrong is said of that node. */
export function attempt<Result>(node: NodeRef, act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    throw attributed(node, error);
  }
}

/** @param bodies read so far: a loop lowers its body once a pass */
function surroundingsOf(
  values: ReadonlyMap<string, Value>,
  shared: Shared,
  bodies: Map<OnnxGraph, Graph>,
): Surroundings {
  const { builder, opsets } = shared;
  return {
    builder,
    opsets,
    lookUp: (name) => values.get(name),
    lowerBody: (given, inputs) => {
      const body = given as OnnxGraph;
      const graph = bodies.get(body) ?? graphOf(body, opsets);
      bodies.set(body, graph);
      builder.spend(NODE_STEPS + values.size);
      const scope = new Map([...values, ...graph.constants, ...inputs]);
      const inside = surroundingsOf(scope, shared, bodies);
      for (const node of liveNodes(graph)) lowerNode(node, scope, inside);
      return graph.outputs.map(({ name }) => found(name, scope));
    },
  };
}

function lowerNode(node: GraphNode, values: Map<string, Value>, surroundings: Surroundings): void {
  const lower = operatorOf(node);
  if (!lower) {
    const advice = 'export the model with operators of the list in docs/OPERATORS.md';
    throw refused(node, 'the operator is not supported', advice);
  }
  const inputs = node.inputs.map((name) => (name === '' ? undefined : found(name, values)));
  for (const [i, input] of inputs.entries()) {
    if (input?.onnxType === dataType.string) throw refused(node, `input ${i} is a string tensor`);
  }
  const outputs = attempt(node, () => {
    surroundings.builder.spend(NODE_STEPS);
    const made = lower(new Lowering(node, inputs, surroundings));
    for (const { shape } of made) surroundings.builder.requireSize(shape);
    return made;
  });
  node.outputs.forEach((name, i) => {
    const output = outputs[i];
    if (name !== '' && output) values.set(name, output);
  });
}
