import { describe, expect, it } from 'vitest';
import { coreCases } from './core-cases.ts';
import { difference, runCanonically, runWithEngine } from './run-compiled.ts';

describe('core operators and chains of them, compiled and run canonically, agree with onnxruntime', () => {
  it.each(coreCases.map((one) => [one.title, one] as const))('%s', async (_, { model, inputs }) => {
    const expected = await runWithEngine(model, inputs);
    const { answers } = runCanonically(model, inputs);
    expect(answers.length).toBeGreaterThan(0);
    for (const answer of answers) expect(difference(expected.get(answer.name), answer)).toBeUndefined();
  });

  it('would be found to differ', () => {
    const answer = { name: 'y', shape: [2], numbers: [1, 0] };
    expect(difference(answer, { ...answer, numbers: [1.0002, 0] })).toBe('y[0] is 1.0002, not 1');
    expect(difference(answer, { ...answer, numbers: [1, Number.NaN] })).toBe('y[1] is NaN, not 0');
    expect(difference(answer, { ...answer, shape: [1, 2] })).toBe('y has shape [1, 2], not [2]');
    expect(difference(undefined, answer)).toBe('y has shape [2], not []');
    expect(difference(answer, { ...answer, numbers: [1.00005, 0.000_005] })).toBeUndefined();
  });
});
