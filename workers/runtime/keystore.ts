import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { encryptKeystoreJson, getAddress, HDNodeWallet, isKeystoreJson, Mnemonic, Wallet } from 'ethers';
import { messageOf, RemitError } from './errors.ts';
import type { Secret } from './secret.ts';

/** Where a signing key comes from: an encrypted web3 v3 file, or a plain key on a local chain. */
export type SignerSource =
  | { readonly keystorePath: string; readonly passwordFile: string }
  /** A 32-byte 0x private key, or `anvil:<index>`, account `<index>` of the mnemonic that anvil and Hardhat share. */
  | { readonly devKey: Secret };

/** Chains on which anybody's key may be known: anvil's and Hardhat's, and geth --dev's. */
const LOCAL_CHAIN_IDS: ReadonlySet<number> = new Set([31_337, 1_337]);
const ANVIL_MNEMONIC = 'test test test test test test test test test test test junk';

/**
 * Opens the key of one signer, not connected to any provider. Throws `RemitError` SIGNER_DEV_KEY_FORBIDDEN,
 * SIGNER_DEV_KEY_INVALID, SIGNER_KEYSTORE_MISSING, SIGNER_KEYSTORE_INVALID, SIGNER_PASSWORD_FILE_MISSING or
 * SIGNER_PASSWORD_WRONG. An empty password file is an empty password; one newline at its end is not part of it.
 */
export async function openSigner(source: SignerSource, { chainId }: { readonly chainId: number }): Promise<Wallet> {
  if ('devKey' in source) return openDevKey(source.devKey, chainId);
  const { keystorePath, passwordFile } = source;
  const json = await readText(keystorePath, { code: 'SIGNER_KEYSTORE_MISSING', what: 'keystore' });
  const password = (
    await readText(passwordFile, { code: 'SIGNER_PASSWORD_FILE_MISSING', what: 'password file' })
  ).replace(/\r?\n$/, '');
  if (!isKeystoreJson(json)) {
    throw new RemitError({
      code: 'SIGNER_KEYSTORE_INVALID',
      message: `${keystorePath} is not a web3 v3 keystore`,
      fix: 'point to a file written by `worker key new`, `cast wallet new` or `geth account new`',
      context: { keystorePath },
    });
  }
  try {
    const opened = await Wallet.fromEncryptedJson(json, password);
    return new Wallet(opened.privateKey);
  } catch (cause) {
    if (/incorrect password/i.test(messageOf(cause))) {
      throw new RemitError({
        code: 'SIGNER_PASSWORD_WRONG',
        message: `the password in ${passwordFile} does not open ${keystorePath}`,
        fix: 'put the password of this keystore into the file; spaces count, one newline at the end does not',
        context: { keystorePath, passwordFile },
      });
    }
    throw new RemitError({
      code: 'SIGNER_KEYSTORE_INVALID',
      message: `${keystorePath} cannot be decrypted: ${messageOf(cause)}`,
      fix: 'restore the file from a backup, or make a new key and appoint it as attester',
      context: { keystorePath },
    });
  }
}

/**
 * The address of a signer, for a process that never signs: no password is needed. Throws `RemitError`
 * SIGNER_DEV_KEY_FORBIDDEN, SIGNER_DEV_KEY_INVALID, SIGNER_KEYSTORE_MISSING, SIGNER_KEYSTORE_INVALID or SIGNER_NOT_CONFIGURED.
 */
