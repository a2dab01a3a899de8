import { messageOf, RemitError } from '../runtime/errors.ts';
import { elementTypeOf } from './element-type.ts';
import { defaultModelLimits, type ModelLimits } from './model-limits.ts';
import { constantTensor, createMemoryEstimate, madeElements, type MemoryEstimate } from './model-memory.ts';
import type { ModelSummary, TensorSpec } from './model-summary.ts';
import {
  decodeModel,
  type Long,
  type OnnxDimension,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValueInfo,
} from '../onnx/proto.ts';
import { scanModel } from '../onnx/wire.ts';
import { dimensions, elementCount, requireFilled } from './tensor-size.ts';

const DOMAINS: ReadonlySet<string> = new Set(['', 'ai.onnx', 'ai.onnx.ml']);
const CONTROL_FLOW: ReadonlySet<string> = new Set(['If', 'Loop', 'Scan']);
const EXTERNAL = 1;

interface Vetting {
  readonly limits: ModelLimits;
  readonly memory: MemoryEstimate;
  parameters: number;
}

/**
 * Reads an ONNX file and refuses what a node must not run. Nothing of the file is executed, and no path in it is opened.
 *
 * @param bytes the whole file; `ModelLimits` bounds its size
 * @throws RemitError `MODEL_MALFORMED`, `MODEL_TOO_LARGE`, `MODEL_TOO_DEEP`, `MODEL_EXTERNAL_DATA`,
 *   `MODEL_DOMAIN_UNSUPPORTED`, `MODEL_OPSET_UNSUPPORTED`, `MODEL_FEATURE_UNSUPPORTED`, `MODEL_TYPE_UNSUPPORTED`, `MODEL_MEMORY`
 */
export function vetModel(bytes: Uint8Array, overrides: Partial<ModelLimits> = {}): ModelSummary {
  const limits = { ...defaultModelLimits, ...overrides };
  if (bytes.length > limits.maxFileBytes) {
    throw new RemitError({
      code: 'MODEL_TOO_LARGE',
      message: `the model file has ${bytes.length} bytes; the limit is ${limits.maxFileBytes}`,
      fix: 'Use a smaller model, or raise the operator limit if you trust its publisher.',
      context: { bytes: bytes.length, limit: limits.maxFileBytes },
    });
  }
  const { nodes } = scanModel(bytes, limits);
  const model = decode(bytes);
  const opset = requireOpset(model, limits);
  requirePlainModel(model);
  const vetting: Vetting = { limits, memory: createMemoryEstimate(limits), parameters: 0 };
  const graph = model.graph ?? {};
  vetGraph(graph, vetting, new Map());
  const weights = new Set((graph.initializer ?? []).map((tensor) => tensor.name));
  const inputs = (graph.input ?? [])
    .filter((input) => !weights.has(input.name))
    .map((input) => tensorSpec(input, 'input'));
  const outputs = (graph.output ?? []).map((output) => tensorSpec(output, 'output'));
  if (outputs.length === 0) throw malformed('the graph has no output');
  return {
    inputs,
    outputs,
    nodes,
    opset,
    parameters: vetting.parameters,
    bytes: bytes.length,
    estimatedPeakBytes: vetting.memory.total,
  };
}

function decode(bytes: Uint8Array): OnnxModel {
  try {
    return decodeModel(bytes);
  } catch (error) {
    throw malformed(messageOf(error), error);
  }
}

function requireOpset(model: OnnxModel, limits: ModelLimits): number {
  const versions = (model.opsetImport ?? []).filter((set) => (set.domain ?? '') === '' || set.domain === 'ai.onnx');
  const opset = versions[0]?.version?.toNumber();
  if (versions.length === 1 && opset !== undefined && opset >= limits.minOpset && opset <= limits.maxOpset)
    return opset;
  throw new RemitError({
    code: 'MODEL_OPSET_UNSUPPORTED',
    message: `the model imports operator set ${versions.map((set) => String(set.version)).join(' and ') || 'none'}; supported are ${limits.minOpset} to ${limits.maxOpset}`,
    fix: 'Convert the model with onnx.version_converter, or export it with a supported opset.',
    context: { opset, minOpset: limits.minOpset, maxOpset: limits.maxOpset },
  });
}

function requirePlainModel(model: OnnxModel): void {
  if (!model.graph) throw malformed('the file has no graph');
  // Functions can call each other and expand exponentially, and may redefine standard operators.
  const name = model.functions?.[0]?.name;
  if (model.functions?.length)
    throw unsupported(
      `model-local functions (first: ${name ?? 'unnamed'})`,
      'Inline the functions (onnx.inliner) before registering.',
    );
  if (model.trainingInfo?.length) throw unsupported('training information', 'Export the model for inference only.');
}

function vetGraph(graph: OnnxGraph, vetting: Vetting, outer: ReadonlyMap<string, OnnxTensor>): void {
  if (graph.sparseInitializer?.length) throw unsupported('sparse initializers', 'Export the model with dense weights.');
  const constants = new Map(outer);
  for (const tensor of graph.initializer ?? []) {
    vetTensor(tensor, `initializer "${tensor.name ?? ''}"`, vetting);
    constants.set(tensor.name ?? '', tensor);
  }
  for (const value of [...(graph.input ?? []), ...(graph.output ?? []), ...(graph.valueInfo ?? [])])
    vetValue(value, vetting);
  for (const node of graph.node ?? []) vetNode(node, vetting, constants);
}

