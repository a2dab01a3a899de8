import { describe, expect, it } from 'vitest';
import { type Declaration, buildModelSpec, DECLARED_BY_DEFAULT } from '../../../scripts/model/model-spec.ts';
import type { BoundTensor } from '../../../workers/inference/tensor-layout.ts';
import { compileRegistered } from '../../../workers/canonical/service/compile-registered.ts';
import { dataType } from '../../../workers/onnx/data-type.ts';
import { sha256Of } from '../../../workers/protocol/content-id.ts';
import { parseAddress, ZERO_HEX32 } from '../../../workers/protocol/ids.ts';
import { OutputKind, triable } from '../../../workers/protocol/model.ts';
import { bitsOfFloat } from '../../../workers/protocol/vector.ts';
import {
  floats,
  intAttribute,
  type ModelParts,
  node,
  onnxModel,
  smallModel,
  value,
} from '../../support/onnx-builder.ts';

const digest = sha256Of(Buffer.from('a model'));
const declared: Declaration = { ...DECLARED_BY_DEFAULT, publisher: parseAddress(`0x${'11'.repeat(20)}`) };
const tensor = (type: BoundTensor['type'], length: number, start = 0): BoundTensor => ({
  name: 't',
  type,
  shape: [length],
  length,
  start,
});
const examined = { digest, inputs: [tensor('float32', 10)], outputs: [tensor('float32', 3), tensor('int64', 2, 64)] };

describe('buildModelSpec', () => {
  it('refuses a plan whose tensors are not those that the engine sees', () => {
    const compiled = compileRegistered(smallModel());
    expect(() => buildModelSpec(examined, declared, compiled)).toThrow(
      expect.objectContaining({ code: 'MODEL_PLAN_MISMATCH' }) as Error,
    );
  });

  it('puts measured tolerances in the place of declared ones', () => {
    const calibrated = [{ absTol: 0.5, relTol: 0.25 }, undefined];
    expect(buildModelSpec(examined, { ...declared, calibrated }).outputs).toMatchObject([
      { absTol: bitsOfFloat(0.5), relTol: bitsOfFloat(0.25) },
      { absTol: 0, relTol: 0 },
    ]);
  });

  it('makes a model that is not triable, and says so by a plan root of zero', () => {
    const spec = buildModelSpec(examined, declared);
    expect(spec).toMatchObject({
      planRoot: ZERO_HEX32,
      planLength: 0,
      traceLength: 0,
      semanticsVersion: 1,
      onnxSha256: digest,
    });
    expect(triable(spec)).toBe(false);
  });

  it('gives floats the declared tolerance and whole numbers none', () => {
    expect(buildModelSpec(examined, { ...declared, absTol: 0.5, relTol: 0.25 }).outputs).toEqual([
      { start: 0, length: 3, absTol: bitsOfFloat(0.5), relTol: bitsOfFloat(0.25), kind: OutputKind.Continuous },
      { start: 64, length: 2, absTol: 0, relTol: 0, kind: OutputKind.Index },
    ]);
  });

  it('allows quantised floats the steps that a check against a quarter of the tolerance needs, and other integers none', () => {
    const quantising = (more: ModelParts['node'] = [], output = 'q'): Uint8Array =>
      onnxModel({
        node: [node('QuantizeLinear', ['x', 'scale', 'zero'], ['q']), ...more],
        input: [value('x', [10])],
        output: [value(output, [10], output === 'q' ? dataType.int8 : dataType.int32)],
        initializer: [floats('scale', [], [0.5]), { name: 'zero', dims: [], dataType: dataType.int8, int32Data: [3] }],
      });
    const specOutput = (file: Uint8Array): unknown => {
      const compiled = compileRegistered(file);
      const named = (all: typeof compiled.inputs, type: BoundTensor['type']): BoundTensor[] =>
        all.map(({ name, length, start }) => ({ ...tensor(type, length, start), name }));
      const tensors = { digest, inputs: named(compiled.inputs, 'float32'), outputs: named(compiled.outputs, 'int8') };
      return buildModelSpec(tensors, declared, compiled).outputs[0];
    };
    expect(specOutput(quantising())).toMatchObject({ kind: OutputKind.Integer, absTol: 4, relTol: 0 });
    const cast = node('Cast', ['q'], ['y'], [intAttribute('to', dataType.int32)]);
    expect(specOutput(quantising([cast], 'y'))).toMatchObject({ kind: OutputKind.Integer, absTol: 0, relTol: 0 });
  });

  it('bounds every input by the declared domain', () => {
    const { inputs } = buildModelSpec(examined, { ...declared, lo: -1, hi: 1 });
    expect(inputs).toEqual([{ length: 10, lo: bitsOfFloat(-1), hi: bitsOfFloat(1) }]);
  });

  it.each<[string, Partial<Declaration>]>([
    ['--abs-tol', { absTol: -1 }],
    ['--rel-tol', { relTol: Infinity }],
    ['--lo', { lo: 2, hi: 1 }],
    ['--publisher-fee-bps', { publisherFeeBps: 3_001 }],
    ['--publisher-fee-bps', { publisherFeeBps: 0.5 }],
  ])('refuses a wrong %s by its name', (option, change) => {
    expect(() => buildModelSpec(examined, { ...declared, ...change })).toThrow(
      expect.objectContaining({
        code: 'MODEL_DECLARATION_INVALID',
        message: expect.stringContaining(option) as string,
      }) as Error,
    );
  });
});
