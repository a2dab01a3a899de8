import { readFile } from 'node:fs/promises';
import { messageOf, RemitError } from '../runtime/errors.ts';
import { createKeystore } from '../runtime/keystore.ts';
import { Secret } from '../runtime/secret.ts';

/**
 * Makes an encrypted key and returns its address.
 * @throws RemitError SIGNER_PASSWORD_FILE_MISSING, SIGNER_KEYSTORE_EXISTS
 */
export async function newKey({
  out,
  passwordFile,
}: {
  readonly out: string;
  readonly passwordFile: string;
}): Promise<string> {
  const password = await readFile(passwordFile, 'utf8').catch((cause: unknown) => {
    throw new RemitError({
      code: 'SIGNER_PASSWORD_FILE_MISSING',
      message: `the password file ${passwordFile} cannot be read: ${messageOf(cause)}`,
      fix: 'write the password into this file, readable by this user only, and try again',
      context: { passwordFile },
    });
  });
  return createKeystore({ keystorePath: out, password: new Secret(password.replace(/\r?\n$/, '')) });
}
