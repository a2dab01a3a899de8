import fc from 'fast-check';
import { Wallet } from 'ethers';
import { describe, expect, it } from 'vitest';
import { createLocalSigner } from '../../../workers/chain/local-signer.ts';
import type { UnsignedTransaction } from '../../../workers/chain/transaction-bytes.ts';

const hex = (length: { minLength: number; maxLength: number }) =>
  fc.uint8Array(length).map((bytes) => `0x${Buffer.from(bytes).toString('hex')}`);
const amount = (bits: number) => fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n });

const transactions: fc.Arbitrary<UnsignedTransaction> = fc
  .record({
    chainId: fc.integer({ min: 1, max: 2 ** 53 - 1 }),
    nonce: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 2 ** 53 - 1 })),
    to: hex({ minLength: 20, maxLength: 20 }),
    data: fc.oneof(hex({ minLength: 0, maxLength: 80 }), hex({ minLength: 200, maxLength: 70_000 })),
    value: fc.oneof(fc.constant(0n), amount(90)),
    gasLimit: amount(40),
    tip: amount(60),
    above: amount(60),
  })
  .map(({ tip, above, ...rest }) => ({ type: 2, ...rest, maxPriorityFeePerGas: tip, maxFeePerGas: tip + above }));

describe('a key in this process', () => {
  it('signs to the bit what an ethers wallet signs', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 32, maxLength: 32 }), transactions, async (seed, transaction) => {
        const key = `0x${Buffer.from(seed.with(0, 1)).toString('hex')}`;
        const wallet = new Wallet(key);
        const raw = await createLocalSigner(wallet).signTransaction(transaction);
        expect(raw).toBe(await wallet.signTransaction(transaction));
      }),
      { numRuns: 300 },
    );
  });

  it.each(['0x1', '11', '0xzz', '0x11zz'])('refuses calldata that is no hexadecimal: %s', (data) => {
    const signer = createLocalSigner(Wallet.createRandom());
    const transaction = { type: 2, chainId: 1, nonce: 0, to: `0x${'11'.repeat(20)}`, value: 0n, gasLimit: 1n } as const;
    expect(() => signer.signTransaction({ ...transaction, data, maxFeePerGas: 1n, maxPriorityFeePerGas: 1n })).toThrow(
      'not hexadecimal',
    );
  });
});
