/*
 * How an operator becomes instructions.
 *
 * A family of operators is one file in `operators/` that exports a map from operator names to `Lower` functions; `operators.ts`
 * merges the maps. A `Lower` gets a `Lowering` (one node with its inputs as `Value`s) and returns the node's outputs, in order.
 *
 * A `Value` is a view with constant or run-time numbers (value.ts): reshape, transpose, slice, expand with `views.ts` for free.
 * Everything that computes goes through `Lowering`: `zip`, `map`, `select` broadcast and pick a memory order themselves; `dot`,
 * `fold`, `rank`, `pick`, `join` take explicit readings (draft.ts): steps in memory, one for each output dimension, then one for each
 * window dimension where the operand walks the window, and bounded coordinates for what may leave the tensor. What depends on constants only is computed while compiling and
 * stays constant. Shapes are always known; an operator checks them itself and throws `invalid(...)`, or `refused(...)` for what
 * no plan can hold. What makes a list as long as an attribute or a constant says asks `requireList` before. Inputs that shape the plan are read with `ints(i, role)` or `floatsOf`, which refuse what is not constant.
 */
import { dataType, dataTypeName } from '../../onnx/data-type.ts';
import { bitsOf } from '../arithmetic/float32.ts';
import { type ElementType, MAP, OP, TYPE, ZIP } from '../plan/instruction.ts';
import type { Attributes } from './attributes.ts';
import type { Draft, Reading } from './draft.ts';
import { type DotDraft, emitDot } from './emit-dot.ts';
import { integerRangeOf, isNarrow } from './element-types.ts';
import type { GraphNode, OperatorSets } from './graph.ts';
import type { PlanBuilder } from './plan-builder.ts';
import { invalid, notConstant, refused, tooLarge } from './refusal.ts';
import {
  bitsOfConstant,
  constantOf,
  elementCount,
  isConstant,
  liesInOrder,
  memoryOrder,
  stepsInOrder,
  type Value,
} from './value.ts';
import { broadcastShape, broadcastTo, reshaped, transposed } from './views.ts';

/** Numbers that one input which shapes the plan may have. */
const PARAMETERS_MAX = 2 ** 20;

/** Numbers that a lowering may list: indices, taps, masks. */
const LIST_MAX = 2 ** 24;

export type Lower = (node: Lowering) => readonly Value[];
export type LowerMap = Readonly<Record<string, Lower>>;

/** What a node needs from the model around it; control flow lowers its bodies through it. */
export interface Surroundings {
  readonly builder: PlanBuilder;
  readonly opsets: OperatorSets;
  /** A value of the graph around, by name; undefined when there is none. */
  lookUp(name: string): Value | undefined;
  /** Lowers a body. @returns its outputs */
  lowerBody(body: unknown, inputs: ReadonlyMap<string, Value>): readonly Value[];
}

export type FloatFunction = 'ADD' | 'SUB' | 'MUL' | 'DIV' | 'MIN' | 'MAX' | 'POW' | 'EQ' | 'LT' | 'LE';

/** One node on its way into the plan. */
export class Lowering {
  readonly node: GraphNode;
  readonly surroundings: Surroundings;
  readonly #inputs: readonly (Value | undefined)[];

  constructor(node: GraphNode, inputs: readonly (Value | undefined)[], surroundings: Surroundings) {
    this.node = node;
    this.surroundings = surroundings;
    this.#inputs = inputs;
  }

  get attributes(): Attributes {
    return this.node.attributes;
  }

  get opset(): number {
    return this.node.opset;
  }

  get builder(): PlanBuilder {
    return this.surroundings.builder;
  }

  /** All inputs that are there, in order. */
  get inputs(): readonly Value[] {
    return this.#inputs.filter((input) => input !== undefined);
  }

  /** @throws RemitError `MODEL_NODE_INVALID` when it is absent */
  input(i: number): Value {
    const value = this.#inputs[i];
    if (!value) throw invalid(this.node, `input ${i} is missing`);
    return value;
  }

  optional(i: number): Value | undefined {
    return this.#inputs[i];
  }

