import {
  decodeModel,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValueInfo,
} from '../../onnx/proto.ts';
import { scanModel } from '../../onnx/wire.ts';
import { messageOf, RemitError } from '../../runtime/errors.ts';
import { Attributes } from './attributes.ts';
import { graphInvalid } from './graph-invalid.ts';
import { inOrder } from './node-order.ts';
import { constantOfTensor } from './onnx-tensor.ts';
import type { NodeRef } from './refusal.ts';
import type { Value } from './value.ts';

/** A node of the graph; absent optional inputs and outputs are ''. */
export interface GraphNode extends NodeRef {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
  /** names that its bodies may take from the graph around them */
  readonly captures: readonly string[];
}

/** A graph input or output as declared; a string is the name of a dynamic dimension, '' of an unnamed one. */
export interface Declared {
  readonly name: string;
  readonly onnxType: number;
  /** undefined when the file does not say */
  readonly dims: readonly (number | string)[] | undefined;
}

export interface Graph {
  readonly nodes: readonly GraphNode[];
  /** without those that are initializers, too */
  readonly inputs: readonly Declared[];
  readonly outputs: readonly Declared[];
  readonly constants: ReadonlyMap<string, Value>;
}

/** Operator set versions by domain; '' and `ai.onnx` are one. */
export type OperatorSets = ReadonlyMap<string, number>;

/** As generous as a node that vets the file before it runs it. */
const FILE_LIMITS = { maxDepth: 32, maxNodes: 50_000, maxFields: 8_000_000 };
/** The newest operator sets of onnxruntime 1.30. What a later one means is not known. */
const NEWEST: readonly (readonly [domain: string, version: number])[] = [
  ['', 26],
  ['ai.onnx.ml', 5],
];

const plainDomain = (domain: string): string => (domain === 'ai.onnx' ? '' : domain);

/**
 * Reads a model file.
 *
 * @throws RemitError `MODEL_FILE_MALFORMED`, `MODEL_MALFORMED`, `MODEL_TOO_LARGE`, `MODEL_TOO_DEEP`, `MODEL_TENSOR_REFUSED`,
 * `MODEL_OPSET_UNSUPPORTED`, `MODEL_GRAPH_INVALID`
 */
export function readGraph(file: Uint8Array): { readonly graph: Graph; readonly opsets: OperatorSets } {
  // Another reader of the same bytes, the engine's, must not see another graph: an honest answer would be a wrong one.
  scanModel(file, FILE_LIMITS);
  const model = decode(file);
  if (!model.graph) throw graphInvalid('the file holds no graph');
  const local = model.functions?.[0];
  // They may be named as standard operators are, and mean something else.
  if (local)
    throw graphInvalid(`it brings functions of its own, ${local.domain ?? ''} ${local.name ?? ''} first: inline them`);
  const opsets = opsetsOf(model);
  return { graph: graphOf(model.graph, opsets), opsets };
}

function opsetsOf(model: OnnxModel): OperatorSets {
  const opsets = new Map<string, number>();
  for (const { domain: spelled = '', version } of model.opsetImport ?? []) {
    const domain = plainDomain(spelled);
    if (opsets.has(domain)) throw opsetUnsupported(domain, 'is imported twice');
    opsets.set(domain, version?.toNumber() ?? 1);
  }
  // Files older than operator sets are of the first one.
  if (!opsets.has('')) opsets.set('', 1);
  for (const [domain, newest] of NEWEST) {
    const version = opsets.get(domain) ?? 1;
    if (version < 1 || version > newest)
      throw opsetUnsupported(domain, `has version ${version}; known are 1 to ${newest}`);
  }
  return opsets;
}

function opsetUnsupported(domain: string, why: string): RemitError {
  return new RemitError({
    code: 'MODEL_OPSET_UNSUPPORTED',
    message: `the operator set ${domain === '' ? 'ai.onnx' : domain} ${why}`,
    fix: 'convert the model with onnx.version_converter, or export it for an operator set that is known',
    context: { domain },
  });
}

/** A graph of the file: the model's own, or the body of a control-flow node. */
export function graphOf(graph: OnnxGraph, opsets: OperatorSets): Graph {
  if ((graph.sparseInitializer ?? []).length > 0) throw graphInvalid('it holds sparse initializers');
  const constants = constantsOf(graph.initializer ?? []);
  const declared = (list: readonly OnnxValueInfo[] | undefined): readonly Declared[] => (list ?? []).map(declaredOf);
  const inputs = declared(graph.input);
  const nodes = inOrder((graph.node ?? []).map((node, i) => nodeOf(node, i, opsets)));
  const given = new Set([...inputs.map(({ name }) => name), ...constants.keys()]);
  const overwritten = nodes.flatMap(({ outputs }) => outputs).find((name) => name !== '' && given.has(name));
  if (overwritten !== undefined) throw graphInvalid(`${overwritten} is given, and a node makes it again`);
  if (new Set(inputs.map(({ name }) => name)).size !== inputs.length)
    throw graphInvalid('two of its inputs have one name');
  return {
    nodes,
    inputs: inputs.filter(({ name }) => !constants.has(name)),
    outputs: declared(graph.output),
    constants,
  };
}

function constantsOf(tensors: readonly OnnxTensor[]): ReadonlyMap<string, Value> {
  const constants = new Map<string, Value>();
  for (const tensor of tensors) {
    const name = tensor.name ?? '';
    if (constants.has(name)) throw graphInvalid(`it has two initializers ${name}`);
    constants.set(name, constantOfTensor(tensor));
  }
  return constants;
}

function decode(file: Uint8Array): ReturnType<typeof decodeModel> {
  try {
    return decodeModel(file);
  } catch (cause) {
    throw new RemitError({
      code: 'MODEL_FILE_MALFORMED',
      message: `the file is not an ONNX model: ${messageOf(cause)}`,
      fix: 'check that the file was copied whole and is ONNX',
      cause,
    });
  }
}

function declaredOf({ name = '', type }: OnnxValueInfo): Declared {
  const tensor = type?.tensorType;
  return {
    name,
    onnxType: tensor?.elemType ?? 0,
    dims: tensor?.shape
      ? (tensor.shape.dim ?? []).map((dim) =>
          // the decoder gives absent fields their defaults
          Object.hasOwn(dim, 'dimValue') ? (dim.dimValue?.toNumber() ?? '') : (dim.dimParam ?? ''),
        )
      : undefined,
  };
}

function nodeOf(node: OnnxNode, index: number, opsets: OperatorSets): GraphNode {
  const domain = plainDomain(node.domain ?? '');
  const opType = node.opType ?? '';
  const name = node.name === undefined || node.name === '' ? `#${index}` : node.name;
  const ref = { name, opType, domain, opset: opsets.get(domain) ?? 1 };
  return {
    ...ref,
    inputs: node.input ?? [],
    outputs: node.output ?? [],
    attributes: new Attributes(ref, node.attribute ?? []),
    captures: (node.attribute ?? []).flatMap(({ g }) => (g ? namesRead(g) : [])),
  };
}

function namesRead(graph: OnnxGraph): readonly string[] {
  return (graph.node ?? []).flatMap((node) => [
    ...(node.input ?? []),
    ...(node.attribute ?? []).flatMap(({ g }) => (g ? namesRead(g) : [])),
  ]);
}
