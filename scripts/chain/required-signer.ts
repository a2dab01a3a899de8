import { RemitError } from '../../workers/runtime/errors.ts';
import type { SignerSource } from '../../workers/runtime/keystore.ts';
import { givenSigner, type KeyArguments } from './chain-options.ts';

/** The key that a command cannot do without. @throws RemitError `KEY_MISSING` */
export function requiredSigner(given: KeyArguments): SignerSource {
  const source = givenSigner(given);
  if (source) return source;
  throw new RemitError({
    code: 'KEY_MISSING',
    message: 'this command sends a transaction, and no key is given',
    fix: 'give --keystore FILE --password-file FILE, or on a local chain --key anvil:0',
  });
}
