import { MalformedError } from './malformed.ts';
import { OutputKind, type OutputSpec } from './model.ts';
import {
  CHUNK_ELEMENTS,
  ELEMENT_BYTES,
  alignedStarts,
  decodeFloats,
  decodeInts,
  elementsIn,
  floatOfBits,
} from './vector.ts';

/** An element that was claimed and computed. */
export interface ElementGap {
  /** Which graph output, from 0. */
  readonly output: number;
  /** Element inside that output, from 0. */
  readonly index: number;
  readonly claimed: number;
  readonly canonical: number;
  /** Largest difference that is accepted. */
  readonly allowed: number;
  /** Difference over `allowed`: up to 1 is accepted, infinite where nothing could be. */
  readonly ratio: number;
}

/** `first` and `worst` are outside the tolerance when `outside > 0`; `worst` of an agreement is its closest call, if anything differs. */
export type Comparison =
  | { readonly agrees: true; readonly worst: ElementGap | undefined }
  | { readonly agrees: false; readonly first: ElementGap; readonly worst: ElementGap; readonly outside: number };

/** Tolerances as numbers: a claim agrees when `|claimed − canonical| ≤ absTol + relTol · |canonical|`. */
export interface Tolerance {
  readonly absTol: number;
  readonly relTol: number;
}

/**
 * How far a claimed float32 is from the canonical one, in tolerances: 0 when equal, up to 1 when accepted. A NaN or an
 * infinity agrees only with itself. Computed in float64, so a ratio is right to a relative 2^-50.
 */
export function gapRatio(claimed: number, canonical: number, { absTol, relTol }: Tolerance): number {
  if (claimed === canonical || (Number.isNaN(claimed) && Number.isNaN(canonical))) return 0;
  if (!Number.isFinite(claimed) || !Number.isFinite(canonical)) return Infinity;
  const allowed = absTol + relTol * Math.abs(canonical);
  return Math.abs(claimed - canonical) / allowed;
}

/** Whether a claimed float32 is within `fraction` of its tolerance. */
export function withinTolerance(claimed: number, canonical: number, tolerance: Tolerance, fraction = 1): boolean {
  return gapRatio(claimed, canonical, tolerance) <= fraction;
}

/**
 * Compares two encoded output vectors of one model, element by element. `Index` outputs are int32 and must be equal; `Integer`
 * outputs are int32 and may differ by `absTol`, an integer there.
 *
 * @param fraction part of every tolerance that is accepted, e.g. ¼ for a node's check of itself.
 * @throws MalformedError `OUTPUT_LENGTH` when a vector is not as long as the model's outputs, `OUTPUT_PADDING` when a gap
 * between outputs is not zero.
 */
export function compareOutputs(
  outputs: readonly OutputSpec[],
  claimed: Uint8Array,
  canonical: Uint8Array,
  fraction = 1,
): Comparison {
  const { starts, length } = alignedStarts(outputs.map((output) => output.length));
  for (const [name, vector] of Object.entries({ claimed, canonical })) requireLayout(name, vector, outputs, length);
  let first: ElementGap | undefined;
  let worst: ElementGap | undefined;
  let outside = 0;
  outputs.forEach((spec, output) => {
    const from = (starts[output] ?? 0) * ELEMENT_BYTES;
    const part = (vector: Uint8Array) => vector.subarray(from, from + spec.length * ELEMENT_BYTES);
    for (const gap of gapsOf(spec, output, part(claimed), part(canonical))) {
      if (!worst || gap.ratio > worst.ratio) worst = gap;
      if (gap.ratio <= fraction) continue;
      first ??= gap;
      outside += 1;
    }
  });
  return first && worst ? { agrees: false, first, worst, outside } : { agrees: true, worst };
}

function* gapsOf(spec: OutputSpec, output: number, claimed: Uint8Array, canonical: Uint8Array): Generator<ElementGap> {
  const decode = spec.kind === OutputKind.Continuous ? decodeFloats : decodeInts;
  const tolerance = toleranceOf(spec);
  const [ours, theirs] = [decode(canonical), decode(claimed)];
  for (let index = 0; index < ours.length; index++) {
    const [a, b] = [theirs[index] ?? NaN, ours[index] ?? NaN];
    const ratio = gapRatio(a, b, tolerance);
    if (ratio === 0) continue;
    yield {
      output,
      index,
      claimed: a,
      canonical: b,
      allowed: tolerance.absTol + tolerance.relTol * Math.abs(b),
      ratio,
    };
  }
}

function toleranceOf({ kind, absTol, relTol }: OutputSpec): Tolerance {
  switch (kind) {
    case OutputKind.Index:
      return { absTol: 0, relTol: 0 };
    case OutputKind.Integer:
      return { absTol, relTol: 0 };
    default:
      return { absTol: floatOfBits(absTol), relTol: floatOfBits(relTol) };
  }
}

function requireLayout(name: string, vector: Uint8Array, outputs: readonly OutputSpec[], length: number): void {
  if (elementsIn(vector) !== length) {
    throw new MalformedError({
      code: 'OUTPUT_LENGTH',
      message: `the ${name} output has ${elementsIn(vector)} elements, expected ${length}`,
      fix: 'compare vectors of the same model, every output aligned to 64 elements',
    });
  }
  outputs.slice(0, -1).reduce((start, output) => {
    const [end, next] = [start + output.length, Math.ceil((start + output.length) / CHUNK_ELEMENTS) * CHUNK_ELEMENTS];
    const dirty = vector.subarray(end * ELEMENT_BYTES, next * ELEMENT_BYTES).findIndex((byte) => byte !== 0);
    if (dirty >= 0) {
      throw new MalformedError({
        code: 'OUTPUT_PADDING',
        message: `the ${name} output has a non-zero element ${end + Math.floor(dirty / ELEMENT_BYTES)} between two outputs`,
        fix: 'fill the gaps between aligned outputs with zeros',
      });
    }
    return next;
  }, 0);
}
