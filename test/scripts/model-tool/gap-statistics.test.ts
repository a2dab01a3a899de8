import { describe, expect, it } from 'vitest';
import { gapsOf, proposedTolerance, type SamplePair } from '../../../scripts/model/gap-statistics.ts';

const pair = (canonical: readonly number[], engine: readonly number[], sample = 's'): SamplePair => ({
  sample,
  canonical,
  engine,
});

describe('gapsOf', () => {
  it('summarises absolute gaps, and relative ones against the typical size where a number is smaller', () => {
    const gaps = gapsOf([pair([3, 0, 4, 0], [3, 0.5, 4.25, 0])]);
    expect(gaps.absolute).toEqual({ max: 0.5, p999: 0.5, mean: 0.75 / 4 });
    expect(gaps.relative.max).toBeCloseTo(0.5 / 2.5, 12);
    expect(gaps.worst).toEqual({ sample: 's', index: 1, engine: 0.5, canonical: 0 });
  });

  it('counts numbers that only one of the two has, and takes equal ones as no gap', () => {
    const gaps = gapsOf([pair([1, 2], [NaN, 2])]);
    expect(gaps).toMatchObject({ nonFinite: 1, elements: 2, absolute: { max: 0 }, worst: { index: 0 } });
    expect(gapsOf([pair([1], [1])]).worst).toBeUndefined();
  });

  it('calls an output unstable when one sample is more than eight times further apart than all others', () => {
    const near = Array.from({ length: 9 }, () => pair([1], [1.001]));
    expect(gapsOf([...near, pair([1], [1.007])]).unstable).toBe(false);
    expect(gapsOf([...near, pair([1], [1.01])]).unstable).toBe(true);
    const tiny = Array.from({ length: 9 }, () => pair([1], [1]));
    expect(gapsOf([...tiny, pair([1], [1 + 1e-8])]).unstable).toBe(false);
  });
});

describe('proposedTolerance', () => {
  it('is sixteen times the worst gap of all engines, rounded up to one digit', () => {
    const engines = [gapsOf([pair([1], [1.0001])]), gapsOf([pair([1], [1.0002])])];
    expect(proposedTolerance(engines)).toEqual({ absTol: 0.004, relTol: 0.004 });
  });

  it('is never below a millionth, and infinite where no number is enough', () => {
    expect(proposedTolerance([gapsOf([pair([1], [1])])])).toEqual({ absTol: 1e-6, relTol: 1e-6 });
    expect(proposedTolerance([gapsOf([pair([1], [NaN])])]).absTol).toBe(Infinity);
  });
});
