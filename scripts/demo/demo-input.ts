import type { TensorSpec } from '../../workers/inference/model-summary.ts';

/** What reading an input needs to know of a graph input. */
export type InputSpec = Pick<TensorSpec, 'name' | 'shape'>;

/** One input of a model: one job. */
export interface DemoInput {
  /** For people: the file's name, with a number where it holds several. */
  readonly name: string;
  /** One list per graph input, in graph order, row-major. */
  readonly tensors: readonly (readonly number[])[];
  /** What the author of the file says it is. */
  readonly label?: number | string;
  /** What the author of the file got from the model: one list per graph output. */
  readonly expected?: readonly (readonly number[])[];
  /** Where the picture is, if it was one, and how its pixels became numbers. */
  readonly picture?: { readonly path: string; readonly scaling: string };
}

/** Elements of an input whose dynamic dimensions (null) are 1: one job asks for one answer. */
export function lengthOf({ shape }: InputSpec): number {
  return shape.reduce<number>((product, dimension) => product * (dimension ?? 1), 1);
}

/** A shape for people: `[batch, 10]` shows as `[1, 10]`. */
export function shapeText({ shape }: InputSpec): string {
  return `[${shape.map((dimension) => dimension ?? 1).join(', ')}]`;
}
