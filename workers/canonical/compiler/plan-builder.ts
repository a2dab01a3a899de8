import { keccak } from '../../protocol/keccak.ts';
import { CHUNK_ELEMENTS } from '../../protocol/vector.ts';
import { RemitError } from '../../runtime/errors.ts';
import { executeInstruction } from '../executor/execute.ts';
import { elementsOf } from '../executor/spaces.ts';
import {
  type Coordinate,
  type ElementType,
  type Instruction,
  type Op,
  type Operand,
  SPACE,
} from '../plan/instruction.ts';
import { nextStart, readsWindow } from '../plan/sizes.ts';
import {
  bitsOfConstant,
  type ConstantSource,
  constantOf,
  elementCount,
  isConstant,
  rowMajor,
  type Value,
} from './value.ts';

/** How an operand reads a value: the steps are those of the value's memory, one for each dimension of the operand's index. */
export interface Reading {
  readonly value: Value;
  /** added to the value's base */
  readonly offset?: number;
  readonly steps: readonly number[];
  readonly coordinates?: readonly Coordinate[];
  /** bit pattern of what is read out of range */
  readonly pad?: number;
}

/** An instruction before it has a place. */
export interface Draft {
  readonly op: Op;
  readonly fn?: number;
  readonly type: ElementType;
  readonly a?: number;
  readonly b?: number;
  readonly dims: readonly number[];
  readonly window?: readonly number[];
  readonly operands: readonly Reading[];
  /** ONNX type of the result */
  readonly onnxType: number;
}

export interface PlanLimits {
  /** instructions of one plan */
  readonly instructions: number;
  /** elements of the trace, and of the weights */
  readonly elements: number;
}

export const DEFAULT_LIMITS: PlanLimits = { instructions: 200_000, elements: 2 ** 28 };

const UNIFORM_MAX = 4_096;

/** Collects instructions and weights. What depends on constants alone is computed at once and stays a constant. */
export class PlanBuilder {
  readonly #limits: PlanLimits;
  readonly #instructions: Instruction[] = [];
  readonly #nodes: number[] = [];
  readonly #weights: Uint32Array[] = [];
  readonly #placed = new Map<string, number>();
  readonly #placedBuffers = new Map<Uint32Array, number>();
  #weightsLength = 0;
  #end = 0;
  /** index of the node that is being lowered, for `nodes` */
  node = 0;

  constructor(limits: PlanLimits = DEFAULT_LIMITS) {
    this.#limits = limits;
  }

  get instructions(): readonly Instruction[] {
    return this.#instructions;
  }

  /** For each instruction, the node that it came from. */
  get nodes(): readonly number[] {
    return this.#nodes;
  }

  /** The first element of the trace that is free, aligned. */
  get nextStart(): number {
    const last = this.#instructions.at(-1);
    return last ? nextStart(last) : 0;
  }

  /** One past the last element of the trace. */
  get traceLength(): number {
    return this.#end;
  }

