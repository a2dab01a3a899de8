import { RemitError } from '../runtime/errors.ts';

/** The refusals of an input or output; each names what was expected and what was got. */
export type InputErrorCode =
  | 'INPUT_LENGTH'
  | 'INPUT_NOT_FINITE'
  | 'INPUT_OUT_OF_RANGE'
  | 'INPUT_PADDING'
  | 'INPUT_SHAPE'
  | 'INPUT_TYPE'
  | 'OUTPUT_LENGTH'
  | 'OUTPUT_NOT_FINITE'
  | 'OUTPUT_OUT_OF_RANGE';

const fixes: Readonly<Record<InputErrorCode, string>> = {
  INPUT_LENGTH: 'Send every input of the model, in graph order, with all its elements.',
  INPUT_NOT_FINITE: 'Replace NaN and infinite numbers before asking.',
  INPUT_OUT_OF_RANGE: 'Send whole numbers that the element type of this input can hold.',
  INPUT_PADDING: 'Fill the gaps between inputs with zeros.',
  INPUT_SHAPE: 'Send the shape that the model declares; bind dynamic dimensions when the model is loaded.',
  INPUT_TYPE: 'Send numbers of the element type that the model declares.',
  OUTPUT_LENGTH: 'The size of an output depends on the input, so it has no fixed vector; do not serve this model.',
  OUTPUT_NOT_FINITE: 'The model does not give a number for this input; keep the input inside its domain.',
  OUTPUT_OUT_OF_RANGE: 'The model gives an integer beyond int32; cast its output inside the model.',
};

/** Builds an `INPUT_…` or `OUTPUT_…` refusal. The same input always fails the same way, so none is retryable. */
export function inputError(
  code: InputErrorCode,
  message: string,
  context: Readonly<Record<string, unknown>> = {},
): RemitError {
  return new RemitError({ code, message, fix: fixes[code], context });
}
