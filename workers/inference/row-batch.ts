import type { BatchProof } from './child-protocol.ts';
import type { ModelSummary } from './model-summary.ts';
import type { TensorData } from './tensor-data.ts';
import { zeros } from './tensor-data.ts';
import type { Tensor, TensorLayout } from './tensor-layout.ts';

const ABSOLUTE = 1e-4;
const RELATIVE = 1e-3;

/**
 * Whether the file allows batching at all: the first dimension of every input and output is dynamic, by the same name,
 * and bound to 1. Whether rows are really independent is only known after a comparison (`compareRows`).
 */
export function canStack(summary: ModelSummary, layout: TensorLayout): BatchProof {
  const all = [...summary.inputs, ...summary.outputs];
  const names = new Set(all.map((spec) => spec.symbols[0] ?? null));
  if (summary.inputs.length === 0) return { safe: false, reason: 'the model has no input' };
  if (!all.every((spec) => spec.shape[0] === null)) return { safe: false, reason: 'the first dimension is fixed' };
  if (names.size !== 1 || names.has(null))
    return { safe: false, reason: 'inputs and outputs do not share one named first dimension' };
  if (layout.inputs.some((input) => input.shape[0] !== 1))
    return { safe: false, reason: 'the batch dimension is bound to more than 1' };
  return { safe: true, reason: 'the first dimension of every input and output is the same dynamic one' };
}

/** Stacks rows of a model with first dimension 1 into one set of inputs with first dimension `rows.length`. */
export function stackRows(rows: readonly (readonly Tensor[])[]): Tensor[] {
  const [first = []] = rows;
  return first.map((tensor, index) => {
    const data = zeros(tensor.type, tensor.data.length * rows.length);
    rows.forEach((row, at) => {
      const part = row[index]?.data ?? tensor.data;
      (data as { set(values: TensorData, offset: number): void }).set(part, at * tensor.data.length);
    });
    return { ...tensor, shape: [rows.length, ...tensor.shape.slice(1)], data };
  });
}

/** Cuts stacked outputs back into rows. @throws Error when an output's first dimension is not the number of rows */
export function cutRows(outputs: readonly Tensor[], rows: number): Tensor[][] {
  return Array.from({ length: rows }, (_, row) =>
    outputs.map((tensor) => {
      if (tensor.shape[0] !== rows)
        throw new Error(`output ${tensor.name} has first dimension ${tensor.shape[0] ?? 'none'}, expected ${rows}`);
      const length = tensor.data.length / rows;
      return {
        ...tensor,
        shape: [1, ...tensor.shape.slice(1)],
        data: tensor.data.slice(row * length, (row + 1) * length),
      };
    }),
  );
}

/** Inputs that differ in every element and every row, the same on each call: floats in [-1, 1), integers 0 or 1. */
export function probeRow(layout: TensorLayout, seed: number): Tensor[] {
  let state = (seed + 1) * 0x9e3779b9;
  const next = (): number => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return state / 2 ** 32;
  };
  return layout.inputs.map(({ name, type, shape, length }) => {
    const data = zeros(type, length);
    for (let index = 0; index < length; index += 1) {
      if (data instanceof BigInt64Array) data[index] = BigInt(Math.round(next()));
      else data[index] = type === 'float32' ? 2 * next() - 1 : Math.round(next());
    }
    return { name, type, shape, data };
  });
}

/** Compares each row of a batch with its single run: integers exactly, floats within 1e-4 + 1e-3 of the value. */
export function compareRows(
  singles: readonly (readonly Tensor[])[],
  batched: readonly (readonly Tensor[])[],
): BatchProof {
  let worst = 0;
  for (const [row, outputs] of singles.entries()) {
    for (const [index, output] of outputs.entries()) {
      const other = batched[row]?.[index];
      if (other?.data.length !== output.data.length)
        return { safe: false, reason: `output "${output.name}" changes its size in a batch` };
      for (const [at, value] of output.data.entries()) {
        const difference = Math.abs(Number(value) - Number(other.data[at]));
        const allowed = output.type === 'float32' ? ABSOLUTE + RELATIVE * Math.abs(Number(value)) : 0;
        if (!(difference <= allowed)) {
          return {
            safe: false,
            reason: `row ${row} of output "${output.name}" differs by ${difference.toExponential(1)} in a batch`,
          };
        }
        worst = Math.max(worst, difference);
      }
    }
  }
  return { safe: true, reason: `${singles.length} rows agree with single runs to ${worst.toExponential(1)}` };
}
