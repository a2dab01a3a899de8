import { OutputKind, type ModelSpec } from '../protocol/model.ts';
import { RemitError } from '../runtime/errors.ts';
import type { BoundTensor, TensorLayout } from './tensor-layout.ts';

const KINDS: Readonly<Record<OutputKind, string>> = {
  [OutputKind.None]: 'nothing',
  [OutputKind.Continuous]: 'continuous',
  [OutputKind.Index]: 'an index',
  [OutputKind.Integer]: 'an integer',
};

/**
 * Whether a model file is what its registered spec says: the number, lengths and kinds of its inputs and outputs.
 * `Continuous` outputs must be float32, `Index` and `Integer` outputs whole numbers, else they would be judged as something else.
 *
 * @throws RemitError `MODEL_SPEC_MISMATCH` that names the first difference
 */
export function requireSpecFit(spec: Pick<ModelSpec, 'inputs' | 'outputs'>, layout: TensorLayout): void {
  const difference = lengthDifference('input', spec.inputs, layout.inputs) ?? outputDifference(spec, layout);
  if (difference === undefined) return;
  throw new RemitError({
    code: 'MODEL_SPEC_MISMATCH',
    message: `the model file is not what its publisher registered: ${difference}`,
    fix: 'Nothing on this node: the publisher has to register the model again with the lengths of its file. Its jobs expire and are refunded.',
    context: { difference },
  });
}

function outputDifference(spec: Pick<ModelSpec, 'outputs'>, { outputs }: TensorLayout): string | undefined {
  if (!outputs) return 'the size of an output depends on the input';
  const lengths = lengthDifference('output', spec.outputs, outputs);
  if (lengths !== undefined) return lengths;
  const at = spec.outputs.findIndex(
    ({ kind }, index) => (kind === OutputKind.Continuous) !== (outputs[index]?.type === 'float32'),
  );
  if (at < 0) return undefined;
  const kind = spec.outputs[at]?.kind ?? OutputKind.None;
  return `output ${at} is registered as ${KINDS[kind]}, the file has ${outputs[at]?.type ?? 'nothing'}`;
}

function lengthDifference(
  side: string,
  registered: readonly { readonly length: number }[],
  found: readonly BoundTensor[],
): string | undefined {
  if (registered.length !== found.length)
    return `${registered.length} ${side}s registered, the file has ${found.length}`;
  const at = registered.findIndex(({ length }, index) => length !== found[index]?.length);
  if (at < 0) return undefined;
  return `${side} ${at} has ${registered[at]?.length ?? 0} elements registered, the file has ${found[at]?.length ?? 0}`;
}
