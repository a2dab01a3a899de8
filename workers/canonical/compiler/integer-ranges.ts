import { TYPE } from '../plan/instruction.ts';
import { integerRangeOf } from './element-types.ts';
import type { GraphNode } from './graph.ts';
import { bitsOfConstant, isConstant, type Value } from './value.ts';

/** Smallest and largest number that a tensor can hold. */
export type Range = readonly [low: number, high: number];

const MOVES = new Set([
  ...[
    'Identity',
    'Cast',
    'Transpose',
    'Reshape',
    'Flatten',
    'Squeeze',
    'Unsqueeze',
    'Slice',
    'Split',
    'Expand',
    'Tile',
  ],
  ...['Gather', 'GatherElements', 'GatherND', 'ReduceMax', 'ReduceMin', 'DepthToSpace', 'SpaceToDepth'],
]);
const CHOICES = new Set(['Concat', 'Min', 'Max', 'Where']);

const union = (ranges: readonly Range[]): Range => [
  Math.min(...ranges.map(([low]) => low)),
  Math.max(...ranges.map(([, high]) => high)),
];
const corners = (a: Range, b: Range, act: (x: number, y: number) => number): Range => {
  const all = a.flatMap((x) => b.map((y) => act(x, y)));
  return [Math.min(...all), Math.max(...all)];
};

/** What each whole-number operator does to ranges; exact in float64, since operands are int32. */
const ARITHMETIC: Readonly<Record<string, (a: Range, b: Range) => Range>> = {
  Add: (a, b) => corners(a, b, (x, y) => x + y),
  Sub: (a, b) => corners(a, b, (x, y) => x - y),
  Mul: (a, b) => corners(a, b, (x, y) => x * y),
};

/**
 * Ranges of whole numbers through a graph, node by node. What it does not know it takes for all of int32.
 *
 * @param values of the graph by name
 */
export class IntegerRanges {
  readonly #values: ReadonlyMap<string, Value>;
  readonly #known = new Map<string, Range>();

  constructor(values: ReadonlyMap<string, Value>) {
    this.#values = values;
  }

  /** Takes note of a node's outputs. @returns whether its arithmetic certainly stays inside 32 bits */
  follow({ opType, inputs, outputs }: GraphNode): boolean {
    const range = this.#result(opType, inputs);
    if (!range) return false;
    const [low, high] = range;
    const fits = low >= -(2 ** 31) && high < 2 ** 31;
    if (fits) for (const name of outputs) this.#known.set(name, this.#wrapped(name, range));
    return fits;
  }

  /** What a type cannot hold wraps: all of the type is possible then. */
  #wrapped(name: string, range: Range): Range {
    const all = integerRangeOf(this.#values.get(name)?.onnxType ?? 0) ?? range;
    return range[0] >= all[0] && range[1] <= all[1] ? range : all;
  }

  #result(opType: string, inputs: readonly string[]): Range | undefined {
    const [first = '', second = ''] = inputs;
    if (MOVES.has(opType)) return this.#isInts(first) ? this.#of(first) : undefined;
    if (CHOICES.has(opType)) {
      const chosen = opType === 'Where' ? inputs.slice(1) : inputs;
      return chosen.every((name) => this.#isInts(name)) ? union(chosen.map((name) => this.#of(name))) : undefined;
    }
    const act = Object.hasOwn(ARITHMETIC, opType) ? ARITHMETIC[opType] : undefined;
    return act && this.#isInts(first) && this.#isInts(second) ? act(this.#of(first), this.#of(second)) : undefined;
  }

  #isInts(name: string): boolean {
    return this.#values.get(name)?.type === TYPE.I32;
  }

  #of(name: string): Range {
    const known = this.#known.get(name);
    if (known) return known;
    const value = this.#values.get(name);
    if (!value) return [-(2 ** 31), 2 ** 31 - 1];
    const range = isConstant(value) ? rangeOfBits(bitsOfConstant(value)) : integerRangeOf(value.onnxType);
    const found: Range = range ?? [-(2 ** 31), 2 ** 31 - 1];
    this.#known.set(name, found);
    return found;
  }
}

function rangeOfBits(bits: Uint32Array): Range | undefined {
  if (bits.length === 0) return undefined;
  let [low, high] = [Infinity, -Infinity];
  for (const one of bits) {
    low = Math.min(low, one | 0);
    high = Math.max(high, one | 0);
  }
  return [low, high];
}
