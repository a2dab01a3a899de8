import { RemitError } from '../../workers/runtime/errors.ts';

export interface WaitOptions {
  /** Names what is waited for in the error. */
  readonly what: string;
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** The error of everything that is waited for here and does not come. */
export function timedOut(what: string, ms: number): RemitError {
  return new RemitError({
    code: 'STACK_TIMEOUT',
    message: `${what} did not happen within ${Math.round(ms / 100) / 10} s`,
    fix: 'read the log files of the run (--keep leaves them); on a busy machine, try again',
    retryable: true,
    context: { what, ms },
  });
}
