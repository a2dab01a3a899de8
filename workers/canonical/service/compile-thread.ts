import { parentPort, workerData } from 'node:worker_threads';
import { codeOf, isRetryable, messageOf, RemitError } from '../../runtime/errors.ts';
import type { CompileAnswer } from './compile-in-thread.ts';
import { compileRegistered } from './compile-registered.ts';

parentPort?.postMessage(answer(workerData as Uint8Array));

function answer(file: Uint8Array): CompileAnswer {
  try {
    const { plan, planRoot, weights, weightsRoot, canonicalOnly } = compileRegistered(file);
    return { kind: 'compiled', compiled: { plan, planRoot, weights, weightsRoot, canonicalOnly } };
  } catch (error) {
    const { fix, context = {} } = error instanceof RemitError ? error : {};
    const failure = { code: codeOf(error), message: messageOf(error), retryable: isRetryable(error), context };
    return { kind: 'failed', failure: { ...failure, ...(fix !== undefined && { fix }) } };
  }
}
