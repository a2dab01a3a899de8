import { RemitError } from '../runtime/errors.ts';

export function keyConflict(key: string, to: string): RemitError {
  return new RemitError({
    code: 'TX_KEY_CONFLICT',
    message: `key ${key} belongs to another transaction, to ${to}`,
    fix: 'this is a defect: one effect was given two different transactions. Report it with the log',
    context: { key },
  });
}

export function timedOut(key: string, ms: number): RemitError {
  return new RemitError({
    code: 'TX_TIMEOUT',
    message: `transaction ${key} has no outcome after ${ms} ms; it is still under way`,
    fix: 'nothing, if it passes: sending the same key again continues to wait. If it lasts, look at fees and RPC nodes',
    retryable: true,
    context: { key },
  });
}

export function signerShared(address: string, stolen: number): RemitError {
  return new RemitError({
    code: 'SIGNER_SHARED',
    message: `${stolen} nonces of ${address} were used by transactions this process did not sign`,
    fix: 'find who else holds this key (a second worker, a wallet) and stop it; if nobody does, the key is stolen: move the funds',
    context: { address, stolen },
  });
}
