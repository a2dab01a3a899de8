import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../../scripts/gen/random.ts';
import { compareFastPath } from '../../../../workers/canonical/arithmetic/elementary-comparison.ts';
import { type UnaryName, fastElementary } from '../../../../workers/canonical/arithmetic/elementary-fast.ts';
import { pow } from '../../../../workers/canonical/arithmetic/elementary-pow.ts';
import * as elementary from '../../../../workers/canonical/arithmetic/elementary.ts';
import { bitsOf, floatOf } from '../../../../workers/canonical/arithmetic/float32.ts';
import { hexOf } from '../../../support/arithmetic-batches.ts';
import { elementaryCases, powerPairs } from '../../../support/elementary-cases.ts';

const CASES = 100_000;
const NAMES: readonly UnaryName[] = ['exp', 'log', 'tanh', 'erf', 'sigmoid', 'softplus', 'sin', 'cos'];

describe('elementary functions in float64', () => {
  it.for(NAMES)(`%s is the twin's at ${CASES} patterns, evenly spread over all`, (name) => {
    const step = 2 * Math.floor(2 ** 31 / CASES) + 1;
    const { compared, differences } = compareFastPath(name, { first: 77, count: CASES, step });
    expect(differences.map(hexOf)).toEqual([]);
    expect(compared).toBeGreaterThan(0.99 * CASES);
  });

  it.for(NAMES)(`%s is the twin's at ${CASES} patterns picked for trouble`, (name) => {
    const fast = fastElementary()[name];
    const different = elementaryCases(new SeededRandom(41), CASES).filter(
      (bits) => bitsOf(fast(floatOf(bits))) !== elementary[name](bits),
    );
    expect([...different].map(hexOf)).toEqual([]);
  });

  it(`pow is the twin's at ${CASES} pairs picked for trouble`, () => {
    const fast = fastElementary().pow;
    const pairs = powerPairs(new SeededRandom(42), CASES);
    const different: string[] = [];
    for (let i = 0; i < pairs.length; i += 2) {
      const [x = 0, y = 0] = [pairs[i], pairs[i + 1]];
      if (bitsOf(fast(floatOf(x), floatOf(y))) !== pow(x, y)) different.push(`${hexOf(x)} ^ ${hexOf(y)}`);
    }
    expect(different).toEqual([]);
  });

  it('asks the twin for fewer than 1 in 100,000 activations', () => {
    const asked: string[] = [];
    const fast = fastElementary({ onFallback: (name) => asked.push(name) });
    const random = new SeededRandom(43);
    for (let i = 0; i < CASES; i++) {
      const x = Math.fround((random.uint32() / 2 ** 32 - 0.5) * 24);
      for (const name of NAMES) fast[name](name === 'log' ? Math.abs(x) : x);
      fast.pow(Math.abs(x), 1.7);
    }
    expect(asked.length).toBeLessThanOrEqual((CASES * (NAMES.length + 1)) / 100_000);
  });

  it('tells who asks the twin, and answers what it says', () => {
    const asked: string[] = [];
    const { pow: power, sin } = fastElementary({ onFallback: (name) => asked.push(name) });
    // 257³ = 2^24 + 197,377 lies half way between two numbers; the angle is beyond the reduction in float64
    expect(power(257, 3)).toBe(Math.fround(16_974_593));
    expect(sin(2 ** 100)).toBe(floatOf(elementary.sin(bitsOf(2 ** 100))));
    expect(asked).toEqual(['pow', 'sin']);
  });
});
