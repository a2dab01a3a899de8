import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { floatOf } from '../../workers/canonical/arithmetic/float32.ts';
import { type CompiledModel, compileModel } from '../../workers/canonical/compiler/compile-model.ts';
import { readGraph } from '../../workers/canonical/compiler/graph.ts';
import { constantOfTensor } from '../../workers/canonical/compiler/onnx-tensor.ts';
import { bitsOfConstant, isConstant, type Value } from '../../workers/canonical/compiler/value.ts';
import { execute } from '../../workers/canonical/executor/execute.ts';
import { TYPE } from '../../workers/canonical/plan/instruction.ts';
import { decodeTensor } from '../../workers/onnx/proto.ts';
import { codeOf, messageOf } from '../../workers/runtime/errors.ts';

/** What became of one case. */
export interface CaseResult {
  readonly name: string;
  /** the operator under test: that of the graph's last node */
  readonly operator: string;
  readonly outcome: 'passed' | 'refused' | 'failed';
  /** why it was refused, or where it failed */
  readonly why?: string;
  /** inputs that had to be known when compiling */
  readonly bound: readonly string[];
}

/** A case that compiled, with what it was run on. */
export interface CompiledCase {
  readonly model: CompiledModel;
  readonly input: Uint32Array;
  readonly trace: Uint32Array;
}

const RTOL = 1e-4;
const ATOL = 1e-5;
/** Cases whose outputs are published with four decimals. */
const FOUR_DECIMALS: ReadonlySet<string> = new Set(['test_averagepool_2d_ceil_last_window_starts_on_pad']);

/** Runs one published case: a folder with `model.onnx` and `test_data_set_0`. @param onCompiled sees what was compiled */
export async function runCase(
  folder: string,
  onCompiled?: (compiled: CompiledCase) => Promise<void>,
): Promise<CaseResult> {
  const name = folder.split('/').at(-1) ?? folder;
  const file = await readFile(join(folder, 'model.onnx'));
  let operator = '?';
  const bound = new Set<string>();
  try {
    const { graph } = readGraph(file);
    operator = graph.nodes.at(-1)?.opType ?? '?';
    const data = join(folder, 'test_data_set_0');
    const inputs = new Map<string, Value>();
    for (const [i, { name: input }] of graph.inputs.entries())
      inputs.set(input, await readTensor(data, `input_${i}.pb`));
    const model = compileBinding(file, inputs, bound);
    const input = inputVector(model, inputs);
    const trace = execute(model.plan, { input, weights: model.weights });
    await onCompiled?.({ model, input, trace });
    for (const [i, output] of model.outputs.entries()) {
      if (!existsSync(join(data, `output_${i}.pb`))) continue;
      const expected = await readTensor(data, `output_${i}.pb`);
      const found = trace.subarray(output.start, output.start + output.length);
      const wrong = firstDifference(expected, found, output.shape, FOUR_DECIMALS.has(name) ? 5e-5 : ATOL);
      if (wrong !== undefined)
        return { name, operator, outcome: 'failed', why: `${output.name}: ${wrong}`, bound: [...bound] };
    }
    return { name, operator, outcome: 'passed', bound: [...bound] };
  } catch (error) {
    const code = codeOf(error);
    const outcome = code.startsWith('MODEL_') ? 'refused' : 'failed';
    return { name, operator, outcome, why: `${code}: ${messageOf(error)}`, bound: [...bound] };
  }
}

async function readTensor(folder: string, file: string): Promise<Value> {
  return constantOfTensor(decodeTensor(await readFile(join(folder, file))));
}

/** Compiles, binding one more input whenever the compiler says that it must be known. */
function compileBinding(file: Uint8Array, inputs: ReadonlyMap<string, Value>, bound: Set<string>): CompiledModel {
  const shapes = Object.fromEntries([...inputs].map(([name, { shape }]) => [name, shape]));
  for (;;) {
    const bind = Object.fromEntries([...inputs].filter(([name, { shape }]) => bound.has(name) || shape.includes(0)));
    try {
      return compileModel(file, { shapes, bind });
    } catch (error) {
      const input = codeOf(error) === 'MODEL_INPUT_NOT_CONSTANT' ? contextInput(error) : undefined;
      if (input === undefined || bound.has(input) || !inputs.has(input)) throw error;
      bound.add(input);
    }
  }
}

function contextInput(error: unknown): string | undefined {
  const context = (error as { context?: Record<string, unknown> }).context;
  return typeof context?.['input'] === 'string' ? context['input'] : undefined;
}

function inputVector({ plan, inputs }: CompiledModel, values: ReadonlyMap<string, Value>): Uint32Array {
  const vector = new Uint32Array(plan.inputLength);
  for (const { name, start } of inputs) {
    const value = values.get(name);
    if (value && isConstant(value)) vector.set(bitsOfConstant(value), start);
  }
  return vector;
}

function firstDifference(
  expected: Value,
  found: Uint32Array,
  shape: readonly number[],
  atol: number,
): string | undefined {
  if (expected.shape.join() !== shape.join())
    return `shape [${shape.join(', ')}], expected [${expected.shape.join(', ')}]`;
  if (!isConstant(expected)) return undefined;
  const bits = bitsOfConstant(expected);
  const at = bits.findIndex((want, i) => !agrees(want, found[i] ?? 0, expected.type, atol));
  if (at < 0) return undefined;
  return `element ${at} is ${shown(found[at] ?? 0, expected.type)}, expected ${shown(bits[at] ?? 0, expected.type)}`;
}

function shown(bits: number, type: number): string {
  return String(type === TYPE.F32 ? floatOf(bits) : bits | 0);
}

function agrees(want: number, found: number, type: number, atol: number): boolean {
  if (want === found) return true;
  if (type !== TYPE.F32) return false;
  const [wanted, got] = [floatOf(want), floatOf(found)];
  if (Number.isNaN(wanted) || Number.isNaN(got)) return Number.isNaN(wanted) && Number.isNaN(got);
  return wanted === got || Math.abs(wanted - got) <= atol + RTOL * Math.abs(wanted);
}
