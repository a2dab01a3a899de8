import { expect, test } from 'vitest';
import { SeededRandom } from '../../../scripts/gen/random.ts';
import { sampleInput } from '../../../scripts/model/sample-inputs.ts';

const input = { name: 'x', shape: [100], start: 0, length: 100 };
const floats = { ...input, type: 0 as const, onnxType: 1 };
const bytes = { ...input, type: 1 as const, onnxType: 2, start: 128 };
const take = (sample: number, lo: number, hi: number, seed = 1): Uint32Array =>
  sampleInput({ inputs: [floats, bytes], length: 228 }, { lo, hi }, { sample, random: new SeededRandom(seed) });

test('samples of every kind stay in the domain, differ by seed and leave the gaps between inputs zero', () => {
  for (let sample = 0; sample < 8; sample++) {
    const vector = take(sample, -2.5, 7.5);
    const values = new Float32Array(vector.buffer, 0, 100);
    expect(values.every((value) => value >= -2.5 && value <= 7.5)).toBe(true);
    expect(vector.subarray(100, 128).every((bits) => bits === 0)).toBe(true);
    expect(vector.subarray(128).every((byte) => byte <= 7)).toBe(true);
    expect(take(sample, -2.5, 7.5)).toEqual(vector);
    expect(take(sample, -2.5, 7.5, 2)).not.toEqual(vector);
  }
});

test('inputs without bounds are drawn near zero, and bytes over their whole type', () => {
  const vector = take(0, -Infinity, Infinity);
  expect(new Float32Array(vector.buffer, 0, 100).every((value) => Math.abs(value) <= 1)).toBe(true);
  expect(Math.max(...vector.subarray(128))).toBeGreaterThan(200);
});
