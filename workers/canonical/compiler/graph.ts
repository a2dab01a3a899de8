import { decodeModel, type OnnxGraph, type OnnxNode, type OnnxValueInfo } from '../../onnx/proto.ts';
import { messageOf, RemitError } from '../../runtime/errors.ts';
import { Attributes } from './attributes.ts';
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

const plainDomain = (domain: string): string => (domain === 'ai.onnx' ? '' : domain);

/** Reads a model file. @throws RemitError `MODEL_FILE_MALFORMED`, `MODEL_TENSOR_REFUSED`, `MODEL_GRAPH_INVALID` */
export function readGraph(file: Uint8Array): { readonly graph: Graph; readonly opsets: OperatorSets } {
  const model = decode(file);
  if (!model.graph) throw graphInvalid('the file holds no graph');
  const opsets = new Map(
    (model.opsetImport ?? []).map(({ domain = '', version }) => [plainDomain(domain), version?.toNumber() ?? 1]),
  );
  // Files older than operator sets are of the first one.
  if (!opsets.has('')) opsets.set('', 1);
  return { graph: graphOf(model.graph, opsets), opsets };
}

/** A graph of the file: the model's own, or the body of a control-flow node. */
export function graphOf(graph: OnnxGraph, opsets: OperatorSets): Graph {
  if ((graph.sparseInitializer ?? []).length > 0) throw graphInvalid('it holds sparse initializers');
  const constants = new Map((graph.initializer ?? []).map((tensor) => [tensor.name ?? '', constantOfTensor(tensor)]));
  const declared = (list: readonly OnnxValueInfo[] | undefined): readonly Declared[] => (list ?? []).map(declaredOf);
  return {
    nodes: inOrder((graph.node ?? []).map((node, i) => nodeOf(node, i, opsets))),
    inputs: declared(graph.input).filter(({ name }) => !constants.has(name)),
    outputs: declared(graph.output),
    constants,
  };
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

/** Nodes after what they need, the first of the file first among those that could be next. */
function inOrder(nodes: readonly GraphNode[]): readonly GraphNode[] {
  const makers = new Map(nodes.flatMap((node) => node.outputs.filter((o) => o !== '').map((o) => [o, node] as const)));
  const waiting = new Map<GraphNode, number>();
  const readers = new Map<GraphNode, GraphNode[]>();
  for (const node of nodes) {
    const names = [...node.inputs, ...node.captures];
    const needs = new Set(names.map((name) => makers.get(name)).filter((maker) => maker !== undefined));
    waiting.set(node, needs.size);
    for (const maker of needs) readers.set(maker, [...(readers.get(maker) ?? []), node]);
  }
  const rank = new Map(nodes.map((node, i) => [node, i]));
  const ready = nodes.filter((node) => waiting.get(node) === 0);
  const ordered: GraphNode[] = [];
  for (let node = ready.shift(); node; node = ready.shift()) {
    ordered.push(node);
    for (const reader of readers.get(node) ?? []) {
      const left = (waiting.get(reader) ?? 0) - 1;
      waiting.set(reader, left);
      if (left === 0) insert(ready, reader, rank);
    }
  }
  if (ordered.length !== nodes.length) throw graphInvalid('its nodes need each other in a circle');
  return ordered;
}

function insert(ready: GraphNode[], node: GraphNode, rank: ReadonlyMap<GraphNode, number>): void {
  const place = rank.get(node) ?? 0;
  const before = ready.findIndex((other) => (rank.get(other) ?? 0) > place);
  ready.splice(before < 0 ? ready.length : before, 0, node);
}

export function graphInvalid(why: string): RemitError {
  return new RemitError({
    code: 'MODEL_GRAPH_INVALID',
    message: `the model's graph cannot be compiled: ${why}`,
    fix: 'check the model with the tool that exported it',
  });
}
