import type { TxSigner } from '../../chain/tx-signer.ts';
import { RemitError } from '../../runtime/errors.ts';
import type { Service } from '../../runtime/service.ts';

/** A key that can be stopped for good. Part of the process's services, so that stopping it ends the process. */
export interface StoppableSigner extends TxSigner, Service {
  /** Nothing is signed any more, and `done` rejects with `reason`. */
  halt(reason: unknown): void;
}

export function createStoppableSigner(signer: TxSigner): StoppableSigner {
  const ended = Promise.withResolvers<undefined>();
  let halted: unknown;
  return {
    name: 'signer',
    address: signer.address,
    inProcess: signer.inProcess === true,
    done: ended.promise,
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    halt(reason) {
      halted ??= reason;
      ended.reject(reason);
    },
    signTransaction(transaction) {
      return halted === undefined ? signer.signTransaction(transaction) : Promise.reject(stopped());
    },
  };
}

function stopped(): RemitError {
  return new RemitError({
    code: 'SIGNER_STOPPED',
    message: 'the signer has stopped after a fatal error and signs nothing any more',
    fix: 'read the error before this one',
    retryable: true,
  });
}
