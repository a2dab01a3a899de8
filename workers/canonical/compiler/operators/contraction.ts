import { oneOf } from '../emit-dot.ts';
import type { Lowering, LowerMap } from '../lowering.ts';
import { invalid } from '../refusal.ts';
import { memoryOrder, type Value } from '../value.ts';
import { transposed } from '../views.ts';
import { contiguousAlong } from './matmul.ts';

/** Sums along named or running dimensions. */
export const contraction: LowerMap = {
  Einsum: (node) => [einsum(node)],
  CumSum: (node) => [cumulative(node)],
};

interface Term {
  readonly value: Value;
  /** one label for each dimension, none twice */
  readonly labels: readonly string[];
}

function einsum(node: Lowering): Value {
  const equation = node.attributes.string('equation', '').replaceAll(' ', '');
  const [left = '', right] = equation.split('->');
  const inputs = left.split(',');
  if (inputs.length !== node.inputs.length) throw invalid(node.node, `${equation} for ${node.inputs.length} inputs`);
  const free = Math.max(
    ...inputs.map((labels, i) => (node.inputs[i]?.shape.length ?? 0) - labels.replace('...', '').length),
  );
  const dots = Array.from({ length: free }, (_, i) => `.${i}`);
  const named = inputs.map((labels, i) => labelsOf(labels, node.inputs[i]?.shape.length ?? 0, dots));
  const output = right === undefined ? implicitOutput(named, dots) : labelsOf(right, -1, dots);
  const terms = named.map((labels, i) => diagonal(node.input(i), labels));
  const [first, ...rest] = terms;
  if (!first) throw invalid(node.node, 'it has no inputs');
  if (rest.length === 0) return contract(node, first, { value: oneOf(first.value.type), labels: [] }, output).value;
  // From left to right; a label stays while something later needs it.
  const result = rest.reduce((all, term, i) => {
    const later = rest.slice(i + 1).flatMap(({ labels }) => labels);
    const kept = [...new Set([...all.labels, ...term.labels])].filter((l) => output.includes(l) || later.includes(l));
    return contract(node, all, term, i === rest.length - 1 ? output : kept);
  }, first);
  return result.value;
}

function labelsOf(text: string, rank: number, dots: readonly string[]): readonly string[] {
  const at = text.indexOf('...');
  if (at < 0) return Array.from(text);
  const letters = text.length - 3;
  const own = rank < 0 ? dots : dots.slice(dots.length - (rank - letters));
  return [...Array.from(text.slice(0, at)), ...own, ...Array.from(text.slice(at + 3))];
}

function implicitOutput(named: readonly (readonly string[])[], dots: readonly string[]): readonly string[] {
  const all = named.flat();
  const once = [...new Set(all)].filter(
    (label) => !label.startsWith('.') && all.filter((l) => l === label).length === 1,
  );
  return [...dots, ...once.sort()];
}

/** A label twice in one input is its diagonal. */
function diagonal(value: Value, labels: readonly string[]): Term {
  const unique = [...new Set(labels)];
  const places = (label: string): readonly number[] => labels.flatMap((l, d) => (l === label ? [d] : []));
  return {
    labels: unique,
    value: {
      ...value,
      shape: unique.map((label) => value.shape[places(label)[0] ?? 0] ?? 1),
      steps: unique.map((label) => places(label).reduce((sum, d) => sum + (value.steps[d] ?? 0), 0)),
    },
  };
}

function contract(node: Lowering, left: Term, right: Term, output: readonly string[]): Term {
  const sizes = new Map<string, number>();
  for (const { value, labels } of [left, right]) {
    labels.forEach((label, d) => sizes.set(label, Math.max(sizes.get(label) ?? 1, value.shape[d] ?? 1)));
  }
  const summed = [...new Set([...left.labels, ...right.labels])].filter((label) => !output.includes(label));
  const inner = summed.at(-1);
  const read = ({ value, labels }: Term) => {
    const d = inner === undefined ? -1 : labels.indexOf(inner);
    const ready = d >= 0 ? contiguousAlong(node, value, d) : value;
    const stepOf = (label: string): number => {
      const at = labels.indexOf(label);
      return at < 0 || (ready.shape[at] === 1 && sizes.get(label) !== 1) ? 0 : (ready.steps[at] ?? 0);
    };
    return { value: ready, steps: [...output, ...summed].map(stepOf) };
  };
  const sizeOf = (label: string): number => sizes.get(label) ?? 1;
  const { type, onnxType } = left.value;
  const dims = output.map(sizeOf);
  const value = node.dot({ type, onnxType, dims, window: summed.map(sizeOf), left: read(left), right: read(right) });
  return { value, labels: output };
}

/** Element `o` sums the elements up to it: `o − k` must not be negative. */
function cumulative(node: Lowering): Value {
  const value = node.input(0);
  const rank = value.shape.length;
  const d = node.axis(node.ints(1, 'axis')?.[0] ?? 0, rank);
  const size = value.shape[d] ?? 1;
  const sign = node.attributes.int('reverse', 0) !== 0 ? 1 : -1;
  const from = node.attributes.int('exclusive', 0) !== 0 ? sign : 0;
  const order = memoryOrder(value);
  const along = order.indexOf(d);
  const inOrder = transposed(value, order);
  const result = node.dot({
    type: value.type,
    onnxType: value.onnxType,
    dims: inOrder.shape,
    window: [size],
    left: {
      value: inOrder,
      steps: [...inOrder.steps.map((step, i) => (i === along ? 0 : step)), 0],
      coordinates: [
        {
          size,
          divisor: 1,
          stride: inOrder.steps[along] ?? 0,
          offset: from,
          terms: [
            { dimension: along, coefficient: 1 },
            { dimension: rank, coefficient: sign },
          ],
        },
      ],
    },
    right: { value: oneOf(value.type), steps: new Array<number>(rank + 1).fill(0) },
  });
  return node.wrapped(
    transposed(
      result,
      value.shape.map((_, i) => order.indexOf(i)),
    ),
  );
}
