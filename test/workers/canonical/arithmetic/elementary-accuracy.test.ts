import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../../scripts/gen/random.ts';
import {
  cosineOf,
  errorFunctionOf,
  exponentialOf,
  logarithmOf,
  sigmoidOf,
  sineOf,
  softplusOf,
  tanhOf,
} from '../../../../workers/canonical/arithmetic/elementary-double.ts';
import { ERROR_BOUNDS, type Unary, type UnaryName } from '../../../../workers/canonical/arithmetic/elementary-fast.ts';
import { pow } from '../../../../workers/canonical/arithmetic/elementary-pow.ts';
import * as elementary from '../../../../workers/canonical/arithmetic/elementary.ts';
import { floatOf } from '../../../../workers/canonical/arithmetic/float32.ts';
import { hexOf } from '../../../support/arithmetic-batches.ts';
import { elementaryCases, powerPairs } from '../../../support/elementary-cases.ts';
import { powerReference, referenceOf, relativeError, roundReference } from '../../../support/elementary-reference.ts';

const POINTS = 2_000;
/** How much larger than the largest measured error the claimed bound is. */
const MARGIN = 4;

interface Subject {
  readonly float64: Unary;
  /** Where the function is neither constant nor beyond the reference. */
  readonly domain: (x: number) => boolean;
}

const finite = (limit: number) => (x: number) => Math.abs(x) < limit;
const SUBJECTS: Readonly<Record<UnaryName, Subject>> = {
  exp: { float64: exponentialOf, domain: finite(128) },
  log: { float64: logarithmOf, domain: (x) => x > 0 && x < Infinity },
  tanh: { float64: tanhOf, domain: finite(16) },
  erf: { float64: errorFunctionOf, domain: finite(4) },
  sigmoid: { float64: sigmoidOf, domain: finite(128) },
  softplus: { float64: softplusOf, domain: finite(128) },
  sin: { float64: sineOf, domain: finite(Infinity) },
  cos: { float64: cosineOf, domain: finite(Infinity) },
};

function points(domain: (x: number) => boolean, seed: number): number[] {
  const random = new SeededRandom(seed);
  const found = new Set<number>();
  while (found.size < POINTS) {
    for (const bits of elementaryCases(random, POINTS)) {
      if (domain(floatOf(bits)) && found.size < POINTS) found.add(bits);
    }
  }
  return [...found];
}

describe('elementary functions against series with 600 fraction bits', () => {
  for (const name of Object.keys(SUBJECTS) as UnaryName[]) {
    const { float64, domain } = SUBJECTS[name];
    const measured = points(domain, 31).map((bits) => ({ bits, reference: referenceOf(name, bits) }));

    it(`${name} is the float32 nearest to the real result at ${POINTS} points`, () => {
      const wrong = measured.filter(({ bits, reference }) => elementary[name](bits) !== roundReference(reference));
      expect(wrong.map(({ bits }) => hexOf(bits))).toEqual([]);
    });

    it(`${name} in float64 stays below its error bound, ${MARGIN} times over`, () => {
      const angle = name === 'sin' || name === 'cos' ? 2 ** 20 : Infinity;
      const errors = measured
        .filter(({ bits }) => Math.abs(floatOf(bits)) <= angle)
        .map(({ bits, reference }) => relativeError(float64(floatOf(bits)), reference));
      expect(Math.max(...errors)).toBeLessThan(ERROR_BOUNDS[name] / MARGIN);
    });
  }

  it(`pow is the float32 nearest to the real result, and float64 below its bound, at ${POINTS} points or more`, () => {
    const pairs = powerPairs(new SeededRandom(32), 2 * POINTS);
    let compared = 0;
    let largest = 0;
    for (let i = 0; i < pairs.length; i += 2) {
      const x = (pairs[i] ?? 0) & 0x7fffffff;
      const y = pairs[i + 1] ?? 0;
      if (x === 0 || x >= 0x7f800000 || (y & 0x7fffffff) >= 0x7f800000) continue;
      const reference = powerReference(x, y);
      if (reference === undefined) continue;
      compared += 1;
      expect(pow(x, y), `${hexOf(x)} ^ ${hexOf(y)}`).toBe(roundReference(reference));
      const product = floatOf(y) * logarithmOf(floatOf(x));
      if (Math.abs(product) < 128) largest = Math.max(largest, relativeError(exponentialOf(product), reference));
    }
    expect(compared).toBeGreaterThanOrEqual(POINTS);
    expect(largest).toBeLessThan(ERROR_BOUNDS.pow / MARGIN);
  });
});
