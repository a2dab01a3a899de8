import { Worker } from 'node:worker_threads';
import { RemitError, type RemitErrorOptions } from '../../runtime/errors.ts';
import type { CompiledModel } from './canonical-models.ts';

/** What the thread says. Errors lose their class on the way between threads. */
export type CompileAnswer =
  | { readonly kind: 'compiled'; readonly compiled: CompiledModel }
  | { readonly kind: 'failed'; readonly failure: RemitErrorOptions };

/**
 * Compiles a model file in a thread of its own: a large one takes seconds, and queue locks have to be renewed meanwhile.
 *
 * @throws RemitError what `compileRegistered` throws; `CANONICAL_RUN_FAILED` when the thread ends without an answer; the
 * signal's reason
 */
export async function compileInThread(file: Uint8Array, signal: AbortSignal): Promise<CompiledModel> {
  signal.throwIfAborted();
  const thread = new Worker(new URL('./compile-thread.ts', import.meta.url), { workerData: file, name: 'compile' });
  const ended = new AbortController();
  try {
    return await new Promise<CompiledModel>((resolve, reject) => {
      const abort = (): void => {
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', abort, { once: true, signal: ended.signal });
      thread.on('message', (answer: CompileAnswer) => {
        if (answer.kind === 'compiled') resolve(answer.compiled);
        else reject(new RemitError(answer.failure));
      });
      thread.on('error', (error) => {
        reject(failed(error instanceof Error ? error.message : String(error)));
      });
      thread.on('exit', (code) => {
        reject(failed(`its thread ended with code ${code}`));
      });
    });
  } finally {
    ended.abort();
    await thread.terminate();
  }
}

function failed(why: string): RemitError {
  return new RemitError({
    code: 'CANONICAL_RUN_FAILED',
    message: `a model was not compiled: ${why}`,
    fix: 'look for a lack of memory: compiling holds the file and the weights, 4 bytes an element',
    retryable: true,
  });
}
