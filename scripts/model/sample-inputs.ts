import type { CompiledTensor } from '../../workers/canonical/compiler/place-inputs.ts';
import { integerRangeOf } from '../../workers/canonical/compiler/element-types.ts';
import { TYPE } from '../../workers/canonical/plan/instruction.ts';
import { bitsOfFloat } from '../../workers/protocol/vector.ts';
import type { SeededRandom } from '../gen/random.ts';

/** Bounds of every input element; infinite where nothing is declared. */
export interface Domain {
  readonly lo: number;
  readonly hi: number;
}

/** Where nothing bounds floats, and integers that may be indices. */
const UNBOUNDED_FLOAT = 1;
const UNBOUNDED_INTEGER = 1;
const NARROW_TYPES = 256;
/** How far elements stray from the level of their sample in a level sample, as a part of the domain. */
const LEVEL_NOISE = 0.02;

type Draw = (random: SeededRandom) => number;

/**
 * A random input vector inside the domain. Samples take turns: every element on its own; every element at an end of the
 * domain; all elements near one level; mostly the quietest value of the domain with a few others.
 *
 * @param sample its number: picks the kind
 * @returns bit patterns in host order, as the canonical run takes them
 */
export function sampleInput(
  { inputs, length }: { readonly inputs: readonly CompiledTensor[]; readonly length: number },
  domain: Domain,
  { sample, random }: { readonly sample: number; readonly random: SeededRandom },
): Uint32Array {
  const vector = new Uint32Array(length);
  for (const input of inputs) {
    const [lo, hi] = boundsOf(input, domain);
    const draw = drawOf(sample, lo, hi, random);
    for (let i = 0; i < input.length; i++) vector[input.start + i] = bitsOf(input, draw(random), lo, hi);
  }
  return vector;
}

/** What an element of this input may be. */
function boundsOf({ type, onnxType }: CompiledTensor, { lo, hi }: Domain): readonly [number, number] {
  if (type === TYPE.F32) {
    return [finiteOr(lo, Math.min(-UNBOUNDED_FLOAT, hi)), finiteOr(hi, Math.max(UNBOUNDED_FLOAT, lo))];
  }
  const [least, most] = integerRangeOf(onnxType) ?? [0, UNBOUNDED_INTEGER];
  const narrow = most - least < NARROW_TYPES;
  const low = Math.max(Math.ceil(finiteOr(lo, narrow ? least : 0)), least);
  const high = Math.min(Math.floor(finiteOr(hi, narrow ? most : Math.max(low, UNBOUNDED_INTEGER))), most);
  return [Math.min(low, high), high];
}

const finiteOr = (value: number, otherwise: number): number => (Number.isFinite(value) ? value : otherwise);
const unit: Draw = (random) => random.uint32() / 2 ** 32;

function drawOf(sample: number, lo: number, hi: number, random: SeededRandom): Draw {
  const uniform: Draw = (stream) => lo + (hi - lo) * unit(stream);
  switch (sample % 4) {
    case 1:
      return (stream) => (unit(stream) < 0.5 ? lo : hi);
    case 2: {
      const level = uniform(random);
      return (stream) => level + (hi - lo) * LEVEL_NOISE * (unit(stream) - 0.5);
    }
    case 3: {
      const quiet = Math.min(Math.max(0, lo), hi);
      return (stream) => (unit(stream) < 0.9 ? quiet : uniform(stream));
    }
    default:
      return uniform;
  }
}

function bitsOf({ type }: CompiledTensor, value: number, lo: number, hi: number): number {
  const inside = Math.min(Math.max(value, lo), hi);
  return type === TYPE.F32 ? bitsOfFloat(inside) : Math.round(inside) >>> 0;
}
