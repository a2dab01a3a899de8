import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createKeystore, openSigner, signerAddress } from '../../../workers/runtime/keystore.ts';
import { Secret } from '../../../workers/runtime/secret.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const KEY = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80';
const ANVIL_0 = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266';
const ANVIL_1 = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';

async function keystore({ password = 'correct horse', file = password }: { password?: string; file?: string } = {}) {
  const folder = await tempFolder();
  const keystorePath = join(folder, 'keys', 'attester.json');
  const passwordFile = join(folder, 'password');
  const address = await createKeystore({ keystorePath, password: new Secret(password), scryptCost: 2 });
  await writeFile(passwordFile, file);
  return { folder, keystorePath, passwordFile, address };
}

describe('openSigner with a development key', () => {
  it('refuses a plain key on a chain that is not local, and does not show it', async () => {
    const refusal = openSigner({ devKey: new Secret(KEY) }, { chainId: 8453 });
    await expect(refusal).rejects.toMatchObject({ code: 'SIGNER_DEV_KEY_FORBIDDEN', retryable: false });
    await expect(refusal).rejects.not.toMatchObject({ message: expect.stringContaining(KEY) as string });
  });

  it('refuses a key that is none, and does not quote it', async () => {
    await expect(openSigner({ devKey: new Secret('0xhunter2') }, { chainId: 31337 })).rejects.toSatisfy(
      (error: Error & { code: string }) =>
        error.code === 'SIGNER_DEV_KEY_INVALID' && !JSON.stringify(error).includes('hunter2'),
    );
  });

  it('opens a plain key and the accounts of anvil on local chains', async () => {
    expect((await openSigner({ devKey: new Secret(KEY) }, { chainId: 1337 })).address).toBe(
      await (await openSigner({ devKey: new Secret(KEY) }, { chainId: 31337 })).getAddress(),
    );
    expect((await openSigner({ devKey: new Secret('anvil:0') }, { chainId: 31337 })).address).toBe(ANVIL_0);
    expect((await openSigner({ devKey: new Secret('anvil:1') }, { chainId: 31337 })).address).toBe(ANVIL_1);
  });
});

describe('openSigner with a keystore', () => {
  it('opens it on any chain, with the newline that editors add after the password', async () => {
    const { keystorePath, passwordFile, address } = await keystore({ file: 'correct horse\n' });
    expect((await openSigner({ keystorePath, passwordFile }, { chainId: 1 })).address).toBe(address);
  });

  it('accepts an empty password', async () => {
    const { keystorePath, passwordFile, address } = await keystore({ password: '' });
    expect((await openSigner({ keystorePath, passwordFile }, { chainId: 1 })).address).toBe(address);
  });

  it('says that the password is wrong', async () => {
    await expect(openSigner(await keystore({ file: 'correct house' }), { chainId: 1 })).rejects.toMatchObject({
      code: 'SIGNER_PASSWORD_WRONG',
    });
  });

  it('says which file is missing', async () => {
    const good = await keystore();
    await expect(openSigner({ ...good, keystorePath: '/nowhere/key.json' }, { chainId: 1 })).rejects.toMatchObject({
      code: 'SIGNER_KEYSTORE_MISSING',
    });
    await expect(openSigner({ ...good, passwordFile: '/nowhere/password' }, { chainId: 1 })).rejects.toMatchObject({
      code: 'SIGNER_PASSWORD_FILE_MISSING',
    });
  });

  it('refuses a file that is no keystore, and one that is damaged', async () => {
    const good = await keystore();
    const bad = join(good.folder, 'bad.json');
    await writeFile(bad, '{"version":');
    await expect(openSigner({ ...good, keystorePath: bad }, { chainId: 1 })).rejects.toMatchObject({
      code: 'SIGNER_KEYSTORE_INVALID',
    });
    await writeFile(bad, '{"version":3,"crypto":{"cipher":"rot13"}}');
    await expect(openSigner({ ...good, keystorePath: bad }, { chainId: 1 })).rejects.toMatchObject({
      code: 'SIGNER_KEYSTORE_INVALID',
    });
  });
});

describe('createKeystore', () => {
  it('never overwrites a key', async () => {
    const { keystorePath, passwordFile, address } = await keystore();
    await expect(createKeystore({ keystorePath, password: new Secret('x'), scryptCost: 2 })).rejects.toMatchObject({
      code: 'SIGNER_KEYSTORE_EXISTS',
    });
    expect((await openSigner({ keystorePath, passwordFile }, { chainId: 1 })).address).toBe(address);
  });

  it('writes a file that only its owner can read', async () => {
    expect((await stat((await keystore()).keystorePath)).mode & 0o777).toBe(0o600);
  });
});

describe('signerAddress', () => {
  it('is read from a keystore without its password, and from a development key', async () => {
    const { keystorePath, address } = await keystore();
    expect(await signerAddress({ keystore: keystorePath }, { chainId: 8453 })).toBe(address);
    expect(await signerAddress({ devKey: new Secret('anvil:1') }, { chainId: 31337 })).toBe(ANVIL_1);
  });

  it('refuses no key at all, a plain key on a public chain, and a file that names no address', async () => {
    await expect(signerAddress({}, { chainId: 1 })).rejects.toMatchObject({ code: 'SIGNER_NOT_CONFIGURED' });
    await expect(signerAddress({ devKey: new Secret(KEY) }, { chainId: 1 })).rejects.toMatchObject({
      code: 'SIGNER_DEV_KEY_FORBIDDEN',
    });
    const path = join(await tempFolder(), 'key.json');
    await writeFile(path, '{"version":3}');
    await expect(signerAddress({ keystore: path }, { chainId: 1 })).rejects.toMatchObject({
      code: 'SIGNER_KEYSTORE_INVALID',
    });
  });
});
