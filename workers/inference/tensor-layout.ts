import { alignedStarts, elementsIn, ELEMENT_BYTES } from '../protocol/vector.ts';
import type { ElementType } from './element-type.ts';
import { inputError } from './input-errors.ts';
import type { ModelSummary, TensorSpec } from './model-summary.ts';
import { decodeTensor, encodeTensor, type TensorData } from './tensor-data.ts';

/** A graph input or output with every dimension bound. */
export interface BoundTensor {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** Elements. */
  readonly length: number;
  /** First element inside the vector, a multiple of 64. */
  readonly start: number;
}

/** How a model's inputs and outputs lie in their vectors (`protocol/vector.ts`); lengths in 4-byte elements. */
export interface TensorLayout {
  readonly inputs: readonly BoundTensor[];
  readonly inputLength: number;
  /** Null when an output dimension is only known after a run. */
  readonly outputs: readonly BoundTensor[] | null;
  readonly outputLength: number | null;
}

/** A tensor as onnxruntime takes and gives it. */
export interface Tensor {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/**
 * Binds dynamic dimensions: by symbolic name, else to 1. An output dimension whose name no input and no binding has is
 * unknown until the model has run.
 *
 * @throws RemitError `INPUT_SHAPE` for a binding that is no positive integer or names no dimension of the model
 */
export function bindShapes(summary: ModelSummary, bindings: Readonly<Record<string, number>> = {}): TensorLayout {
  const known = new Set(summary.inputs.flatMap((input) => input.symbols));
  for (const [name, size] of Object.entries(bindings)) {
    if (!known.has(name))
      throw inputError('INPUT_SHAPE', `no input has a dimension "${name}"`, { name, known: [...known] });
    if (!Number.isSafeInteger(size) || size < 1)
      throw inputError('INPUT_SHAPE', `dimension "${name}" cannot be ${size}`, { name, size });
  }
  const size = (spec: TensorSpec, axis: number, fallback: number | null): number | null => {
    const symbol = spec.symbols[axis] ?? null;
    const dim = spec.shape[axis] ?? null;
    if (dim !== null) return dim;
    if (symbol !== null && Object.hasOwn(bindings, symbol)) return bindings[symbol] ?? null;
    return symbol !== null && known.has(symbol) ? 1 : fallback;
  };
  const inputs = place(
    summary.inputs.map((spec) => ({ spec, shape: spec.shape.map((_, axis) => size(spec, axis, 1) ?? 1) })),
  );
  const outputShapes = summary.outputs.map((spec) => ({
    spec,
    shape: spec.shape.map((_, axis) => size(spec, axis, null)),
  }));
  const knownOutputs = outputShapes.filter(isKnown);
  const outputs = knownOutputs.length === outputShapes.length ? place(knownOutputs) : null;
  return { inputs, inputLength: vectorLength(inputs), outputs, outputLength: outputs && vectorLength(outputs) };
}

/**
 * The layout with the outputs that a run really gave. Exported files name output dimensions freely, and some name them
 * wrongly; onnxruntime only warns.
 */
export function withMeasuredOutputs(layout: TensorLayout, measured: readonly Tensor[]): TensorLayout {
  const { starts, length } = alignedStarts(measured.map((output) => output.data.length));
  const outputs = measured.map(({ name, type, shape, data }, index) => ({
    name,
    type,
    shape,
    length: data.length,
    start: starts[index] ?? 0,
  }));
  return { ...layout, outputs, outputLength: length };
}

/**
 * Cuts an input vector into the tensors onnxruntime takes.
 *
 * @param vector big-endian 4-byte elements, `layout.inputLength` of them
 * @throws RemitError `INPUT_LENGTH`, `INPUT_PADDING`, `INPUT_NOT_FINITE`, `INPUT_OUT_OF_RANGE`
 */
export function splitInputs(layout: TensorLayout, vector: Uint8Array): Tensor[] {
  const expected = layout.inputLength * ELEMENT_BYTES;
  if (vector.length !== expected) {
    throw inputError(
      'INPUT_LENGTH',
      `the input vector has ${vector.length} bytes, expected ${expected} (${layout.inputLength} elements)`,
      {
        expected: layout.inputLength,
        got: vector.length / ELEMENT_BYTES,
      },
    );
  }
  let end = 0;
  return layout.inputs.map(({ name, type, shape, start, length }) => {
    const gap = vector.subarray(end * ELEMENT_BYTES, start * ELEMENT_BYTES).findIndex((byte) => byte !== 0);
    if (gap >= 0)
      throw inputError(
        'INPUT_PADDING',
        `element ${end + Math.floor(gap / ELEMENT_BYTES)} lies between inputs and is not zero`,
      );
    end = start + length;
    return {
      name,
      type,
      shape,
      data: decodeTensor(type, vector.subarray(start * ELEMENT_BYTES, end * ELEMENT_BYTES), name),
    };
  });
}

/**
 * Joins outputs, given in graph order, into the output vector. Minus zero becomes zero, as in every vector.
 *
 * @throws RemitError `OUTPUT_LENGTH` when an output is not as long as the layout says, `OUTPUT_NOT_FINITE`, `OUTPUT_OUT_OF_RANGE`
 */
export function joinOutputs(layout: TensorLayout, outputs: readonly Tensor[]): Uint8Array {
  outputs.forEach((output, index) => {
    const expected = layout.outputs?.[index]?.length ?? output.data.length;
    if (output.data.length === expected) return;
    throw inputError(
      'OUTPUT_LENGTH',
      `output "${output.name}" has ${output.data.length} elements, expected ${expected}`,
      { expected, got: output.data.length },
    );
  });
  const { starts, length } = alignedStarts(outputs.map((output) => output.data.length));
  const vector = new Uint8Array(length * ELEMENT_BYTES);
  outputs.forEach((output, index) => {
    vector.set(encodeTensor(output.type, output.data, output.name), (starts[index] ?? 0) * ELEMENT_BYTES);
  });
  return vector;
}

/** Cuts an output vector of known layout into its tensors: the inverse of `joinOutputs`, for whoever reads a result. */
export function splitOutputs(layout: TensorLayout, vector: Uint8Array): Tensor[] {
  if (!layout.outputs || elementsIn(vector) !== layout.outputLength) {
    throw inputError(
      'OUTPUT_LENGTH',
      `the output vector has ${elementsIn(vector)} elements, expected ${layout.outputLength ?? 'an unknown number'}`,
    );
  }
  return layout.outputs.map(({ name, type, shape, start, length }) => {
    const bytes = vector.subarray(start * ELEMENT_BYTES, (start + length) * ELEMENT_BYTES);
    return { name, type, shape, data: decodeTensor(type, bytes, name) };
  });
}

function place(bound: readonly KnownShape[]): BoundTensor[] {
  const lengths = bound.map(({ shape }) => shape.reduce((product, dim) => product * dim, 1));
  const { starts } = alignedStarts(lengths);
  return bound.map(({ spec, shape }, index) => ({
    name: spec.name,
    type: spec.type,
    shape,
    length: lengths[index] ?? 0,
    start: starts[index] ?? 0,
  }));
}

function vectorLength(tensors: readonly BoundTensor[]): number {
  return tensors.reduce((end, { start, length }) => Math.max(end, start + length), 0);
}

interface KnownShape {
  readonly spec: TensorSpec;
  readonly shape: readonly number[];
}

function isKnown(bound: {
  spec: TensorSpec;
  shape: (number | null)[];
}): bound is { spec: TensorSpec; shape: number[] } {
  return bound.shape.every((dim) => dim !== null);
}