  get weights(): Uint32Array {
    const weights = new Uint32Array(this.#weightsLength);
    let at = 0;
    for (const block of this.#weights) {
      weights.set(block, at);
      at += Math.ceil(block.length / CHUNK_ELEMENTS) * CHUNK_ELEMENTS;
    }
    return weights;
  }

  /**
   * Adds an instruction, or computes it when all that it reads is constant.
   *
   * @returns a view with the dimensions `dims`, row-major
   * @throws RemitError `MODEL_TOO_LARGE`
   */
  emit(draft: Draft): Value {
    const { type, dims, onnxType } = draft;
    if (elementCount(dims) === 0) return constantOf(dims, onnxType, type, new Uint32Array(0));
    return draft.operands.every(({ value }) => isConstant(value)) ? this.#fold(draft) : this.emitAlways(draft);
  }

  /** The same, even when all that it reads is constant. */
  emitAlways(draft: Draft): Value {
    const { type, dims, onnxType } = draft;
    const instruction = this.#instruction(draft, this.nextStart, (value) => this.#place(value));
    this.#end = instruction.start + elementCount(dims);
    this.#instructions.push(instruction);
    this.#nodes.push(this.node);
    if (this.#instructions.length > this.#limits.instructions) {
      throw tooLarge(`more than ${this.#limits.instructions} instructions`);
    }
    if (this.#end > this.#limits.elements) throw tooLarge(`a trace of more than ${this.#limits.elements} elements`);
    const source = { kind: 'space', space: SPACE.TRACE } as const;
    return { shape: dims, onnxType, type, source, base: instruction.start, steps: rowMajor(dims) };
  }

  #instruction(draft: Draft, start: number, place: (source: ConstantSource) => number): Instruction {
    const { op, fn = 0, type, a = 0, b = 0, dims, window = [], operands } = draft;
    const inner = squeezeDraft({ op, dims, window, operands, ranked: op === 5 ? a : -1 });
    return {
      op,
      fn,
      type,
      start,
      a: inner.ranked < 0 ? a : inner.ranked,
      b,
      dims: inner.dims,
      window: inner.window,
      operands: inner.operands.map((reading, i) => operandOf(reading, inner.sizes(i), place)),
    };
  }

  #fold(draft: Draft): Value {
    const size = elementCount(draft.dims);
    if (size > this.#limits.elements) throw tooLarge(`a constant of ${size} elements`);
    const blocks: Uint32Array[] = [];
    let length = 0;
    const instruction = this.#instruction(draft, 0, ({ bits }) => {
      const at = length;
      blocks.push(bits);
      length += bits.length;
      return at;
    });
    const weights = new Uint32Array(length);
    let at = 0;
    for (const block of blocks) {
      weights.set(block, at);
      at += block.length;
    }
    const trace = new Uint32Array(size);
    executeInstruction(instruction, {
      input: elementsOf(new Uint32Array(0)),
      weights: elementsOf(weights),
      trace: elementsOf(trace),
    });
    return constantOf(draft.dims, draft.onnxType, draft.type, trace);
  }

  /** Where a constant's numbers are among the weights. Equal numbers are there once. */
  #place({ bits }: ConstantSource): number {
    const known = this.#placedBuffers.get(bits);
    if (known !== undefined) return known;
    const bytes = new Uint8Array(bits.buffer, bits.byteOffset, bits.byteLength);
    const key = `${bits.length} ${Buffer.from(keccak(bytes)).toString('hex')}`;
    const at = this.#placed.get(key) ?? this.#append(bits);
    this.#placed.set(key, at);
    this.#placedBuffers.set(bits, at);
    return at;
  }

  #append(bits: Uint32Array): number {
    const at = Math.ceil(this.#weightsLength / CHUNK_ELEMENTS) * CHUNK_ELEMENTS;
    this.#weights.push(bits);
    this.#weightsLength = at + bits.length;
    if (this.#weightsLength > this.#limits.elements) throw tooLarge(`more than ${this.#limits.elements} weights`);
    return at;
  }
}

interface Squeezed {
  readonly dims: readonly number[];
  readonly window: readonly number[];
  readonly operands: readonly Reading[];
  readonly ranked: number;
  sizes(i: number): readonly number[];
}

