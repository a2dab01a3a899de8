import { describe, expect, it } from 'vitest';
import { OutputKind, type OutputSpec } from '../../../workers/protocol/model.ts';
import { compareOutputs, gapRatio, withinTolerance } from '../../../workers/protocol/tolerance.ts';
import { bitsOfFloat, encodeFloats, encodeInts, joinTensors } from '../../../workers/protocol/vector.ts';

const TOLERANCE = { absTol: 0.5, relTol: 0.25 };
const output = (length: number, kind: OutputKind = OutputKind.Continuous): OutputSpec => ({
  start: 0,
  length,
  absTol: bitsOfFloat(0.5),
  relTol: bitsOfFloat(0.25),
  kind,
});

describe('tolerance of one element', () => {
  it('is absolute plus relative to the canonical value, its edge included', () => {
    expect(withinTolerance(5.5, 4, TOLERANCE)).toBe(true);
    expect(withinTolerance(5.5000005, 4, TOLERANCE)).toBe(false);
    expect(withinTolerance(-5.5, -4, TOLERANCE)).toBe(true);
    expect(gapRatio(4.75, 4, TOLERANCE)).toBe(0.5);
  });

  it('shrinks with the fraction that is accepted', () => {
    expect(withinTolerance(4.375, 4, TOLERANCE, 0.25)).toBe(true);
    expect(withinTolerance(4.3750005, 4, TOLERANCE, 0.25)).toBe(false);
  });

  it('of zero accepts equality and nothing else', () => {
    const exact = { absTol: 0, relTol: 0 };
    expect(withinTolerance(-0, 0, exact)).toBe(true);
    expect(gapRatio(2 ** -149, 0, exact)).toBe(Infinity);
  });

  it.each([
    [NaN, NaN, true],
    [Infinity, Infinity, true],
    [-Infinity, Infinity, false],
    [NaN, 1, false],
    [1, NaN, false],
    [3e38, Infinity, false],
    [Infinity, 3e38, false],
  ])('claimed %d against canonical %d: %s', (claimed, canonical, agrees) => {
    expect(withinTolerance(claimed, canonical, TOLERANCE)).toBe(agrees);
  });
});

describe('comparison of outputs', () => {
  const outputs = [output(2), output(3, OutputKind.Index)];
  const vector = (floats: number[], ints: number[]) => joinTensors([encodeFloats(floats), encodeInts(ints)]);
  const canonical = vector([4, -8], [7, 8, 9]);

  it('agrees and tells the closest call', () => {
    expect(compareOutputs(outputs, canonical, canonical)).toEqual({ agrees: true, worst: undefined });
    expect(compareOutputs(outputs, vector([4.75, -8.25], [7, 8, 9]), canonical)).toEqual({
      agrees: true,
      worst: { output: 0, index: 0, claimed: 4.75, canonical: 4, allowed: 1.5, ratio: 0.5 },
    });
  });

  it('tells the first and the worst element outside, with both values', () => {
    expect(compareOutputs(outputs, vector([6, -28], [7, 8, 9]), canonical)).toEqual({
      agrees: false,
      outside: 2,
      first: { output: 0, index: 0, claimed: 6, canonical: 4, allowed: 1.5, ratio: 2 / 1.5 },
      worst: { output: 0, index: 1, claimed: -28, canonical: -8, allowed: 2.5, ratio: 8 },
    });
  });

  it('wants indices to be equal, whatever the tolerance', () => {
    expect(compareOutputs(outputs, vector([4, -8], [7, 8, 10]), canonical)).toMatchObject({
      agrees: false,
      outside: 1,
      first: { output: 1, index: 2, claimed: 10, canonical: 9, allowed: 0, ratio: Infinity },
    });
  });

  it('accepts only a fraction when asked to', () => {
    expect(compareOutputs(outputs, vector([4.75, -8], [7, 8, 9]), canonical, 0.25)).toMatchObject({
      agrees: false,
      outside: 1,
    });
  });

  it('counts by how much integers differ, as whole numbers', () => {
    const integers = [{ ...output(3, OutputKind.Integer), absTol: 2 }];
    const counts = encodeInts([-1, 5, -(2 ** 31)]);
    // as floats the first would be two NaNs, and the last two zeros
    expect(compareOutputs(integers, encodeInts([-3, 5, -(2 ** 31)]), counts)).toMatchObject({
      agrees: true,
      worst: { index: 0, claimed: -3, canonical: -1, allowed: 2, ratio: 1 },
    });
    expect(compareOutputs(integers, encodeInts([-2, 8, 0]), counts)).toMatchObject({
      agrees: false,
      outside: 2,
      first: { index: 1, claimed: 8, canonical: 5, ratio: 1.5 },
      worst: { index: 2, claimed: 0, canonical: -(2 ** 31), ratio: 2 ** 30 },
    });
  });

  it('names the vector that has the wrong length', () => {
    const code = 'OUTPUT_LENGTH';
    const message = 'the claimed output has 1 elements, expected 67';
    expect(() => compareOutputs(outputs, encodeFloats([1]), canonical)).toThrow(
      expect.objectContaining({ code, message }),
    );
    expect(() => compareOutputs(outputs, canonical, encodeFloats([1]))).toThrow(/the canonical output has 1/);
  });

  it('refuses numbers hidden between two outputs', () => {
    const dirty = Uint8Array.from(canonical);
    dirty[4 * 63 + 3] = 1;
    const message = 'the claimed output has a non-zero element 63 between two outputs';
    expect(() => compareOutputs(outputs, dirty, canonical)).toThrow(
      expect.objectContaining({ code: 'OUTPUT_PADDING', message }),
    );
  });
});
