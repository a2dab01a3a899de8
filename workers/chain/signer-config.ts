import * as z from 'zod';
import * as field from '../runtime/config-fields.ts';
import { RemitError } from '../runtime/errors.ts';
import type { SignerSource } from '../runtime/keystore.ts';

/** The key that signs a node's transactions. */
export const signerConfig = z.object({
  keystore: field.path().optional().describe('Encrypted web3 keystore of the signer (`worker key new` makes one).'),
  passwordFile: field.path().optional().describe('File that holds the password of the keystore.'),
  devKey: field
    .secret()
    .optional()
    .describe('Plain key of the signer, for local chains only: 0x and 64 hex digits, or anvil:<index>.'),
});

type KeyConfig = z.output<typeof signerConfig>;

/** Where the configured key is. @throws RemitError SIGNER_NOT_CONFIGURED unless exactly one key is given */
export function signerSource({ keystore, passwordFile, devKey }: KeyConfig): SignerSource {
  if (devKey && !keystore && !passwordFile) return { devKey };
  if (!devKey && keystore && passwordFile) return { keystorePath: keystore, passwordFile };
  const given = Object.entries({ REMIT_KEYSTORE: keystore, REMIT_PASSWORD_FILE: passwordFile, REMIT_DEV_KEY: devKey })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
  throw new RemitError({
    code: 'SIGNER_NOT_CONFIGURED',
    message: `a signer needs one key, got ${given.length === 0 ? 'none' : given.join(' and ')}`,
    fix: 'set REMIT_KEYSTORE and REMIT_PASSWORD_FILE (`worker key new` makes a keystore), or on a local chain REMIT_DEV_KEY=anvil:0',
    context: { given },
  });
}
