import { expect } from 'chai';
import { hexlify, id, MaxUint256, randomBytes, Signature } from 'ethers';
import { network } from 'hardhat';
import { signPermit } from '../support/permits.ts';
import { setSixDecimalVaults, setVaults, type VaultStage } from '../support/vaults.ts';

const { networkHelpers } = await network.create();
const load = async (): Promise<VaultStage> => networkHelpers.loadFixture(setVaults);

/** An EIP-3009 authorization that alice signed, and the arguments that use it. */
async function authorization(
  { token, chainId, alice, bob }: VaultStage,
  kind: 'TransferWithAuthorization' | 'ReceiveWithAuthorization',
  [validAfter, validBefore]: readonly [bigint, bigint] = [0n, MaxUint256],
) {
  const field = (name: string, type: string) => ({ name, type });
  const types = {
    [kind]: [
      field('from', 'address'),
      field('to', 'address'),
      field('value', 'uint256'),
      field('validAfter', 'uint256'),
      field('validBefore', 'uint256'),
      field('nonce', 'bytes32'),
    ],
  };
  const domain = { name: 'Remit Dev Token', version: '1', chainId, verifyingContract: await token.getAddress() };
  const nonce = hexlify(randomBytes(32));
  const message = { from: alice.address, to: bob.address, value: 25n, validAfter, validBefore, nonce };
  const { v, r, s } = Signature.from(await alice.signTypedData(domain, types, message));
  return { nonce, args: [alice.address, bob.address, 25n, validAfter, validBefore, nonce, v, r, s] as const };
}

describe('DevToken', () => {
  it('has the decimals of its deployment, and anybody may mint', async () => {
    const { token, bob } = await load();
    expect(await token.decimals()).to.equal(18n);
    const six = await networkHelpers.loadFixture(setSixDecimalVaults);
    expect(await six.token.decimals()).to.equal(6n);
    const before = await token.balanceOf(bob);
    await token.connect(bob).mint(bob, 5n);
    expect(await token.balanceOf(bob)).to.equal(before + 5n);
  });

  describe('permit', () => {
    it('reverts after its deadline and for another signer', async () => {
      const stage = await load();
      const { token, alice, bob } = stage;
      const late = await signPermit(stage, alice, bob.address, 9n, 1n);
      await expect(token.permit(alice, bob, 9n, 1n, late.v, late.r, late.s))
        .to.be.revertedWithCustomError(token, 'ERC2612ExpiredSignature')
        .withArgs(1n);
      const forged = await signPermit(stage, bob, bob.address, 9n, MaxUint256);
      await expect(
        token.permit(alice, bob, 9n, MaxUint256, forged.v, forged.r, forged.s),
      ).to.be.revertedWithCustomError(token, 'ERC2612InvalidSigner');
    });

    it('gives an allowance once', async () => {
      const stage = await load();
      const { token, alice, bob } = stage;
      const { v, r, s } = await signPermit(stage, alice, bob.address, 9n, MaxUint256);
      await token.permit(alice, bob, 9n, MaxUint256, v, r, s);
      expect(await token.allowance(alice, bob)).to.equal(9n);
      await expect(token.permit(alice, bob, 9n, MaxUint256, v, r, s)).to.be.revertedWithCustomError(
        token,
        'ERC2612InvalidSigner',
      );
    });
  });

  describe('transferWithAuthorization', () => {
    it('reverts outside its time, for another signer and the second time', async () => {
      const stage = await load();
      const { token, alice, bob, carol } = stage;
      const early = await authorization(stage, 'TransferWithAuthorization', [MaxUint256 - 1n, MaxUint256]);
      await expect(token.transferWithAuthorization(...early.args)).to.be.revertedWithCustomError(
        token,
        'ERC3009InvalidAuthorizationTime',
      );
      const late = await authorization(stage, 'TransferWithAuthorization', [0n, 1n]);
      await expect(token.transferWithAuthorization(...late.args)).to.be.revertedWithCustomError(
        token,
        'ERC3009InvalidAuthorizationTime',
      );
      const forged = await authorization({ ...stage, alice: carol }, 'TransferWithAuthorization');
      const [, ...rest] = forged.args;
      await expect(token.transferWithAuthorization(alice.address, ...rest)).to.be.revertedWithCustomError(
        token,
        'ERC3009InvalidSignature',
      );
      const once = await authorization(stage, 'TransferWithAuthorization');
      await token.connect(bob).transferWithAuthorization(...once.args);
      await expect(token.transferWithAuthorization(...once.args))
        .to.be.revertedWithCustomError(token, 'ERC3009UsedAuthorization')
        .withArgs(alice, once.nonce);
    });

    it('moves tokens for anybody who brings the signature', async () => {
      const stage = await load();
      const { token, alice, bob, carol } = stage;
      const { args, nonce } = await authorization(stage, 'TransferWithAuthorization');
      await expect(token.connect(carol).transferWithAuthorization(...args)).to.changeTokenBalances(
        stage.ethers,
        token,
        [alice, bob],
        [-25n, 25n],
      );
      expect(await token.authorizationState(alice, nonce)).to.equal(true);
      expect(await token.authorizationState(alice, id('another'))).to.equal(false);
    });
  });

  describe('receiveWithAuthorization', () => {
    it('reverts for everybody but the recipient, who gets the tokens', async () => {
      const stage = await load();
      const { token, alice, bob, carol } = stage;
      const { args } = await authorization(stage, 'ReceiveWithAuthorization');
      await expect(token.connect(carol).receiveWithAuthorization(...args)).to.be.revert(stage.ethers);
      await expect(token.connect(bob).receiveWithAuthorization(...args)).to.changeTokenBalances(
        stage.ethers,
        token,
        [alice, bob],
        [-25n, 25n],
      );
    });
  });
});
