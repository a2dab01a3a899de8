import { readFile } from 'node:fs/promises';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { type CompiledModel, compileModel } from '../../../../workers/canonical/compiler/compile-model.ts';
import { execute } from '../../../../workers/canonical/executor/execute.ts';
import { ruleOn } from '../../../../workers/canonical/judge/evidence.ts';
import { SPACE } from '../../../../workers/canonical/plan/instruction.ts';
import { sizeOf } from '../../../../workers/canonical/plan/sizes.ts';
import { haveSharedModels, labelledInputs, sharedModel } from '../../../support/shared-models.ts';
import { seeded } from '../executor/random-instructions.ts';

const OWN = 'models/credit-score/credit-score.onnx';
/** Networks that tell classes apart, with inputs whose class their authors say. */
const LABELLED = [
  ['mnist-net_256x4', 'mnist-digits.json'],
  ['cifar10-resnet_2b', 'cifar10-images.json'],
] as const;

/** Inputs between 0 and 1, the domain of all these models. */
function sampleInput({ plan }: CompiledModel): Uint32Array {
  const random = seeded(5);
  return new Uint32Array(Float32Array.from({ length: plan.inputLength }, random).buffer);
}

async function engineOutputs(file: Uint8Array, { inputs }: CompiledModel, input: Uint32Array) {
  const session = await InferenceSession.create(file, { logSeverityLevel: 4 });
  const floats = new Float32Array(input.buffer);
  const feeds = inputs.map(({ name, start, length, shape }) => [
    name,
    new Tensor('float32', floats.slice(start, start + length), [...shape]),
  ]);
  return session.run(Object.fromEntries(feeds) as Record<string, Tensor>);
}

async function checkModel(file: Uint8Array): Promise<void> {
  const model = compileModel(file);
  const input = sampleInput(model);
  const trace = execute(model.plan, { input, weights: model.weights });
  const engine = await engineOutputs(file, model, input);
  const floats = new Float32Array(trace.buffer);
  for (const { name, start, length, type } of model.outputs) {
    const own = [...(type === 0 ? floats : new Int32Array(trace.buffer)).subarray(start, start + length)];
    const theirs = [...(engine[name]?.data as Iterable<number | bigint>)].map(Number);
    expect(theirs).toHaveLength(length);
    const far = own.findIndex(
      (value, i) => Math.abs(value - (theirs[i] ?? Infinity)) > 1e-5 + 1e-4 * Math.abs(theirs[i] ?? 0),
    );
    expect(far === -1 ? 'all near' : `${name}[${far}] is ${own[far]}, the engine says ${theirs[far]}`).toBe('all near');
  }
  // Every instruction stands before the judge's twin with some of its elements.
  const read = (space: number, address: number): number =>
    (space === SPACE.INPUT ? input : space === SPACE.WEIGHT ? model.weights : trace)[address] ?? 0;
  const random = seeded(9);
  for (const instruction of model.plan.instructions) {
    for (let i = 0; i < 3; i++) {
      const element = instruction.start + Math.floor(random() * sizeOf(instruction));
      const { wrong, claimed, canonical } = ruleOn(instruction, element, read);
      expect({ element, wrong, claimed }).toEqual({ element, wrong: false, claimed: canonical });
    }
  }
}

describe('compiled models', () => {
  it('has one plan for one file', async () => {
    const file = await readFile(OWN);
    const { planRoot, weightsRoot, plan } = compileModel(file);
    expect({ planRoot, weightsRoot, instructions: plan.instructions.length }).toMatchInlineSnapshot(`
      {
        "instructions": 6,
        "planRoot": "0x4bd7e92e6155d52c77fffaef2e6ee1c835ed9f200ac4e5547dbdbac3dec965f3",
        "weightsRoot": "0xf1249c4e6ecbf8e9010d071082f8d365107cf3ef4a70c131d1fe049e35c94ef2",
      }
    `);
  });

  it('answers as the engine does: the default model', async () => {
    await checkModel(await readFile(OWN));
  });

  it.skipIf(!haveSharedModels).each(LABELLED)('gives every label right: %s', async (name, inputs) => {
    const { path } = await sharedModel(name);
    const { plan, weights, outputs } = compileModel(await readFile(path));
    const { start, length } = outputs[0] ?? { start: 0, length: 0 };
    const cases = (await labelledInputs(inputs)).filter(({ label }) => label !== null);
    expect(cases.length).toBeGreaterThanOrEqual(4);
    for (const { values, label } of cases) {
      const input = new Uint32Array(Float32Array.from(values).buffer);
      const scores = [...new Float32Array(execute(plan, { input, weights }).buffer).subarray(start, start + length)];
      expect(scores.indexOf(Math.max(...scores))).toBe(label);
    }
  });
});
