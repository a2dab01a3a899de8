import * as z from 'zod';
import * as field from '../runtime/config-fields.ts';

/** The key that signs a node's transactions. */
export const signerConfig = z.object({
  keystore: field.path().optional().describe('Encrypted web3 keystore of the signer (`worker key new` makes one).'),
  passwordFile: field.path().optional().describe('File that holds the password of the keystore.'),
  devKey: field
    .secret()
    .optional()
    .describe('Plain key of the signer, for local chains only: 0x and 64 hex digits, or anvil:<index>.'),
});
