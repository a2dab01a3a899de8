import { messageOf, RemitError } from '../runtime/errors.ts';
import type { WireError } from './child-protocol.ts';

const MEMORY = /bad_alloc|failed to allocate|out of memory|allocation failed/i;

/** Turns anything thrown in the child into data. An engine's own refusal becomes `MODEL_REFUSED`, its lack of memory `MODEL_MEMORY`. */
export function toWireError(thrown: unknown): WireError {
  if (isCoded(thrown)) {
    const { code, message, fix, retryable, context } = thrown;
    return { code, message, ...(fix === undefined ? {} : { fix }), retryable, context: plain(context) };
  }
  const message = messageOf(thrown).slice(0, 500);
  if (MEMORY.test(message)) return { ...memoryError(message), context: {} };
  return {
    code: 'MODEL_REFUSED',
    message: `onnxruntime refused the model: ${message}`,
    fix: 'Run the model with onnxruntime yourself; check its operators, shapes and types.',
    retryable: false,
    context: {},
  };
}

export function fromWireError(error: WireError): RemitError {
  return new RemitError(error);
}

/** The refusal of a model that wanted more memory than the child may have. */
export function memoryError(detail: string): Omit<WireError, 'context'> {
  return {
    code: 'MODEL_MEMORY',
    message: `the model needs more memory than the child process may use: ${detail}`,
    fix: 'Use a smaller model or input, or raise the memory limit of the inference child.',
    retryable: false,
  };
}

interface Coded {
  readonly code: string;
  readonly message: string;
  readonly fix: string | undefined;
  readonly retryable: boolean;
  readonly context: Readonly<Record<string, unknown>>;
}

/** `RemitError`, and the protocol's own error, which has the same fields. */
function isCoded(thrown: unknown): thrown is Coded {
  return thrown instanceof Error && 'code' in thrown && 'retryable' in thrown && 'context' in thrown;
}

function plain(context: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(context)) as Record<string, unknown>;
}
