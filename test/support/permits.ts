import type { HardhatEthersSigner } from '@nomicfoundation/hardhat-ethers/types';
import { Signature } from 'ethers';
import type { VaultStage } from './vaults.ts';

/** An EIP-2612 permit of the dev token, as contracts take it. */
export async function signPermit(
  { token, chainId }: Pick<VaultStage, 'token' | 'chainId'>,
  owner: HardhatEthersSigner,
  spender: string,
  value: bigint,
  deadline: bigint,
): Promise<Signature> {
  const domain = { name: 'Remit Dev Token', version: '1', chainId, verifyingContract: await token.getAddress() };
  const types = {
    Permit: ['owner address', 'spender address', 'value uint256', 'nonce uint256', 'deadline uint256'].map((field) => {
      const [name = '', type = ''] = field.split(' ');
      return { name, type };
    }),
  };
  const nonce = await token.nonces(owner);
  return Signature.from(
    await owner.signTypedData(domain, types, { owner: owner.address, spender, value, nonce, deadline }),
  );
}
