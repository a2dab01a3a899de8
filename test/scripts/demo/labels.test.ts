import { describe, expect, it } from 'vitest';
import { readAnswer } from '../../../scripts/demo/labels.ts';

const tensor = (name: string, ...shape: (number | null)[]) => ({ name, shape });
const oneHot = (length: number, at: number): number[] => Array.from({ length }, (_, index) => (index === at ? 1 : 0));

describe('an answer in words', () => {
  it('is a digit, compared with its label', () => {
    const model = { inputs: [tensor('0', 1, 784, 1)], outputs: [tensor('20', 1, 10)] };
    expect(readAnswer(model, [oneHot(10, 8)], 8)).toEqual({ text: 'digit 8 (1, then 0 0)', choice: 8, agrees: true });
    expect(readAnswer(model, [oneHot(10, 8)], 3)).toMatchObject({ agrees: false });
    expect(readAnswer(model, [oneHot(10, 8)])).not.toHaveProperty('agrees');
  });

  it('is a CIFAR-10 class', () => {
    const model = { inputs: [tensor('input.1', 1, 3, 32, 32)], outputs: [tensor('33', 1, 10)] };
    expect(readAnswer(model, [[0, 0.5, 0, 0, 0, 0, 0, 0, 0, 7.0884]], '9')).toEqual({
      text: 'truck (7.088, then automobile 0.5)',
      choice: 9,
      agrees: true,
    });
  });

  it('is a credit score', () => {
    const model = { inputs: [tensor('features', null, 10)], outputs: [tensor('score', null, 1)] };
    expect(readAnswer(model, [[0.99903]], 1)).toEqual({ text: 'score 0.999: likely repaid', choice: 1, agrees: true });
    expect(readAnswer(model, [[0.25]], 1)).toEqual({ text: 'score 0.25: likely not repaid', choice: 0, agrees: false });
  });

  it('is the advisory of the lowest cost, whatever the label', () => {
    const model = { inputs: [tensor('input', 1, 1, 1, 5)], outputs: [tensor('linear_7_Add', 1, 5)] };
    expect(readAnswer(model, [[0.133, 0.136, 0.14, 0.096, 0.111]], 0)).toEqual({
      text: 'strong left (lowest cost, 0.096)',
      choice: 3,
    });
  });

  it('is a number of faces', () => {
    const model = {
      inputs: [tensor('input', 1, 3, 240, 320)],
      outputs: [tensor('scores', 1, 4420, 2), tensor('boxes', 1, 4420, 4)],
    };
    const scores = Array.from({ length: 8_840 }, () => 0);
    const boxes = Array.from({ length: 17_680 }, () => 0);
    expect(readAnswer(model, [scores, boxes])).toEqual({ text: '0 faces', choice: 0 });
    scores[1] = 0.875;
    expect(readAnswer(model, [scores, boxes]).text).toBe('1 face (0.875)');
  });

  it('is the numbers of a model that is not known', () => {
    const model = { inputs: [tensor('input', null, 4)], outputs: [tensor('output', null), tensor('shares', null, 3)] };
    expect(readAnswer(model, [[2], [0.01, 0.038, 0.947]])).toEqual({
      text: 'output 2; shares largest of 3: #2 0.947, #1 0.038, #0 0.01',
    });
  });
});
