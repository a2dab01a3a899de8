import { elementCount, rowMajor, type Value } from './value.ts';

/** Dimension `d` of the result is dimension `order[d]` of the value. */
export function transposed(value: Value, order: readonly number[]): Value {
  return {
    ...value,
    shape: order.map((d) => value.shape[d] ?? 1),
    steps: order.map((d) => value.steps[d] ?? 0),
  };
}

/** The value broadcast to `shape` by ONNX's rule: missing dimensions in front, size 1 repeats. @throws RangeError */
export function broadcastTo(value: Value, shape: readonly number[]): Value {
  const missing = shape.length - value.shape.length;
  if (missing < 0 || value.shape.some((own, d) => own !== 1 && own !== shape[d + missing])) {
    throw new RangeError(`[${value.shape.join(', ')}] does not broadcast to [${shape.join(', ')}]`);
  }
  const steps = shape.map((size, d) => {
    const own = value.shape[d - missing];
    return d < missing || (own === 1 && size !== 1) ? 0 : (value.steps[d - missing] ?? 0);
  });
  return { ...value, shape, steps };
}

/** The shape that all shapes broadcast to; undefined when they do not fit. */
export function broadcastShape(shapes: readonly (readonly number[])[]): readonly number[] | undefined {
  const rank = Math.max(0, ...shapes.map(({ length }) => length));
  const shape = new Array<number>(rank).fill(1);
  for (const one of shapes) {
    for (const [i, size] of one.entries()) {
      const d = rank - one.length + i;
      if (size === 1) continue;
      if (shape[d] !== 1 && shape[d] !== size) return undefined;
      shape[d] = size;
    }
  }
  return shape;
}

/** Every `step`-th element of dimension `d` from `start` on, `count` of them; the step may be negative. */
export function sliced(value: Value, d: number, start: number, count: number, step = 1): Value {
  const own = value.steps[d] ?? 0;
  return {
    ...value,
    base: count === 0 ? value.base : value.base + start * own,
    shape: value.shape.map((size, i) => (i === d ? count : size)),
    steps: value.steps.map((s, i) => (i === d ? s * step : s)),
  };
}

/** A view without dimension `d`, which must have size 1. */
export function squeezed(value: Value, d: number): Value {
  return { ...value, shape: value.shape.filter((_, i) => i !== d), steps: value.steps.filter((_, i) => i !== d) };
}

/** A view with a new dimension of size 1 before dimension `d`. */
export function unsqueezed(value: Value, d: number): Value {
  return { ...value, shape: value.shape.toSpliced(d, 0, 1), steps: value.steps.toSpliced(d, 0, 0) };
}

/**
 * The same elements in row-major order under another shape, when the view's steps allow it; undefined when they would have to
 * be moved. The shapes have equally many elements.
 */
export function reshaped(value: Value, shape: readonly number[]): Value | undefined {
  if (elementCount(shape) === 0) return { ...value, shape, steps: rowMajor(shape) };
  // Runs of dimensions that advance as one: [size, narrowest step]
  const runs: { size: number; step: number }[] = [];
  value.shape.forEach((size, d) => {
    if (size === 1) return;
    const step = value.steps[d] ?? 0;
    const last = runs.at(-1);
    if (last?.step === step * size) Object.assign(last, { size: last.size * size, step });
    else runs.push({ size, step });
  });
  const steps = new Array<number>(shape.length).fill(0);
  let run = runs.length - 1;
  let taken = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    const size = shape[d] ?? 1;
    if (size === 1) continue;
    const current = runs[run];
    if (!current || current.size % (taken * size) !== 0) return undefined;
    steps[d] = current.step * taken;
    taken *= size;
    if (taken === current.size) {
      run--;
      taken = 1;
    }
  }
  return { ...value, shape, steps };
}
