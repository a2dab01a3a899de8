import { describe, expect, it } from 'vitest';
import { inputLength, modelIdOf, outputLength, parseModelSpec, triable } from '../../../workers/protocol/model.ts';
import { sharedVectors } from '../../support/shared-vectors.ts';

interface ModelCase {
  spec: Record<string, unknown>;
  modelId: string;
  inputLength: number;
  outputLength: number;
  triable: boolean;
}
const cases = sharedVectors('model-ids.json') as ModelCase[];
const [sample] = cases.map(({ spec }) => spec);

describe('model spec', () => {
  it.each(cases)('has the id of the shared vector $modelId', (entry) => {
    const spec = parseModelSpec(entry.spec);
    expect(spec).toEqual(entry.spec);
    expect(modelIdOf(spec)).toBe(entry.modelId);
    expect(inputLength(spec)).toBe(entry.inputLength);
    expect(outputLength(spec)).toBe(entry.outputLength);
    expect(triable(spec)).toBe(entry.triable);
  });

  it('counts the gaps between aligned tensors', () => {
    expect(inputLength({ inputs: [1, 65, 64].map((length) => ({ length, lo: 0, hi: 0 })) })).toBe(256);
    expect(outputLength({ outputs: [{ length: 100 }, { length: 3 }] })).toBe(131);
  });

  it('takes what a decoder gives: bigints and lists', () => {
    const decoded = { ...sample, semanticsVersion: 1n, inputs: [{ length: 10n, lo: 0n, hi: 1n }] };
    expect(parseModelSpec(decoded)).toMatchObject({ semanticsVersion: 1, inputs: [{ length: 10, lo: 0, hi: 1 }] });
  });

  it.each([
    ['spec.inputs', { inputs: 'none' }],
    ['spec.inputs[0].lo', { inputs: [{ length: 1, lo: -1, hi: 0 }] }],
    ['spec.outputs[0]', { outputs: [7] }],
    ['spec.outputs[0].kind', { outputs: [{ start: 0, length: 1, absTol: 0, relTol: 0, kind: 4 }] }],
    ['spec.publisherFeeBps', { publisherFeeBps: 65536 }],
    ['spec.traceLength', { traceLength: (2n ** 53n).toString() }],
  ])('names a malformed %s', (path, change) => {
    expect(() => parseModelSpec({ ...sample, ...change })).toThrow(
      expect.objectContaining({ code: 'RECORD_MALFORMED', context: { path } }),
    );
  });
});
