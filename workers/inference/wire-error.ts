import { messageOf, RemitError } from '../runtime/errors.ts';
import type { WireError } from './child-protocol.ts';

/** The provider that every engine has. */
export const CPU = 'cpu';
export const DEVICE_FAILED = 'DEVICE_FAILED';
export const MODEL_MEMORY = 'MODEL_MEMORY';

const MEMORY =
  /bad_alloc|failed to allocate|out of memory|allocation failed|smaller than requested bytes|pthread_create failed/i;

/** What engines say when the device, not the model, gave up: drivers, their libraries, and devices that are gone. */
const DEVICE =
  /CUDA (failure|error)|CUDNN|CUBLAS|CUFFT|TensorRT EP.*(failed|error)|device\b.{0,40}\b(lost|removed|hung|suspended|reset)|DXGI_ERROR_DEVICE|887A000[567]|hipError/is;
/** What is so for good: there is no such device here, or no driver for it. */
const NO_DEVICE = /no CUDA-capable device|driver version is insufficient|no supported adapters/i;

/**
 * Turns anything thrown in the child into data. An engine's own refusal becomes `MODEL_REFUSED`, its lack of memory
 * `MODEL_MEMORY`; on any other provider than the CPU both may be the device's fault, which says nothing about the model:
 * `DEVICE_FAILED`.
 */
export function toWireError(thrown: unknown, provider: string): WireError {
  if (isCoded(thrown)) {
    const { code, message, fix, retryable, context } = thrown;
    return { code, message, ...(fix === undefined ? {} : { fix }), retryable, context: plain(context) };
  }
  const message = messageOf(thrown).slice(0, 500);
  const isDevice = provider !== CPU && (DEVICE.test(message) || MEMORY.test(message)) && !NO_DEVICE.test(message);
  if (isDevice) return deviceFailed(provider, message);
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
    code: MODEL_MEMORY,
    message: `the model needs more memory than the child process may use: ${detail}`,
    fix: 'Use a smaller model or input, or raise the memory limit of the inference child.',
    retryable: false,
  };
}

function deviceFailed(provider: string, message: string): WireError {
  return {
    code: 'DEVICE_FAILED',
    message: `the device behind ${provider} gave up: ${message}`,
    fix: 'Nothing at once: the run is repeated on the CPU, and the device is tried again in a new process. If it happens often, free its memory, lower REMIT_BATCH_SIZE, or look at its driver.',
    retryable: true,
    context: { provider },
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
