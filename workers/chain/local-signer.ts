import type { SigningKey } from 'ethers';
import { keccak } from '../protocol/keccak.ts';
import { signedBytes, unsignedBytes } from './transaction-bytes.ts';
import type { TxSigner } from './tx-signer.ts';

/**
 * A key in this process: signs transactions of type 2 (EIP-1559) as an `ethers` wallet does, to the bit, without the detour
 * over hexadecimal strings that takes longer than the signature itself.
 */
export function createLocalSigner({
  address,
  signingKey,
}: {
  readonly address: string;
  readonly signingKey: Pick<SigningKey, 'sign'>;
}): TxSigner {
  return {
    address,
    inProcess: true,
    signTransaction(transaction) {
      const { r, s, yParity } = signingKey.sign(keccak(unsignedBytes(transaction)));
      const signature = { r: BigInt(r), s: BigInt(s), yParity: BigInt(yParity) };
      return Promise.resolve(`0x${signedBytes(transaction, signature).toString('hex')}`);
    },
  };
}
