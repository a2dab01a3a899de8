import { ZIP } from '../../plan/instruction.ts';
import type { Lowering } from '../lowering.ts';
import { invalid } from '../refusal.ts';
import type { Value } from '../value.ts';
import { sliced, transposed, unsqueezed } from '../views.ts';
import { gathered } from './gather.ts';
import { concat } from './movement.ts';

/**
 * `RotaryEmbedding` of ONNX: pairs of numbers are turned by the angle of their position, whose cosines and sines are tables.
 * Inputs are [batch, heads, places, size] or [batch, places, heads · size].
 */
export function rotaryEmbedding(node: Lowering): Value {
  const { attributes } = node;
  const input = node.input(0);
  const flat = input.shape.length === 3;
  const apart = flat ? headsApart(node, input, attributes.int('num_heads', 0)) : transposed(input, [0, 2, 1, 3]);
  const size = apart.shape[3] ?? 1;
  const named = attributes.int('rotary_embedding_dim', 0);
  const turned = named === 0 ? size : named;
  const [cos, sin] = [1, 2].map((i) => angles(node, node.input(i)));
  if (!cos || !sin || turned % 2 !== 0 || turned > size) throw invalid(node.node, `it turns ${turned} of ${size}`);
  const interleaved = attributes.int('interleaved', 0) !== 0;
  const half = turned / 2;
  const part = (i: number): Value => (interleaved ? sliced(apart, 3, i, half, 2) : sliced(apart, 3, i * half, half));
  const [x, y] = [part(0), part(1)];
  const times = (a: Value, b: Value): Value => node.zip(ZIP.MUL, a, b);
  const real = node.zip(ZIP.SUB, times(x, cos), times(y, sin));
  const imaginary = node.zip(ZIP.ADD, times(x, sin), times(y, cos));
  const pairs = interleaved
    ? node.reshape(concat(node, [unsqueezed(real, 4), unsqueezed(imaginary, 4)], 4), [
        ...apart.shape.slice(0, 3),
        turned,
      ])
    : concat(node, [real, imaginary], 3);
  const all = turned === size ? pairs : concat(node, [pairs, sliced(apart, 3, turned, size - turned)], 3);
  return flat ? node.reshape(all, input.shape) : transposed(all, [0, 2, 1, 3]);
}

function headsApart(node: Lowering, value: Value, heads: number): Value {
  const [batch = 1, places = 1, width = 1] = value.shape;
  if (heads < 1 || width % heads !== 0) throw invalid(node.node, `${width} numbers in ${heads} heads`);
  return node.reshape(value, [batch, places, heads, width / heads]);
}

/** A table as [batch, places, 1, half]: of all positions when there are position ids, else of the places themselves. */
function angles(node: Lowering, table: Value): Value {
  const positions = node.optional(3);
  return unsqueezed(positions ? gathered(node, table, positions, 0, 0) : table, 2);
}
