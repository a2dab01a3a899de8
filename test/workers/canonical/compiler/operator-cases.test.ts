import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { type CompiledModel, compileModel } from '../../../../workers/canonical/compiler/compile-model.ts';
import { execute } from '../../../../workers/canonical/executor/execute.ts';
import { TYPE } from '../../../../workers/canonical/plan/instruction.ts';
import { type CaseInput, type OperatorCase, operatorCases } from '../../../support/operator-cases.ts';

const RTOL = 1e-4;
const ATOL = 1e-5;

function tensorOf({ type, dims, values }: CaseInput): Tensor {
  switch (type) {
    case 'float32':
      return new Tensor('float32', Float32Array.from(values), [...dims]);
    case 'int32':
      return new Tensor('int32', Int32Array.from(values), [...dims]);
    case 'int64':
      return new Tensor('int64', BigInt64Array.from(values, BigInt), [...dims]);
    case 'bool':
      return new Tensor('bool', Uint8Array.from(values), [...dims]);
  }
}

function inputVector(model: CompiledModel, inputs: readonly CaseInput[]): Uint32Array {
  const vector = new Uint32Array(model.plan.inputLength);
  for (const { name, start, type } of model.inputs) {
    const values = inputs.find((input) => input.name === name)?.values ?? [];
    const bits =
      type === TYPE.F32
        ? new Uint32Array(Float32Array.from(values).buffer)
        : Uint32Array.from(values, (value) => value >>> 0);
    vector.set(bits, start);
  }
  return vector;
}

const near = (own: number, theirs: number, isFloat: boolean): boolean =>
  Object.is(own, theirs) || own === theirs || (isFloat && Math.abs(own - theirs) <= ATOL + RTOL * Math.abs(theirs));

async function checkCase({ model: file, inputs }: OperatorCase): Promise<void> {
  const model = compileModel(file);
  const trace = execute(model.plan, { input: inputVector(model, inputs), weights: model.weights });
  const session = await InferenceSession.create(file, { logSeverityLevel: 4 });
  const engine = await session.run(Object.fromEntries(inputs.map((input) => [input.name, tensorOf(input)])));
  for (const { name, start, length, type, shape } of model.outputs) {
    const theirs = [...(engine[name]?.data as Iterable<number | bigint>)].map(Number);
    expect(shape).toEqual(engine[name]?.dims);
    const numbers = type === TYPE.F32 ? new Float32Array(trace.buffer) : new Int32Array(trace.buffer);
    const own = [...numbers.subarray(start, start + length)];
    const far = own.findIndex((value, i) => !near(value, theirs[i] ?? Infinity, type === TYPE.F32));
    expect(far < 0 ? 'all near' : `${name}[${far}] is ${own[far]}, the engine says ${theirs[far]}`).toBe('all near');
  }
}

describe('A compiled operator', () => {
  it.each(operatorCases)('gives what the engine gives: $title', async (operatorCase) => {
    await checkCase(operatorCase);
  });
});
