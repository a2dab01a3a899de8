import type { ElementType, Reference } from '../plan/instruction.ts';
import { tooLarge } from './refusal.ts';

/** Numbers that are known when the model is compiled: bit patterns in host order. */
export interface ConstantSource {
  readonly kind: 'constant';
  readonly bits: Uint32Array;
  /** some number did not fit 32 bits and was cut to the nearest that does: fine as an end of a slice, not as a number */
  readonly saturated?: boolean;
}

/** Numbers of a vector that the judge can open. */
export interface SpaceSource {
  readonly kind: 'space';
  readonly space: Reference['space'];
}

/**
 * A tensor during compilation: a *view*. Element `i` is at `base + Σ steps_d · i_d` of its source. Views make transposing,
 * slicing, splitting and broadcasting free; the order in memory is the compiler's business alone.
 */
export interface Value {
  readonly shape: readonly number[];
  /** ONNX element type */
  readonly onnxType: number;
  readonly type: ElementType;
  readonly source: ConstantSource | SpaceSource;
  readonly base: number;
  readonly steps: readonly number[];
}

/** Elements that one constant may have: what an adversary can make of a few bytes has to end somewhere. */
export const CONSTANT_MAX = 2 ** 28;

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Steps of a tensor that lies row-major in memory. */
export function rowMajor(shape: readonly number[]): readonly number[] {
  const steps = new Array<number>(shape.length).fill(1);
  for (let i = shape.length - 2; i >= 0; i--) steps[i] = (steps[i + 1] ?? 1) * (shape[i + 1] ?? 1);
  return steps;
}

/** Steps of a tensor whose dimensions lie in memory in `order`, outermost first. */
export function stepsInOrder(shape: readonly number[], order: readonly number[]): readonly number[] {
  const inMemory = rowMajor(order.map((d) => shape[d] ?? 1));
  const steps = new Array<number>(shape.length).fill(1);
  order.forEach((d, place) => (steps[d] = inMemory[place] ?? 1));
  return steps;
}

/** The dimensions of a view from the one with the widest step to the narrowest; broadcast ones first. */
export function memoryOrder({ shape, steps }: Pick<Value, 'shape' | 'steps'>): readonly number[] {
  const width = (d: number): number => ((shape[d] ?? 1) === 1 || steps[d] === 0 ? Infinity : Math.abs(steps[d] ?? 0));
  const compare = (one: number, other: number): number => (one === other ? 0 : one > other ? -1 : 1);
  return shape.map((_, d) => d).sort((one, other) => compare(width(one), width(other)) || one - other);
}

/** Whether a view lies in memory exactly as its steps in `order` would have it, without gaps. */
export function liesInOrder(value: Value, order: readonly number[]): boolean {
  const wanted = stepsInOrder(value.shape, order);
  return value.shape.every((size, d) => size === 1 || value.steps[d] === wanted[d]);
}

export const isConstant = (value: Value): value is Value & { readonly source: ConstantSource } =>
  value.source.kind === 'constant';

/** Visits the elements of a view in row-major order. */
export function forEachAddress(
  { shape, base, steps }: Pick<Value, 'shape' | 'base' | 'steps'>,
  visit: (address: number, i: number) => void,
): void {
  const count = elementCount(shape);
  const index = new Array<number>(shape.length).fill(0);
  let address = base;
  for (let i = 0; i < count; i++) {
    visit(address, i);
    for (let d = shape.length - 1; d >= 0; d--) {
      const next = (index[d] ?? 0) + 1;
      address += steps[d] ?? 0;
      if (next < (shape[d] ?? 1)) {
        index[d] = next;
        break;
      }
      address -= next * (steps[d] ?? 0);
      index[d] = 0;
    }
  }
}

/** The bit patterns of a constant in row-major order. */
export function bitsOfConstant(value: Value & { readonly source: ConstantSource }): Uint32Array {
  const { bits } = value.source;
  const count = elementCount(value.shape);
  if (
    value.base === 0 &&
    bits.length === count &&
    liesInOrder(
      value,
      value.shape.map((_, d) => d),
    )
  )
    return bits;
  if (count > CONSTANT_MAX) throw tooLarge(`a constant of ${count} elements`);
  const out = new Uint32Array(count);
  forEachAddress(value, (address, i) => (out[i] = bits[address] ?? 0));
  return out;
}

/** A constant that lies row-major. */
export function constantOf(
  shape: readonly number[],
  onnxType: number,
  type: ElementType,
  bits: Uint32Array,
  saturated = false,
): Value {
  const source: ConstantSource = { kind: 'constant', bits, ...(saturated && { saturated }) };
  return { shape, onnxType, type, source, base: 0, steps: rowMajor(shape) };
}
