import type { OnnxAttribute, OnnxGraph } from '../../onnx/proto.ts';
import { invalid, type NodeRef } from './refusal.ts';
import { constantOfTensor } from './onnx-tensor.ts';
import type { Value } from './value.ts';

const KIND = { float: 1, int: 2, string: 3, tensor: 4, graph: 5, floats: 6, ints: 7, strings: 8 } as const;

/** Attributes that say yes or no. Engines differ in what they take another number for. */
const FLAGS: ReadonlySet<string> = new Set([
  ...['keepdims', 'noop_with_empty_axes', 'select_last_index', 'ceil_mode', 'count_include_pad', 'storage_order'],
  ...['transA', 'transB', 'exclusive', 'reverse', 'largest', 'sorted', 'allowzero', 'fmod', 'training_mode'],
  ...['detect_positive', 'detect_negative', 'antialias', 'exclude_outside', 'linear_before_reset', 'input_forget'],
  ...['is_causal', 'upper'],
]);

/** The attributes of a node, by name and expected type. An attribute of another type is an error, an absent one the default. */
export class Attributes {
  readonly #node: NodeRef;
  readonly #attributes: ReadonlyMap<string, OnnxAttribute>;

  constructor(node: NodeRef, attributes: readonly OnnxAttribute[]) {
    this.#node = node;
    this.#attributes = new Map(attributes.map((attribute) => [attribute.name ?? '', attribute]));
  }

  has(name: string): boolean {
    return this.#attributes.has(name);
  }

  /** Names of all attributes. */
  names(): readonly string[] {
    return [...this.#attributes.keys()];
  }

  int(name: string, byDefault: number): number {
    const found = this.#find(name, KIND.int);
    const value = found ? (found.i?.toNumber() ?? 0) : byDefault;
    if (FLAGS.has(name) && value !== 0 && value !== 1) throw invalid(this.#node, `${name} is ${value}, not 0 or 1`);
    return value;
  }

  ints(name: string): readonly number[] | undefined {
    return this.#find(name, KIND.ints)?.ints?.map((long) => long.toNumber());
  }

  float(name: string, byDefault: number): number {
    const found = this.#find(name, KIND.float);
    return Math.fround(found ? (found.f ?? 0) : byDefault);
  }

  floats(name: string): readonly number[] | undefined {
    return this.#find(name, KIND.floats)?.floats;
  }

  string(name: string, byDefault: string): string {
    const found = this.#find(name, KIND.string);
    return found ? Buffer.from(found.s ?? []).toString('utf8') : byDefault;
  }

  strings(name: string): readonly string[] | undefined {
    return this.#find(name, KIND.strings)?.strings?.map((bytes) => Buffer.from(bytes).toString('utf8'));
  }

  tensor(name: string): Value | undefined {
    const tensor = this.#find(name, KIND.tensor)?.t;
    return tensor ? constantOfTensor(tensor) : undefined;
  }

  graph(name: string): OnnxGraph | undefined {
    return this.#find(name, KIND.graph)?.g ?? undefined;
  }

  /** The body of that name, whatever else there may be; undefined for other attributes. */
  body(name: string): OnnxGraph | undefined {
    return this.#attributes.get(name)?.g ?? undefined;
  }

  #find(name: string, kind: number): OnnxAttribute | undefined {
    const found = this.#attributes.get(name);
    if (!found) return undefined;
    // Files older than the type field say their type by what is there.
    if (found.type !== undefined && found.type !== 0 && found.type !== kind) {
      throw invalid(this.#node, `attribute ${name} has type ${found.type}, expected ${kind}`);
    }
    return found;
  }
}