function vetNode(node: OnnxNode, vetting: Vetting, constants: Map<string, OnnxTensor>): void {
  const label = `node "${node.name || (node.output?.[0] ?? '')}" (${node.opType ?? ''})`;
  const domain = node.domain ?? '';
  if (!DOMAINS.has(domain)) {
    throw new RemitError({
      code: 'MODEL_DOMAIN_UNSUPPORTED',
      message: `${label} belongs to operator domain "${domain}"; only ai.onnx and ai.onnx.ml are supported`,
      fix: 'Export the model with standard ONNX operators only.',
      context: { node: node.name ?? '', opType: node.opType ?? '', domain },
    });
  }
  if (CONTROL_FLOW.has(node.opType ?? '') && !vetting.limits.allowControlFlow) {
    throw unsupported(`control flow: ${label}`, 'Unroll the loop or fold the branch when exporting.');
  }
  for (const attribute of node.attribute ?? []) {
    const owner = `attribute "${attribute.name ?? ''}" of ${label}`;
    for (const tensor of [attribute.t, ...(attribute.tensors ?? [])]) if (tensor) vetTensor(tensor, owner, vetting);
    if (attribute.sparseTensor ?? attribute.sparseTensors?.length)
      throw unsupported(`a sparse tensor in ${owner}`, 'Export dense constants.');
    for (const graph of [attribute.g, ...(attribute.graphs ?? [])]) if (graph) vetGraph(graph, vetting, constants);
  }
  const made = madeElements(node, constants);
  if (made) vetting.memory.addTensor(`the output of ${label}`, made.onnxType, made.elements, 1);
  const constant = node.opType === 'Constant' ? constantTensor(node) : undefined;
  if (constant) constants.set(node.output?.[0] ?? '', constant);
}

function vetTensor(tensor: OnnxTensor, owner: string, vetting: Vetting): void {
  if (tensor.dataLocation === EXTERNAL || tensor.externalData?.length) {
    throw new RemitError({
      code: 'MODEL_EXTERNAL_DATA',
      message: `${owner} keeps its data outside the file`,
      fix: 'Save the model as one file (onnx.save_model with save_as_external_data=False).',
      context: { owner },
    });
  }
  if (tensor.segment) throw unsupported(`a segmented tensor: ${owner}`, 'Export the model again.');
  const elements = elementCount(dimensions(tensor.dims, owner));
  // Weights live in the file's buffer and in the engine's own copy.
  vetting.memory.addTensor(owner, tensor.dataType ?? 0, elements, 2);
  requireFilled(tensor, elements, owner);
  if (owner.startsWith('initializer')) vetting.parameters += elements;
}

function vetValue(value: OnnxValueInfo, vetting: Vetting): void {
  const type = value.type?.tensorType;
  const owner = `value "${value.name ?? ''}"`;
  const sizes = dimensions(
    type?.shape?.dim?.flatMap((dim) => fixedSize(dim) ?? []),
    owner,
  );
  if (type) vetting.memory.addTensor(owner, type.elemType ?? 0, elementCount(sizes), 1);
}

/** The decoder answers 0 for a dimension that has no size, so presence is asked for. */
function fixedSize(dim: OnnxDimension): Long | undefined {
  return Object.hasOwn(dim, 'dimValue') ? dim.dimValue : undefined;
}

function tensorSpec(value: OnnxValueInfo, side: 'input' | 'output'): TensorSpec {
  const name = value.name ?? '';
  const tensor = value.type?.tensorType;
  const type = elementTypeOf(tensor?.elemType ?? 0);
  if (!type || !tensor?.shape) {
    throw new RemitError({
      code: 'MODEL_TYPE_UNSUPPORTED',
      message: `${side} "${name}" ${tensor ? (type ? 'has no shape' : `has ONNX element type ${tensor.elemType ?? 0}`) : 'is not a tensor'}`,
      fix: 'Inputs and outputs must be shaped tensors of float32, bool, int8, uint8, int16, uint16, int32 or int64; cast inside the model.',
      context: { name, side, elementType: tensor?.elemType ?? null },
    });
  }
  const dims = tensor.shape.dim ?? [];
  return {
    name,
    type,
    shape: dims.map((dim) => fixedSize(dim)?.toNumber() ?? null),
    symbols: dims.map((dim) => dim.dimParam || null),
  };
}

function malformed(reason: string, cause?: unknown): RemitError {
  return new RemitError({
    code: 'MODEL_MALFORMED',
    message: `not a well-formed ONNX file: ${reason}`,
    fix: 'Check that the file is a complete ONNX model and export it again.',
    cause,
  });
}

function unsupported(what: string, fix: string): RemitError {
  return new RemitError({
    code: 'MODEL_FEATURE_UNSUPPORTED',
    message: `the model uses ${what}`,
    fix,
    context: { feature: what },
  });
}
