import { codeOf } from '../../runtime/errors.ts';

/** Errors after which this process must not sign anything any more. */
const FATAL: ReadonlySet<string> = new Set(['EQUIVOCATION', 'SIGNER_SHARED', 'SIGNER_BROKEN']);

export function isFatal(error: unknown): boolean {
  return FATAL.has(codeOf(error));
}