/** Leaves out dimensions of size 1, which every operand reads at 0, and joins neighbours that all operands walk as one. */
function squeezeDraft({
  op,
  dims,
  window,
  operands,
  ranked,
}: {
  op: number;
  dims: readonly number[];
  window: readonly number[];
  operands: readonly Reading[];
  ranked: number;
}): Squeezed {
  const all = [...dims, ...window];
  const inTerm = (d: number): boolean =>
    operands.some(({ coordinates = [] }) => coordinates.some(({ terms }) => terms.some((t) => t.dimension === d)));
  const kept: { size: number; from: number; to: number }[] = [];
  all.forEach((size, d) => {
    if (size === 1 && d !== ranked) return;
    const last = kept.at(-1);
    const sameBox = last && last.to < dims.length === d < dims.length;
    const joins =
      sameBox &&
      d !== ranked &&
      last.to !== ranked &&
      !inTerm(d) &&
      !inTerm(last.to) &&
      operands.every((reading, i) => {
        if (d >= dims.length && !readsWindow(op, i)) return true;
        return (reading.steps[last.to] ?? 0) === (reading.steps[d] ?? 0) * size;
      });
    if (joins) Object.assign(last, { size: last.size * size, to: d });
    else kept.push({ size, from: d, to: d });
  });
  const outer = kept.filter(({ to }) => to < dims.length);
  const renamed = new Map(kept.flatMap(({ from, to }, place) => [[from, place] as const, [to, place] as const]));
  const forOperand = (i: number) => (readsWindow(op, i) ? kept : outer);
  return {
    dims: outer.map(({ size }) => size),
    window: kept.slice(outer.length).map(({ size }) => size),
    ranked: ranked < 0 ? ranked : (renamed.get(ranked) ?? 0),
    sizes: (i) => forOperand(i).map(({ size }) => size),
    operands: operands.map((reading, i) => ({
      ...reading,
      steps: forOperand(i).map(({ to }) => reading.steps[to] ?? 0),
      coordinates: (reading.coordinates ?? []).map((coordinate) => ({
        ...coordinate,
        terms: coordinate.terms
          .filter((t) => all[t.dimension] !== 1 || t.dimension === ranked)
          .map((t) => ({ ...t, dimension: renamed.get(t.dimension) ?? 0 })),
      })),
    })),
  };
}

function operandOf(reading: Reading, sizes: readonly number[], place: (source: ConstantSource) => number): Operand {
  const { value, offset = 0, pad = 0 } = reading;
  const { type } = value;
  if (isConstant(value) && (reading.coordinates ?? []).length === 0) {
    const bits = uniformBits(value);
    if (bits !== undefined) return { space: SPACE.LITERAL, type, bits };
  }
  const space = isConstant(value) ? SPACE.WEIGHT : value.source.kind === 'space' ? value.source.space : SPACE.WEIGHT;
  let base = value.base + offset + (isConstant(value) ? place(value.source) : 0);
  const steps = [...reading.steps];
  const coordinates: Coordinate[] = [];
  for (const coordinate of reading.coordinates ?? []) {
    if (!neverFails(coordinate, sizes)) {
      coordinates.push(coordinate);
      continue;
    }
    const { divisor, stride, terms } = coordinate;
    base += stride * (coordinate.offset / divisor);
    for (const { dimension, coefficient } of terms) {
      steps[dimension] = (steps[dimension] ?? 0) + stride * (coefficient / divisor);
    }
  }
  return { space, type, base, steps, coordinates, pad: coordinates.length > 0 ? pad : 0 };
}

/** Whether a coordinate is whole and in range for every index, so that it is a step like any other. */
function neverFails({ size, divisor, offset, terms }: Coordinate, sizes: readonly number[]): boolean {
  if (offset % divisor !== 0 || terms.some(({ coefficient }) => coefficient % divisor !== 0)) return false;
  let [low, high] = [offset, offset];
  for (const { dimension, coefficient } of terms) {
    const reach = coefficient * ((sizes[dimension] ?? 1) - 1);
    if (reach < 0) low += reach;
    else high += reach;
  }
  return low >= 0 && high / divisor < size;
}

/** The one number that a constant consists of; undefined when it has several. */
function uniformBits(value: Value & { readonly source: ConstantSource }): number | undefined {
  const count = elementCount(value.shape);
  if (count === 0 || count > UNIFORM_MAX) return undefined;
  const bits = bitsOfConstant(value);
  const first = bits[0];
  return bits.every((one) => one === first) ? first : undefined;
}

function tooLarge(what: string): RemitError {
  return new RemitError({
    code: 'MODEL_TOO_LARGE',
    message: `the model's plan would have ${what}`,
    fix: 'compile it for smaller shapes, or cut it into models that are asked one after the other',
  });
}
