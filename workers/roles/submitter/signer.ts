import type { TxSigner } from '../../chain/tx-signer.ts';
import { RemitError } from '../../runtime/errors.ts';
import type { SignerSource } from '../../runtime/keystore.ts';
import type { Service } from '../../runtime/service.ts';
import type { SubmitterConfig } from './config.ts';

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

type KeyConfig = Pick<SubmitterConfig, 'keystore' | 'passwordFile' | 'devKey'>;

/** Where the configured key is. @throws RemitError SIGNER_NOT_CONFIGURED unless exactly one key is given */
export function signerSource({ keystore, passwordFile, devKey }: KeyConfig): SignerSource {
  if (devKey && !keystore && !passwordFile) return { devKey };
  if (!devKey && keystore && passwordFile) return { keystorePath: keystore, passwordFile };
  const given = Object.entries({ REMIT_KEYSTORE: keystore, REMIT_PASSWORD_FILE: passwordFile, REMIT_DEV_KEY: devKey })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
  throw new RemitError({
    code: 'SIGNER_NOT_CONFIGURED',
    message: `the submitter needs one key, got ${given.length === 0 ? 'none' : given.join(' and ')}`,
    fix: 'set REMIT_KEYSTORE and REMIT_PASSWORD_FILE (`worker key new` makes a keystore), or on a local chain REMIT_DEV_KEY=anvil:0',
    context: { given },
  });
}
