import * as ort from 'onnxruntime-node';
import { type CompiledModel, compileModel } from '../../../../workers/canonical/compiler/compile-model.ts';
import type { CompileOptions } from '../../../../workers/canonical/compiler/place-inputs.ts';
import { execute } from '../../../../workers/canonical/executor/execute.ts';
import { TYPE } from '../../../../workers/canonical/plan/instruction.ts';
import type { CaseInput } from '../../../support/operator-cases.ts';

/** A graph output as plain numbers. */
export interface Answer {
  readonly name: string;
  readonly shape: readonly number[];
  readonly numbers: readonly number[];
}

const RTOL = 1e-4;
const ATOL = 1e-5;

/** Compiles a model and runs its plan on the inputs that the plan still has. */
export function runCanonically(
  file: Uint8Array,
  inputs: readonly CaseInput[],
  options: CompileOptions = {},
): { readonly model: CompiledModel; readonly answers: readonly Answer[] } {
  const model = compileModel(file, options);
  const input = new Uint32Array(model.plan.inputLength);
  for (const { name, type, start } of model.inputs) {
    const values = inputs.find((one) => one.name === name)?.values ?? [];
    input.set(type === TYPE.F32 ? bitsOfFloats(values) : Uint32Array.from(values, (value) => value >>> 0), start);
  }
  const trace = execute(model.plan, { input, weights: model.weights });
  const answers = model.outputs.map(({ name, shape, type, start, length }): Answer => {
    const { buffer } = trace.slice(start, start + length);
    return { name, shape, numbers: [...(type === TYPE.F32 ? new Float32Array(buffer) : new Int32Array(buffer))] };
  });
  return { model, answers };
}

/** What onnxruntime gives on its CPU, by output name. @throws Error when it refuses the model */
export async function runWithEngine(
  file: Uint8Array,
  inputs: readonly CaseInput[],
): Promise<ReadonlyMap<string, Answer>> {
  const session = await ort.InferenceSession.create(file, { logSeverityLevel: 4 });
  const feeds = Object.fromEntries(
    inputs.map(({ name, type, dims, values }) => [name, new ort.Tensor(type, typedArray(type, values), dims)]),
  );
  const results = await session.run(feeds, { logSeverityLevel: 4 });
  await session.release();
  return new Map(
    Object.entries(results).map(([name, tensor]) => [
      name,
      { name, shape: tensor.dims, numbers: Array.from(tensor.data as ArrayLike<number>, Number) },
    ]),
  );
}

/** Where two answers differ by more than 1e-5 + 1e-4 of what is expected; undefined when they agree. */
export function difference(expected: Answer | undefined, found: Answer): string | undefined {
  if (expected?.shape.join() !== found.shape.join()) {
    return `${found.name} has shape [${found.shape.join(', ')}], not [${expected?.shape.join(', ') ?? ''}]`;
  }
  const at = expected.numbers.findIndex((want, i) => !agrees(want, found.numbers[i] ?? Number.NaN));
  return at < 0 ? undefined : `${found.name}[${at}] is ${found.numbers[at]}, not ${expected.numbers[at]}`;
}

function agrees(want: number, found: number): boolean {
  if (want === found || (Number.isNaN(want) && Number.isNaN(found))) return true;
  return Math.abs(want - found) <= ATOL + RTOL * Math.abs(want);
}

function bitsOfFloats(values: readonly number[]): Uint32Array {
  return new Uint32Array(Float32Array.from(values).buffer);
}

function typedArray(type: CaseInput['type'], values: readonly number[]) {
  if (type === 'float32') return Float32Array.from(values);
  if (type === 'int32') return Int32Array.from(values);
  return type === 'bool' ? Uint8Array.from(values) : BigInt64Array.from(values, BigInt);
}
