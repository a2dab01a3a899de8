import { describe, expect, it } from 'vitest';
import { compileModel } from '../../../../workers/canonical/compiler/compile-model.ts';
import { decodeModel, encodeMessage } from '../../../../workers/onnx/proto.ts';
import { RemitError } from '../../../../workers/runtime/errors.ts';
import { smallModel } from '../../../support/onnx-builder.ts';
import { operatorCases } from '../../../support/operator-cases.ts';
import { coreCases } from './core-cases.ts';

const files = [...operatorCases, ...coreCases].map(({ model }) => model).filter(({ length }) => length < 20_000);
const limits = { elements: 2 ** 22, work: 2 ** 22 };
const ODD = [0, -1, 2, 7, -5, 65_537, 2 ** 31 - 1, 2 ** 33, 2 ** 40];

function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Compiles, or fails with a named error. Anything else is thrown. @returns its code, or `compiled` */
function outcome(file: Uint8Array): string {
  try {
    compileModel(file, { limits });
    return 'compiled';
  } catch (error) {
    if (error instanceof RemitError) return error.code;
    throw error;
  }
}

describe('a malformed file', () => {
  it('of no bytes, or cut anywhere, is refused by name', () => {
    const whole = smallModel();
    for (let length = 0; length < whole.length; length++) expect(outcome(whole.subarray(0, length))).not.toBe('');
    expect(outcome(new Uint8Array())).toBe('MODEL_MALFORMED');
  });

  it('with a field number spelled longer than any decoder reads is refused by name', () => {
    const [, ...rest] = smallModel();
    const irVersion = [0x88, 0x80, 0x80, 0x80, 0x80, 0x00];
    expect(outcome(Uint8Array.from([0x08, ...rest]))).toBe('compiled');
    expect(outcome(Uint8Array.from([...irVersion, ...rest]))).toBe('MODEL_FILE_MALFORMED');
  });

  it('with changed bytes compiles or is refused by name, always the same way', () => {
    const random = seeded(1);
    const seen = new Set<string>();
    for (const file of files) {
      for (let i = 0; i < 10; i++) {
        const changed = new Uint8Array(file);
        for (let j = 0; j <= random(3); j++) changed[random(changed.length)] = random(256);
        const first = outcome(changed);
        expect(outcome(changed)).toBe(first);
        seen.add(first);
      }
    }
    expect(seen).toContain('MODEL_MALFORMED');
  });

  it('with odd attributes, inputs and dimensions compiles or is refused by name', () => {
    const random = seeded(2);
    const odd = (): number => ODD[random(ODD.length)] ?? 0;
    const seen = new Set<string>();
    for (const file of files) {
      for (let i = 0; i < 6; i++) seen.add(outcome(twisted(file, random, odd)));
    }
    expect(seen).toContain('MODEL_NODE_INVALID');
    expect(seen).toContain('compiled');
  });
});

/** The same model with something else in one of its nodes. */
function twisted(file: Uint8Array, random: (below: number) => number, odd: () => number): Uint8Array {
  const model = decodeModel(file);
  const nodes = model.graph?.node ?? [];
  const at = random(nodes.length);
  const change = random(3);
  const node = nodes.map((one, i) => {
    if (i !== at) return one;
    const inputs = one.input ?? [];
    if (change === 0) return { ...one, input: inputs.map((name) => (random(2) === 0 ? '' : name)) };
    if (change === 1) return { ...one, input: inputs.slice(1) };
    const attribute = (one.attribute ?? []).map((given) => ({
      ...given,
      ...(given.type === 2 && { i: odd() }),
      ...(given.type === 7 && { ints: (given.ints ?? []).map((int) => (random(2) === 0 ? odd() : int)) }),
    }));
    return { ...one, attribute };
  });
  return encodeMessage('Model', { ...model, graph: { ...model.graph, node } });
}
