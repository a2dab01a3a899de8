import { type Address, ZERO_HEX32 } from '../../workers/protocol/ids.ts';
import { type ModelSpec, OutputKind } from '../../workers/protocol/model.ts';
import { bitsOfFloat } from '../../workers/protocol/vector.ts';
import { RemitError } from '../../workers/runtime/errors.ts';
import type { ExaminedModel } from './examine-model.ts';

/** What a publisher declares about a model beyond its file. */
export interface Declaration {
  readonly publisher: Address;
  /** The publisher's part of every fee, in 1/10,000; at most 3,000. */
  readonly publisherFeeBps: number;
  /** Tolerance of float outputs: `absTol + relTol · |canonical|`. Declared, not calibrated. */
  readonly absTol: number;
  readonly relTol: number;
  /** Bounds of every input element. */
  readonly lo: number;
  readonly hi: number;
}

export const DECLARED_BY_DEFAULT = { publisherFeeBps: 0, absTol: 1e-4, relTol: 1e-3, lo: -Infinity, hi: Infinity };

const SEMANTICS_VERSION = 1;
const PUBLISHER_FEE_BPS_MAX = 3_000;

/**
 * The spec of a model that is not triable: no plan, no trace. Whole-number outputs must be equal to the last one; float
 * outputs are judged by the declared tolerance, rounded to float32.
 *
 * @throws RemitError `MODEL_DECLARATION_INVALID` that names the option
 */
export function buildModelSpec(
  { digest, inputs, outputs }: Pick<ExaminedModel, 'digest' | 'inputs' | 'outputs'>,
  declared: Declaration,
): ModelSpec {
  const { publisher, publisherFeeBps, absTol, relTol, lo, hi } = declared;
  for (const [option, value] of Object.entries({ 'abs-tol': absTol, 'rel-tol': relTol })) {
    if (!Number.isFinite(value) || value < 0) throw invalid(option, value, 'a number from 0 up');
  }
  if (!(lo <= hi)) throw invalid('lo', lo, `a number up to --hi ${hi}`);
  if (!Number.isInteger(publisherFeeBps) || publisherFeeBps < 0 || publisherFeeBps > PUBLISHER_FEE_BPS_MAX) {
    throw invalid('publisher-fee-bps', publisherFeeBps, `a whole number from 0 to ${PUBLISHER_FEE_BPS_MAX}`);
  }
  return {
    semanticsVersion: SEMANTICS_VERSION,
    planRoot: ZERO_HEX32,
    planLength: 0,
    weightsRoot: ZERO_HEX32,
    traceLength: 0,
    inputs: inputs.map(({ length }) => ({ length, lo: bitsOfFloat(lo), hi: bitsOfFloat(hi) })),
    outputs: outputs.map(({ start, length, type }) => ({
      start,
      length,
      absTol: type === 'float32' ? bitsOfFloat(absTol) : 0,
      relTol: type === 'float32' ? bitsOfFloat(relTol) : 0,
      kind: type === 'float32' ? OutputKind.Continuous : OutputKind.Index,
    })),
    onnxSha256: digest,
    publisher,
    publisherFeeBps,
  };
}

function invalid(option: string, value: number, expected: string): RemitError {
  return new RemitError({
    code: 'MODEL_DECLARATION_INVALID',
    message: `--${option} is ${value}, expected ${expected}`,
    fix: `give --${option} ${expected}`,
    context: { option, value },
  });
}
