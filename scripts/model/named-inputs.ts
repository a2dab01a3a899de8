import type { CompiledModel } from '../../workers/canonical/compiler/compile-model.ts';
import { TYPE } from '../../workers/canonical/plan/instruction.ts';
import { bitsOfFloat } from '../../workers/protocol/vector.ts';
import { readInputs } from '../demo/inputs.ts';

/** An input vector with the name of where it comes from. */
export interface NamedInput {
  readonly name: string;
  /** bit patterns in host order, as the canonical run takes them */
  readonly vector: Uint32Array;
}

/**
 * The inputs that a file holds, laid out as the plan reads them.
 *
 * @throws RemitError what `readInputs` throws
 */
export async function namedInputs(
  file: string,
  { inputs, plan }: Pick<CompiledModel, 'inputs' | 'plan'>,
  modelFile: string,
): Promise<readonly NamedInput[]> {
  const cases = await readInputs({ file, inputs, modelFile });
  return cases.map(({ name, tensors }) => {
    const vector = new Uint32Array(plan.inputLength);
    inputs.forEach(({ start, type }, at) => {
      tensors[at]?.forEach((value, i) => (vector[start + i] = type === TYPE.F32 ? bitsOfFloat(value) : value >>> 0));
    });
    return { name, vector };
  });
}
