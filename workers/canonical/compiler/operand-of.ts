import { type Coordinate, type Operand, SPACE } from '../plan/instruction.ts';
import type { Reading } from './draft.ts';
import { bitsOfConstant, type ConstantSource, elementCount, isConstant, type Value } from './value.ts';

/** Constants up to this many elements are looked through for being one number. */
const UNIFORM_MAX = 4_096;

/** A reading as the operand of an instruction. @param place says where a constant's numbers are among the weights */
export function operandOf(
  reading: Reading,
  sizes: readonly number[],
  place: (source: ConstantSource) => number,
): Operand {
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
