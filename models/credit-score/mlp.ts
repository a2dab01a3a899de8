import type { Random } from './random.ts';

/** One dense layer: `weights` [outputs × inputs], row-major, and `bias` [outputs]. */
export interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  readonly weights: Float64Array;
  readonly bias: Float64Array;
}

/** Layers of the given widths, e.g. [10, 16, 8, 1]; weights drawn with variance 2 / inputs (He et al. 2015), biases 0. */
export function createLayers(widths: readonly number[], random: Random): Layer[] {
  return widths.slice(1).map((outputs, index) => {
    const inputs = widths[index] ?? 0;
    const weights = Float64Array.from({ length: outputs * inputs }, () => random.normal() * Math.sqrt(2 / inputs));
    return { inputs, outputs, weights, bias: new Float64Array(outputs) };
  });
}

/** The same layers with every number rounded to float32, as the file stores them. */
export function toFloat32(layers: readonly Layer[]): Layer[] {
  return layers.map((layer) => ({
    ...layer,
    weights: layer.weights.map(Math.fround),
    bias: layer.bias.map(Math.fround),
  }));
}

/** What each layer gives for one input: ReLU between layers, sigmoid at the end. The last array holds the answer. */
export function forward(layers: readonly Layer[], values: ArrayLike<number>): Float64Array[] {
  const given: Float64Array[] = [];
  let current = values;
  for (const [depth, { inputs, outputs, weights, bias }] of layers.entries()) {
    const next = new Float64Array(outputs);
    for (let row = 0; row < outputs; row += 1) {
      let sum = bias[row] ?? 0;
      for (let column = 0; column < inputs; column += 1)
        sum += (weights[row * inputs + column] ?? 0) * (current[column] ?? 0);
      next[row] = depth < layers.length - 1 ? Math.max(0, sum) : 1 / (1 + Math.exp(-sum));
    }
    given.push(next);
    current = next;
  }
  return given;
}

/** The answer for one input, in 0..1. */
export function score(layers: readonly Layer[], values: ArrayLike<number>): number {
  return forward(layers, values).at(-1)?.[0] ?? NaN;
}

/** Adds the gradient of the log loss of one example to `gradients`, which has the shapes of `layers`. */
export function addGradient(
  layers: readonly Layer[],
  values: ArrayLike<number>,
  label: number,
  gradients: readonly Layer[],
): void {
  const given = forward(layers, values);
  // For a sigmoid under log loss the error before the sigmoid is simply answer − label.
  let errors = (given.at(-1) ?? new Float64Array()).map((answer) => answer - label);
  for (let depth = layers.length - 1; depth >= 0; depth -= 1) {
    const [layer, gradient] = [layers[depth], gradients[depth]];
    if (!layer || !gradient) throw new Error('gradients do not have the shape of the layers');
    const before = given[depth - 1] ?? values;
    const passed = new Float64Array(layer.inputs);
    for (let row = 0; row < layer.outputs; row += 1) {
      const error = errors[row] ?? 0;
      gradient.bias[row] = (gradient.bias[row] ?? 0) + error;
      for (let column = 0; column < layer.inputs; column += 1) {
        const at = row * layer.inputs + column;
        gradient.weights[at] = (gradient.weights[at] ?? 0) + error * (before[column] ?? 0);
        passed[column] = (passed[column] ?? 0) + error * (layer.weights[at] ?? 0);
      }
    }
    errors = passed.map((error, column) => ((before[column] ?? 0) > 0 ? error : 0));
  }
}
