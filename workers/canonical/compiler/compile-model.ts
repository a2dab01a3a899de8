import { dataType, dataTypeName } from '../../onnx/data-type.ts';
import type { OnnxGraph } from '../../onnx/proto.ts';
import type { Hex32 } from '../../protocol/ids.ts';
import { alignedStarts } from '../../protocol/vector.ts';
import { RemitError } from '../../runtime/errors.ts';
import { type ElementType, MAP, OP, SPACE } from '../plan/instruction.ts';
import { checkPlan, type Plan, planRoot } from '../plan/plan.ts';
import { VectorTree } from '../tree/vector-tree.ts';
import { canonicalOnlyReasons } from './canonical-only.ts';
import { judgeTypeOf } from './element-types.ts';
import {
  type Declared,
  type Graph,
  graphInvalid,
  type GraphNode,
  graphOf,
  type OperatorSets,
  readGraph,
} from './graph.ts';
import { Lowering, type Surroundings } from './lowering.ts';
import { operatorOf } from './operators.ts';
import { DEFAULT_LIMITS, PlanBuilder, type PlanLimits } from './plan-builder.ts';
import { refused } from './refusal.ts';
import { elementCount, isConstant, liesInOrder, rowMajor, type Value } from './value.ts';

export interface CompileOptions {
  /** sizes of dynamic dimensions by their names, or all dimensions of an input by its name; a name that is not here is 1 */
  readonly shapes?: Readonly<Record<string, number | readonly number[]>>;
  /** graph inputs that are parameters of the plan: they become constants and leave the input vector */
  readonly bind?: Readonly<Record<string, Value>>;
  readonly limits?: PlanLimits;
}

/** A graph input or output of a compiled model. Starts and lengths in elements. */
export interface CompiledTensor {
  readonly name: string;
  readonly onnxType: number;
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** in `INPUT`, or in `TRACE` for an output */
  readonly start: number;
  readonly length: number;
}

export interface CompiledModel {
  readonly plan: Plan;
  readonly planRoot: Hex32;
  /** bit patterns of `WEIGHT`, host order */
  readonly weights: Uint32Array;
  readonly weightsRoot: Hex32;
  readonly inputs: readonly CompiledTensor[];
  readonly outputs: readonly CompiledTensor[];
  /** for each instruction, the node that it came from */
  readonly origins: readonly { readonly node: string; readonly opType: string }[];
  /** why nodes should answer from the canonical run: a small difference early can become a large one; empty when they need not */
  readonly canonicalOnly: readonly string[];
}

/**
 * Lowers an ONNX file with fixed shapes to a plan. Deterministic: the same file and options give the same roots everywhere.
 *
 * @throws RemitError `MODEL_OPERATOR_REFUSED`, `MODEL_NODE_INVALID`, `MODEL_INPUT_NOT_CONSTANT`, `MODEL_GRAPH_INVALID`, `MODEL_TENSOR_REFUSED`,
 * `MODEL_FILE_MALFORMED`, `MODEL_TOO_LARGE`, `MODEL_OPERATORS_REFUSED` for more than one of them
 */
export function compileModel(file: Uint8Array, options: CompileOptions = {}): CompiledModel {
  const { graph, opsets } = readGraph(file);
  const builder = new PlanBuilder(options.limits ?? DEFAULT_LIMITS);
  const values = new Map<string, Value>(graph.constants);
  const inputs = placeInputs(graph.inputs, options, values);
  const live = liveNodes(graph);
  lowerNodes(live, values, { builder, opsets });
  const outputs = graph.outputs.map((declared) => placeOutput(declared, values, builder));
  if (outputs.length === 0) throw graphInvalid('it has no outputs');
  const last = inputs.at(-1);
  const weights = builder.weights;
  const plan: Plan = {
    instructions: builder.instructions,
    inputLength: last ? last.start + last.length : 0,
    weightsLength: weights.length,
    traceLength: builder.traceLength,
  };
  checkPlan(plan);
  return {
    plan,
    planRoot: planRoot(plan),
    weights,
    weightsRoot: new VectorTree(weights).root,
    inputs,
    outputs,
    origins: builder.nodes.map((n) => ({ node: live[n]?.name ?? 'output', opType: live[n]?.opType ?? 'Identity' })),
    canonicalOnly: canonicalOnlyReasons(live, graph, values),
  };
}

function placeInputs(
  declared: readonly Declared[],
  { shapes = {}, bind = {} }: CompileOptions,
  values: Map<string, Value>,
): readonly CompiledTensor[] {
  const run = declared.filter(({ name }) => bind[name] === undefined);
  for (const { name } of declared) {
    const bound = bind[name];
    if (bound) values.set(name, bound);
  }
  const sized = run.map((input) => ({ input, shape: shapeOf(input, shapes), type: typeOf(input) }));
  const { starts } = alignedStarts(sized.map(({ shape }) => elementCount(shape)));
  return sized.map(({ input: { name, onnxType }, shape, type }, i) => {
    const start = starts[i] ?? 0;
    const source = { kind: 'space', space: SPACE.INPUT } as const;
    values.set(name, { shape, onnxType, type, source, base: start, steps: rowMajor(shape) });
    return { name, onnxType, type, shape, start, length: elementCount(shape) };
  });
}

