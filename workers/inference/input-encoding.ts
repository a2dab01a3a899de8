import { encodeFloats, encodeInts, joinTensors } from '../protocol/vector.ts';
import { integerRange } from './element-type.ts';
import { inputError } from './input-errors.ts';
import type { BoundTensor, TensorLayout } from './tensor-layout.ts';

/** One input as people write it: flat or nested arrays of numbers (booleans count as 0 and 1). */
export type Nested = number | boolean | readonly Nested[];

/**
 * Encodes inputs written as arrays into the model's input vector.
 *
 * Each input is given by its place in graph order. A flat array is taken row-major; a nested one must have the bound
 * shape exactly. int64 values must fit int32.
 *
 * @throws RemitError `INPUT_LENGTH`, `INPUT_SHAPE`, `INPUT_TYPE`, `INPUT_NOT_FINITE`, `INPUT_OUT_OF_RANGE`
 */
export function encodeInputs(layout: TensorLayout, values: readonly Nested[]): Uint8Array {
  if (values.length !== layout.inputs.length) {
    throw inputError(
      'INPUT_LENGTH',
      `expected ${layout.inputs.length} inputs (${layout.inputs.map((input) => input.name).join(', ')}), got ${values.length}`,
      {
        expected: layout.inputs.length,
        got: values.length,
      },
    );
  }
  return joinTensors(layout.inputs.map((input, index) => encodeInput(input, values[index] ?? [])));
}

function encodeInput(input: BoundTensor, value: Nested): Uint8Array {
  const shape = shapeOf(value);
  const flat = shape.length <= 1;
  if (!flat && shape.join() !== input.shape.join()) {
    throw inputError(
      'INPUT_SHAPE',
      `input "${input.name}" has shape [${shape.join()}], expected [${input.shape.join()}]`,
      { name: input.name, expected: input.shape, got: shape },
    );
  }
  const numbers = flat ? (isNested(value) ? value : [value]) : leaves(input, value, 0);
  if (numbers.length !== input.length) {
    throw inputError(
      'INPUT_LENGTH',
      `input "${input.name}" has ${numbers.length} elements, expected ${input.length} ([${input.shape.join()}])`,
      {
        name: input.name,
        expected: input.length,
        got: numbers.length,
      },
    );
  }
  const checked = numbers.map((number, index) => checkedNumber(input, number, index));
  return input.type === 'float32' ? encodeFloats(checked) : encodeInts(checked);
}

function checkedNumber(input: BoundTensor, value: unknown, index: number): number {
  const place = `element ${index} of input "${input.name}"`;
  const context = { name: input.name, index, expected: input.type };
  const number = typeof value === 'boolean' ? Number(value) : value;
  if (typeof number !== 'number')
    throw inputError('INPUT_TYPE', `${place} is ${typeof value}, expected a number (${input.type})`, context);
  if (!Number.isFinite(Math.fround(number)))
    throw inputError('INPUT_NOT_FINITE', `${place} is ${String(number)}`, context);
  if (input.type === 'float32') return number;
  if (!Number.isInteger(number))
    throw inputError('INPUT_TYPE', `${place} is ${number}, expected ${input.type}`, context);
  const [low, high] = integerRange[input.type];
  if (number < low || number > high)
    throw inputError('INPUT_OUT_OF_RANGE', `${place} is ${number}; ${input.type} holds ${low} to ${high}`, context);
  return number;
}

/** The shape of nested arrays, read along their first elements. */
function shapeOf(value: Nested): number[] {
  return isNested(value) ? [value.length, ...(value[0] === undefined ? [] : shapeOf(value[0]))] : [];
}

/** The numbers of nested arrays in order. @throws RemitError `INPUT_SHAPE` where an array is longer or shorter than its neighbours */
function leaves(input: BoundTensor, value: Nested, axis: number): Nested[] {
  if (!isNested(value)) return [value];
  if (value.length !== input.shape[axis]) {
    throw inputError(
      'INPUT_SHAPE',
      `input "${input.name}" is ragged: ${value.length} instead of ${input.shape[axis] ?? 0} along axis ${axis}`,
      { name: input.name, axis },
    );
  }
  return value.flatMap((part) => leaves(input, part, axis + 1));
}

function isNested(value: Nested): value is readonly Nested[] {
  return Array.isArray(value);
}
