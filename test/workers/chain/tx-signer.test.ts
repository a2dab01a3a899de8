import { Transaction, Wallet } from 'ethers';
import { describe, expect, it } from 'vitest';
import type { TransactionIntent } from '../../../workers/chain/transaction-journal.ts';
import type { UnsignedTransaction } from '../../../workers/chain/transaction-bytes.ts';
import { createAttemptSigner } from '../../../workers/chain/tx-signer.ts';
import { systemClock } from '../../../workers/runtime/clock.ts';

const wallet = new Wallet(`0x${'11'.repeat(32)}`);
const other = new Wallet(`0x${'22'.repeat(32)}`);
const intent: TransactionIntent = { to: other.address, data: '0xaabb', value: 1n, gasLimit: 50_000n, urgent: false };
const fees = { maxFeePerGas: 10n, maxPriorityFeePerGas: 1n };

function signerThat(sign: (asked: UnsignedTransaction) => Promise<string>, inProcess: boolean) {
  const signer = { address: wallet.address, inProcess, signTransaction: sign };
  return createAttemptSigner({ chainId: 5 }, { signer, clock: systemClock });
}

describe('what a signer returns', () => {
  it.each([
    ['to', { to: wallet.address }],
    ['data', { data: '0xaabc' }],
    ['value', { value: 2n }],
    ['gas limit', { gasLimit: 50_001n }],
    ['fee', { maxFeePerGas: 11n }],
    ['tip', { maxPriorityFeePerGas: 2n }],
    ['nonce', { nonce: 8 }],
    ['chain', { chainId: 6 }],
  ])('is refused with another %s', async (_, change) => {
    let honest = true;
    const signer = signerThat((asked) => wallet.signTransaction(honest ? asked : { ...asked, ...change }), true);
    await signer.sign(6, intent, fees, false);
    honest = false;
    await expect(signer.sign(7, intent, fees, false)).rejects.toMatchObject({ code: 'SIGNER_BROKEN' });
  });

  it.each([
    ['nothing', () => '0x'],
    ['no hexadecimal', (raw: string) => `${raw}zz`],
    ['more behind it', (raw: string) => `${raw}00`],
    ['its end missing', (raw: string) => raw.slice(0, -2)],
    ['another type', (raw: string) => `0x01${raw.slice(4)}`],
    ['another length in front', (raw: string) => `${raw.slice(0, 6)}ff${raw.slice(8)}`],
    ['no signature', (_: string, asked: UnsignedTransaction) => Transaction.from(asked).unsignedSerialized],
    [
      'an access list',
      (_: string, asked: UnsignedTransaction) =>
        wallet.signTransaction({ ...asked, accessList: [{ address: wallet.address, storageKeys: [] }] }),
    ],
  ])('is refused with %s', async (_, change) => {
    let honest = true;
    const signer = signerThat(async (asked) => {
      const raw = await wallet.signTransaction(asked);
      return honest ? raw : change(raw, asked);
    }, true);
    await signer.sign(6, intent, fees, false);
    honest = false;
    await expect(signer.sign(7, intent, fees, false)).rejects.toMatchObject({ code: 'SIGNER_BROKEN' });
  });

  it('is refused from another key: at every signature of a remote one, at the first of one in this process', async () => {
    let key = wallet;
    const remote = signerThat((asked) => key.signTransaction(asked), false);
    await remote.sign(0, intent, fees, false);
    key = other;
    await expect(remote.sign(1, intent, fees, false)).rejects.toMatchObject({ code: 'SIGNER_BROKEN' });
    const local = signerThat((asked) => key.signTransaction(asked), true);
    await expect(local.sign(0, intent, fees, false)).rejects.toMatchObject({ code: 'SIGNER_BROKEN' });
  });
});
