/** Patterns of float32 from a bell curve, about `scale` wide; the same for the same seed. */
export function gaussian(length: number, seed: number, scale: number): Uint32Array {
  let state = seed;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
  const values = new Float32Array(length);
  for (let i = 0; i < length; i++) values[i] = (uniform() + uniform() + uniform() + uniform() - 2) * 1.73 * scale;
  return new Uint32Array(values.buffer);
}
