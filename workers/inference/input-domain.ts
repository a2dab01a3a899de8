import type { InputSpec } from '../protocol/model.ts';
import { decodeFloats, decodeInts, ELEMENT_BYTES, floatOfBits } from '../protocol/vector.ts';
import { RemitError } from '../runtime/errors.ts';
import type { BoundTensor } from './tensor-layout.ts';

/**
 * Checks that every element of an input vector lies within what its model declares, bounds included; NaN lies nowhere.
 * An input whose bounds are both zero declares nothing.
 *
 * @param vector as long as the layout says
 * @throws RemitError `INPUT_OUT_OF_DOMAIN` that names the first element outside
 */
export function requireInDomain(
  specs: readonly InputSpec[],
  tensors: readonly Pick<BoundTensor, 'name' | 'type' | 'start' | 'length'>[],
  vector: Uint8Array,
): void {
  specs.forEach(({ lo, hi }, input) => {
    const tensor = tensors[input];
    if (!tensor || (lo === 0 && hi === 0)) return;
    const [low, high] = [floatOfBits(lo), floatOfBits(hi)];
    const bytes = vector.subarray(tensor.start * ELEMENT_BYTES, (tensor.start + tensor.length) * ELEMENT_BYTES);
    const values: Float32Array | Int32Array = tensor.type === 'float32' ? decodeFloats(bytes) : decodeInts(bytes);
    const index = values.findIndex((value) => !(value >= low && value <= high));
    if (index < 0) return;
    const value = values[index] ?? NaN;
    throw new RemitError({
      code: 'INPUT_OUT_OF_DOMAIN',
      message: `element ${index} of input ${input} ("${tensor.name}") is ${value}; the model declares ${low} to ${high}`,
      fix: 'Keep the input inside the domain that the model declares; nobody answers for what lies outside.',
      context: { input, name: tensor.name, index, value, lo: low, hi: high },
    });
  });
}