  /** The whole numbers of input `i`, which must be constant; undefined when it is absent. @param role what they say, for errors */
  ints(i: number, role: string): readonly number[] | undefined {
    const value = this.#inputs[i];
    return value && [...this.#constantBits(value, TYPE.I32, i, role)].map((bits) => bits | 0);
  }

  /** The floats of input `i`, which must be constant; undefined when it is absent. */
  floats(i: number, role: string): readonly number[] | undefined {
    const value = this.#inputs[i];
    return value && [...new Float32Array(this.#constantBits(value, TYPE.F32, i, role).slice().buffer)];
  }

  /** Refuses to list more numbers than a list should hold; to be asked before making one. @throws RemitError `MODEL_TOO_LARGE` */
  requireList(length: number): void {
    if (!(length <= LIST_MAX)) throw tooLarge(`a list of ${length} numbers`);
  }

  #constantBits(value: Value, type: ElementType, i: number, role: string): Uint32Array {
    if (value.type !== type) throw invalid(this.node, `its ${role} is ${dataTypeName(value.onnxType)}`);
    if (!isConstant(value)) throw notConstant(this.node, this.node.inputs[i] ?? String(i), role);
    const count = elementCount(value.shape);
    if (count > PARAMETERS_MAX) throw refused(this.node, `its ${role} has ${count} numbers`);
    return bitsOfConstant(value);
  }

  /** A dimension that may be counted from the end. @throws RemitError `MODEL_NODE_INVALID` */
  axis(axis: number, rank: number): number {
    if (axis < -rank || axis >= Math.max(rank, 1)) throw invalid(this.node, `axis ${axis} of ${rank} dimensions`);
    return axis < 0 ? axis + rank : axis;
  }

  /** A float scalar. @param value is rounded to float32 */
  float(value: number): Value {
    return constantOf([], dataType.float32, TYPE.F32, Uint32Array.of(bitsOf(Math.fround(value))));
  }

  /** A whole-number scalar. */
  int(value: number, onnxType: number = dataType.int32): Value {
    return constantOf([], onnxType, TYPE.I32, Uint32Array.of(value >>> 0));
  }

  /** Whole numbers as a constant vector or tensor. */
  intTensor(
    values: ArrayLike<number>,
    shape: readonly number[] = [values.length],
    onnxType: number = dataType.int64,
  ): Value {
    return constantOf(
      shape,
      onnxType,
      TYPE.I32,
      Uint32Array.from(values, (value) => value >>> 0),
    );
  }

  floatTensor(values: ArrayLike<number>, shape: readonly number[] = [values.length]): Value {
    const bits = Uint32Array.from(values, (value) => bitsOf(Math.fround(value)));
    return constantOf(shape, dataType.float32, TYPE.F32, bits);
  }

  /** `fn(value)` element by element: a number of `MAP`. @param onnxType of the result; the value's own by default */
  map(fn: number, value: Value, onnxType = value.onnxType): Value {
    const type = fn === MAP.TO_INT ? TYPE.I32 : fn === MAP.TO_FLOAT ? TYPE.F32 : value.type;
    return this.#elementwise({ op: OP.MAP, fn, type, onnxType }, [value]);
  }

  /** `fn(a, b)` element by element, broadcast: a number of `ZIP`. No wrapping of narrow types. */
  zip(fn: number, a: Value, b: Value, onnxType = a.onnxType): Value {
    const type = fn < ZIP.EQ ? TYPE.F32 : TYPE.I32;
    return this.#elementwise({ op: OP.ZIP, fn, type, onnxType }, [a, b]);
  }

  /** An operation that floats and ints share, by the type of `a`; comparisons give bool, narrow types wrap. */
  arithmetic(name: FloatFunction, a: Value, b: Value): Value {
    if (a.type !== b.type) throw invalid(this.node, 'its operands have different types');
    const compares = name === 'EQ' || name === 'LT' || name === 'LE';
    const fn = a.type === TYPE.F32 ? ZIP[name] : ZIP[`INT_${name}`];
    const result = this.zip(fn, a, b, compares ? dataType.bool : a.onnxType);
    return compares || name === 'MIN' || name === 'MAX' ? result : this.wrapped(result);
  }

  /** A whole-number result brought back into the range of its narrow type, modulo its size. */
  wrapped(value: Value): Value {
    if (!isNarrow(value.onnxType)) return value;
    const [low, high] = integerRangeOf(value.onnxType) ?? [0, 0];
    const keep = (v: Value): Value => this.zip(ZIP.INT_AND, v, this.int(high - low), value.onnxType);
    if (low === 0) return keep(value);
    const shifted = this.zip(ZIP.INT_SUB, value, this.int(low), value.onnxType);
    return this.zip(ZIP.INT_ADD, keep(shifted), this.int(low), value.onnxType);
  }

  /** `condition ? a : b` element by element, broadcast. */
  select(condition: Value, a: Value, b: Value): Value {
    return this.#elementwise({ op: OP.SELECT, type: a.type, onnxType: a.onnxType }, [condition, a, b]);
  }

  #elementwise(draft: Pick<Draft, 'op' | 'fn' | 'type' | 'onnxType'>, values: readonly Value[]): Value {
    const shape = broadcastShape(values.map((value) => value.shape));
    if (!shape) {
      throw invalid(
        this.node,
        `shapes ${values.map((value) => `[${value.shape.join(', ')}]`).join(' and ')} do not fit`,
      );
    }
    const views = values.map((value) => broadcastTo(value, shape));
    // The result lies in memory as the largest run-time operand does.
    const leader = values
      .map((value, i) => ({ view: views[i] ?? value, weight: isConstant(value) ? -1 : elementCount(value.shape) }))
      .reduce((best, one) => (one.weight > best.weight ? one : best));
    const order = memoryOrder(leader.view);
    return this.emitInOrder(order, {
      ...draft,
      dims: shape,
      operands: views.map((value) => ({ value, steps: value.steps })),
    });
  }

  /** Emits an instruction without a window whose result lies in memory in `order` of the dimensions `draft.dims`. */
  emitInOrder(order: readonly number[], draft: Draft): Value {
    const renamed = new Map(order.map((d, place) => [d, place]));
    const permuted = this.builder.emit({
      ...draft,
      dims: order.map((d) => draft.dims[d] ?? 1),
      operands: draft.operands.map((reading) => ({
        ...reading,
        steps: order.map((d) => reading.steps[d] ?? 0),
        coordinates: (reading.coordinates ?? []).map((coordinate) => ({
          ...coordinate,
          terms: coordinate.terms.map((t) => ({ ...t, dimension: renamed.get(t.dimension) ?? 0 })),
        })),
      })),
    });
    return transposed(
      permuted,
      draft.dims.map((_, d) => renamed.get(d) ?? 0),
    );
  }

  /** A sum of products; see `emitDot`. */
  dot(draft: DotDraft): Value {
    return emitDot(this.builder, draft);
  }

  /** The value lying in memory in `order` (row-major by default): itself when it does, else moved. */
  contiguous(value: Value, order: readonly number[] = value.shape.map((_, d) => d)): Value {
    if (liesInOrder(value, order)) return value;
    if (isConstant(value)) {
      const inOrder = { ...transposed(value, order), source: value.source };
      const bits = bitsOfConstant(inOrder);
      return { ...value, source: { ...value.source, bits }, base: 0, steps: stepsInOrder(value.shape, order) };
    }
    const { type, onnxType, shape } = value;
    const operands: readonly Reading[] = [{ value, steps: value.steps }];
    return this.emitInOrder(order, { op: OP.MAP, fn: MAP.MOVE, type, onnxType, dims: shape, operands });
  }

  /** The same elements, row-major, under another shape. @throws RemitError `MODEL_NODE_INVALID` when the counts differ */
  reshape(value: Value, shape: readonly number[]): Value {
    if (elementCount(shape) !== elementCount(value.shape)) {
      throw invalid(this.node, `[${value.shape.join(', ')}] cannot become [${shape.join(', ')}]`);
    }
    return reshaped(value, shape) ?? reshaped(this.contiguous(value), shape) ?? value;
  }

  /** The value as another ONNX type of the same judge's type. */
  retyped(value: Value, onnxType: number): Value {
    return { ...value, onnxType };
  }

  /** A plain reading of a value: one step for each of its own dimensions. */
  reading(value: Value): Reading {
    return { value, steps: value.steps };
  }

  /** Zero of a judge's type. */
  zero(type: ElementType): Value {
    return type === TYPE.F32 ? this.float(0) : this.int(0);
  }
}