function shapeOf({ name, dims }: Declared, shapes: NonNullable<CompileOptions['shapes']>): readonly number[] {
  const whole = shapes[name];
  if (Array.isArray(whole)) return whole as readonly number[];
  if (!dims) throw unbound(name, 'no shape at all', `--shape ${name}=1,3,224,224`);
  return dims.map((dim) => {
    if (typeof dim === 'number' && dim > 0) return dim;
    const bound = typeof dim === 'string' && dim !== '' ? shapes[dim] : undefined;
    return typeof bound === 'number' ? bound : 1;
  });
}

function unbound(name: string, what: string, fix: string): RemitError {
  return new RemitError({
    code: 'MODEL_SHAPE_UNBOUND',
    message: `input ${name} of the model declares ${what}`,
    fix: `say its size: ${fix}`,
    context: { input: name },
  });
}

function typeOf({ name, onnxType }: Declared): ElementType {
  const type = judgeTypeOf(onnxType);
  if (type !== undefined) return type;
  throw new RemitError({
    code: 'MODEL_TENSOR_REFUSED',
    message: `input ${name} of the model is ${dataTypeName(onnxType)}`,
    fix: 'export the model with float32, int or bool inputs',
    context: { name, onnxType },
  });
}

/** Nodes that an output needs, in their order. */
function liveNodes({ nodes, outputs }: Graph): readonly GraphNode[] {
  const needed = new Set(outputs.map(({ name }) => name));
  const live: GraphNode[] = [];
  for (const node of [...nodes].reverse()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    live.push(node);
    for (const name of [...node.inputs, ...node.captures]) needed.add(name);
  }
  return live.reverse();
}

function lowerNodes(
  nodes: readonly GraphNode[],
  values: Map<string, Value>,
  { builder, opsets }: { readonly builder: PlanBuilder; readonly opsets: OperatorSets },
): void {
  const surroundings: Surroundings = {
    builder,
    opsets,
    lookUp: (name) => values.get(name),
    lowerBody: (body, inputs) => {
      const { graph, scope } = bodyOf(body as OnnxGraph, inputs, values, opsets);
      const at = builder.node;
      for (const node of graph.nodes) lowerNode(node, scope, { ...surroundings, lookUp: (name) => scope.get(name) });
      builder.node = at;
      return graph.outputs.map(({ name }) => found(name, scope));
    },
  };
  nodes.forEach((node, index) => {
    builder.node = index;
    lowerNode(node, values, surroundings);
  });
  builder.node = nodes.length;
}

function bodyOf(
  body: OnnxGraph,
  inputs: ReadonlyMap<string, Value>,
  outer: ReadonlyMap<string, Value>,
  opsets: OperatorSets,
): { readonly graph: Graph; readonly scope: Map<string, Value> } {
  const graph = graphOf(body, opsets);
  return { graph, scope: new Map([...outer, ...graph.constants, ...inputs]) };
}

function lowerNode(node: GraphNode, values: Map<string, Value>, surroundings: Surroundings): void {
  const lower = operatorOf(node);
  if (!lower)
    throw refused(
      node,
      'the operator is not supported',
      'export the model with operators of the list in docs/OPERATORS.md',
    );
  const inputs = node.inputs.map((name) => (name === '' ? undefined : found(name, values)));
  for (const [i, input] of inputs.entries()) {
    if (input?.onnxType === dataType.string) throw refused(node, `input ${i} is a string tensor`);
  }
  const outputs = lower(new Lowering(node, inputs, surroundings));
  node.outputs.forEach((name, i) => {
    const output = outputs[i];
    if (name !== '' && output) values.set(name, output);
  });
}

function found(name: string, values: ReadonlyMap<string, Value>): Value {
  const value = values.get(name);
  if (!value) throw graphInvalid(`${name} is read, and nothing makes it`);
  return value;
}

/** An output has to lie row-major in the trace; what does not is moved there. */
function placeOutput({ name }: Declared, values: ReadonlyMap<string, Value>, builder: PlanBuilder): CompiledTensor {
  const value = found(name, values);
  const length = elementCount(value.shape);
  if (length === 0) throw graphInvalid(`output ${name} has no elements`);
  const inTrace = value.source.kind === 'space' && value.source.space === SPACE.TRACE;
  const order = value.shape.map((_, d) => d);
  const placed = inTrace && liesInOrder(value, order) ? value : moved(value, builder);
  const { onnxType, type, shape, base: start } = placed;
  return { name, onnxType, type, shape, start, length };
}

function moved(value: Value, builder: PlanBuilder): Value {
  const { type, onnxType, shape } = value;
  const draft = { op: OP.MAP, fn: MAP.MOVE, type, onnxType, dims: shape, operands: [{ value, steps: value.steps }] };
  // A constant output is an instruction that reads weights.
  return isConstant(value) ? builder.emitAlways(draft) : builder.emit(draft);
}
