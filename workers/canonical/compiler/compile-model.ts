import { dataTypeName } from '../../onnx/data-type.ts';
import type { Hex32 } from '../../protocol/ids.ts';
import { MAP, OP, SPACE } from '../plan/instruction.ts';
import { checkPlan, type Plan, planRoot } from '../plan/plan.ts';
import { VectorTree } from '../tree/vector-tree.ts';
import { canonicalOnlyReasons } from './canonical-only.ts';
import { type Declared, readGraph } from './graph.ts';
import { graphInvalid } from './graph-invalid.ts';
import { attempt, found, liveNodes, lowerNodes } from './lower-nodes.ts';
import { type CompiledTensor, type CompileOptions, placeInputs } from './place-inputs.ts';
import { DEFAULT_LIMITS, PlanBuilder } from './plan-builder.ts';
import { type NodeRef, tooLarge } from './refusal.ts';
import { elementCount, isConstant, liesInOrder, type Value } from './value.ts';

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
 * `MODEL_FILE_MALFORMED`, `MODEL_MALFORMED`, `MODEL_TOO_LARGE`, `MODEL_TOO_DEEP`, `MODEL_OPSET_UNSUPPORTED`, `MODEL_SHAPE_UNBOUND`,
 * `MODEL_SHAPE_INVALID`
 */
export function compileModel(file: Uint8Array, options: CompileOptions = {}): CompiledModel {
  const { graph, opsets } = readGraph(file);
  if (graph.outputs.length === 0) throw graphInvalid('it has no outputs');
  const values = new Map<string, Value>(graph.constants);
  const { inputs, inputLength } = placeInputs(graph, options, values);
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  if (inputLength > limits.elements) throw tooLarge(`inputs of ${inputLength} elements`);
  const builder = new PlanBuilder(limits, inputLength);
  const live = liveNodes(graph);
  lowerNodes(live, values, { builder, opsets });
  const outputs = graph.outputs.map((declared) => placeOutput(declared, values, builder));
  const weights = builder.weights;
  const plan: Plan = {
    instructions: builder.instructions,
    inputLength,
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

/** An output has to lie row-major in the trace; what does not is moved there. */
function placeOutput(declared: Declared, values: ReadonlyMap<string, Value>, builder: PlanBuilder): CompiledTensor {
  const { name } = declared;
  const value = found(name, values);
  requireDeclared(declared, value);
  const length = elementCount(value.shape);
  if (length === 0) throw graphInvalid(`output ${name} has no elements`);
  const inTrace = value.source.kind === 'space' && value.source.space === SPACE.TRACE;
  const order = value.shape.map((_, d) => d);
  const placed = inTrace && liesInOrder(value, order) ? value : attempt(outputNode(name), () => moved(value, builder));
  const { onnxType, type, shape, base: start } = placed;
  return { name, onnxType, type, shape, start, length };
}

/** Names the instruction that brings an output into place. */
const outputNode = (name: string): NodeRef => ({ name, opType: 'Identity', domain: '', opset: 1 });

/** What the file says of an output must be so: its readers take the answer to have that shape. */
function requireDeclared({ name, onnxType, dims }: Declared, value: Value): void {
  const { shape } = value;
  const fits = dims?.length === shape.length && dims.every((dim, d) => typeof dim !== 'number' || dim === shape[d]);
  if (dims && !fits) {
    throw graphInvalid(`output ${name} is declared as [${dims.join(', ')}] and has shape [${shape.join(', ')}]`);
  }
  if (onnxType !== value.onnxType && onnxType !== 0) {
    throw graphInvalid(
      `output ${name} is declared as ${dataTypeName(onnxType)} and is ${dataTypeName(value.onnxType)}`,
    );
  }
}

function moved(value: Value, builder: PlanBuilder): Value {
  const { type, onnxType, shape } = value;
  const draft = { op: OP.MAP, fn: MAP.MOVE, type, onnxType, dims: shape, operands: [{ value, steps: value.steps }] };
  // A constant output is an instruction that reads weights.
  return isConstant(value) ? builder.emitAlways(draft) : builder.emit(draft);
}