export async function signerAddress(
  { keystore, devKey }: { readonly keystore?: string | undefined; readonly devKey?: Secret | undefined },
  { chainId }: { readonly chainId: number },
): Promise<string> {
  if (devKey) return openDevKey(devKey, chainId).address;
  if (keystore === undefined) {
    throw new RemitError({
      code: 'SIGNER_NOT_CONFIGURED',
      message: 'no signer is named, so its address is not known',
      fix: 'set REMIT_KEYSTORE to the keystore of the submitter, or on a local chain REMIT_DEV_KEY=anvil:0',
    });
  }
  const json = await readText(keystore, { code: 'SIGNER_KEYSTORE_MISSING', what: 'keystore' });
  const address = isKeystoreJson(json) ? (JSON.parse(json) as { readonly address?: unknown }).address : undefined;
  if (typeof address === 'string' && /^(0x)?[0-9a-fA-F]{40}$/.test(address))
    return getAddress(`0x${address.replace(/^0x/, '').toLowerCase()}`);
  throw new RemitError({
    code: 'SIGNER_KEYSTORE_INVALID',
    message: `${keystore} is not a web3 v3 keystore that names its address`,
    fix: 'point to a file written by `worker key new`, `cast wallet new` or `geth account new`',
    context: { keystorePath: keystore },
  });
}

export interface CreateKeystoreOptions {
  readonly keystorePath: string;
  readonly password: Secret;
  /** Defaults to a fresh random key. */
  readonly privateKey?: Secret;
  /** scrypt cost N, a power of two. Defaults to 131072; lower it only in tests. */
  readonly scryptCost?: number;
}

/**
 * Writes an encrypted web3 v3 keystore, readable by its owner only, and returns the address. The file appears whole or
 * not at all and is never overwritten: `RemitError` SIGNER_KEYSTORE_EXISTS.
 */
export async function createKeystore({
  keystorePath,
  password,
  privateKey,
  scryptCost = 131_072,
}: CreateKeystoreOptions): Promise<string> {
  const wallet = privateKey ? new Wallet(privateKey.reveal()) : Wallet.createRandom();
  const json = await encryptKeystoreJson(
    { address: wallet.address, privateKey: wallet.privateKey },
    password.reveal(),
    {
      scrypt: { N: scryptCost },
    },
  );
  await mkdir(dirname(keystorePath), { recursive: true, mode: 0o700 });
  const temporary = `${keystorePath}.${randomUUID()}`;
  try {
    await writeFile(temporary, json, { mode: 0o600, flag: 'wx', flush: true });
    // A link fails where a rename would silently replace a key that may hold money.
    await link(temporary, keystorePath);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    throw new RemitError({
      code: 'SIGNER_KEYSTORE_EXISTS',
      message: `${keystorePath} exists; a keystore is never overwritten`,
      fix: 'choose another path, or move the old file away',
      context: { keystorePath },
    });
  } finally {
    await rm(temporary, { force: true });
  }
  return wallet.address;
}

function openDevKey(devKey: Secret, chainId: number): Wallet {
  if (!LOCAL_CHAIN_IDS.has(chainId)) {
    throw new RemitError({
      code: 'SIGNER_DEV_KEY_FORBIDDEN',
      message: `a plain key was given for chain ${chainId}; plain keys are for local chains (${[...LOCAL_CHAIN_IDS].join(', ')}) only`,
      fix: 'make an encrypted keystore and set the keystore path and the password file instead',
      context: { chainId },
    });
  }
  const text = devKey.reveal();
  const account = /^anvil:(\d{1,4})$/.exec(text)?.[1];
  if (account !== undefined) {
    const node = HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(ANVIL_MNEMONIC), `m/44'/60'/0'/0/${account}`);
    return new Wallet(node.privateKey);
  }
  try {
    return new Wallet(text);
  } catch {
    // The cause is left out: it may quote the key.
    throw new RemitError({
      code: 'SIGNER_DEV_KEY_INVALID',
      message: 'the development key is neither a 32-byte 0x private key nor anvil:<index>',
      fix: 'use for example anvil:0',
    });
  }
}

async function readText(path: string, { code, what }: { code: string; what: string }): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new RemitError({
      code,
      message: `the ${what} ${path} cannot be read: ${messageOf(cause)}`,
      fix: `check the path and that this user may read it`,
      context: { path },
    });
  }
}
