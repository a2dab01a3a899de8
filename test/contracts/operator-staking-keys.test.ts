import type { HardhatEthersSigner } from '@nomicfoundation/hardhat-ethers/types';
import { expect } from 'chai';
import { ZeroAddress } from 'ethers';
import { network } from 'hardhat';
import { appointmentTypedData } from '../../workers/protocol/appointment.ts';
import type { Address, Hex } from '../../workers/protocol/ids.ts';
import { EPOCH_LENGTH, REVOCATION_DELAY } from '../support/system.ts';
import { movesExactly, setVaults, type VaultStage, withStake } from '../support/vaults.ts';

const { networkHelpers } = await network.create();
const load = async (): Promise<VaultStage> => networkHelpers.loadFixture(setVaults);
const staked = async (): Promise<VaultStage> => withStake(await load());
const { time } = networkHelpers;

async function consent(
  { chainId, stakingAddress }: VaultStage,
  key: HardhatEthersSigner,
  operator: string,
  attester = key.address,
): Promise<Hex> {
  const appointment = { operator: operator as Address, attester: attester as Address };
  const { domain, types, value } = appointmentTypedData(appointment, { chainId, verifyingContract: stakingAddress });
  return (await key.signTypedData(domain, types, value)) as Hex;
}

/** The second in which the next block will be mined, set. */
async function nextAt(at: bigint): Promise<bigint> {
  await time.setNextBlockTimestamp(at);
  return at;
}

const soon = async (): Promise<bigint> => nextAt(BigInt(await time.latest()) + 10n);

describe('OperatorStaking: keys and the ladder', () => {
  describe('appointAttester', () => {
    it('reverts without the consent of the key', async () => {
      const stage = await load();
      const { staking, alice, bob, carol } = stage;
      const consents = [
        '0x',
        await consent(stage, carol, alice.address, bob.address),
        await consent(stage, bob, carol.address),
        await consent({ ...stage, chainId: stage.chainId + 1n }, bob, alice.address),
        await consent({ ...stage, stakingAddress: stage.settlementAddress }, bob, alice.address),
      ];
      for (const bad of consents) {
        await expect(staking.connect(alice).appointAttester(bob, bad))
          .to.be.revertedWithCustomError(staking, 'OperatorStakingInvalidAppointment')
          .withArgs(alice, bob);
      }
      await expect(staking.connect(alice).appointAttester(ZeroAddress, '0x'))
        .to.be.revertedWithCustomError(staking, 'OperatorStakingInvalidAppointment')
        .withArgs(alice, ZeroAddress);
    });

    it('reverts for a key that has an operator, itself included, for ever', async () => {
      const stage = await staked();
      const { staking, alice, bob } = stage;
      await expect(staking.connect(bob).appointAttester(alice, await consent(stage, alice, bob.address)))
        .to.be.revertedWithCustomError(staking, 'OperatorStakingAttesterTaken')
        .withArgs(alice, alice);
      await staking.connect(alice).revokeAttester(alice);
      await time.increase(REVOCATION_DELAY * 2n);
      await expect(staking.connect(alice).appointAttester(alice, '0x'))
        .to.be.revertedWithCustomError(staking, 'OperatorStakingAttesterTaken')
        .withArgs(alice, alice);
    });

    it('names the key and whose it is', async () => {
      const stage = await staked();
      const { staking, alice, bob, carol } = stage;
      await staking.connect(alice).appointAttester(bob, await consent(stage, bob, alice.address));
      await expect(staking.connect(carol).appointAttester(bob, await consent(stage, bob, carol.address)))
        .to.be.revertedWithCustomError(staking, 'OperatorStakingAttesterTaken')
        .withArgs(bob, alice);
    });

    it('gives a key that consented to one operator', async () => {
      const stage = await load();
      const { staking, alice, bob } = stage;
      const signature = await consent(stage, bob, alice.address);
      await movesExactly(stage, () => staking.connect(alice).appointAttester(bob, signature), {}, [
        ['AttesterAppointed', alice.address, bob.address],
      ]);
      expect([...(await staking.attesterKey(bob))]).to.deep.equal([alice.address, 0n]);
      expect(await staking.operatorOf(bob)).to.equal(alice.address);
      expect(await staking.operatorOf(alice)).to.equal(ZeroAddress);
    });

    it('needs no signature of an operator that appoints itself', async () => {
      const { staking, alice } = await staked();
      expect(await staking.operatorOf(alice)).to.equal(alice.address);
    });
  });

  describe('revokeAttester', () => {
    it("reverts for a key of somebody else's", async () => {
      const { staking, alice, bob } = await staked();
      await expect(staking.connect(bob).revokeAttester(alice))
        .to.be.revertedWithCustomError(staking, 'OperatorStakingNotAttester')
        .withArgs(bob, alice);
    });

    it('reverts the second time: nobody moves the end of a key', async () => {
      const { staking, alice } = await staked();
      await staking.connect(alice).revokeAttester(alice);
      await expect(staking.connect(alice).revokeAttester(alice))
        .to.be.revertedWithCustomError(staking, 'OperatorStakingAlreadyRevoked')
        .withArgs(alice);
    });

    it('says who ended which key', async () => {
      const stage = await staked();
      const { staking, alice, bob } = stage;
      await staking.connect(alice).appointAttester(bob, await consent(stage, bob, alice.address));
      const revokedAt = (await soon()) + REVOCATION_DELAY;
      await movesExactly(stage, () => staking.connect(alice).revokeAttester(bob), {}, [
        ['AttesterRevoked', alice.address, bob.address, revokedAt],
      ]);
    });

    it('ends a key after the delay, in that very second, and keeps whose it was', async () => {
      const stage = await staked();
      const { staking, alice } = stage;
      const revokedAt = (await soon()) + REVOCATION_DELAY;
      await movesExactly(stage, () => staking.connect(alice).revokeAttester(alice), {}, [
        ['AttesterRevoked', alice.address, alice.address, revokedAt],
      ]);
      await time.increaseTo(revokedAt - 1n);
      expect(await staking.operatorOf(alice)).to.equal(alice.address);
      await time.increaseTo(revokedAt);
      expect(await staking.operatorOf(alice)).to.equal(ZeroAddress);
      expect([...(await staking.attesterKey(alice))]).to.deep.equal([alice.address, revokedAt]);
    });
  });

  describe('ladderStakes', () => {
    /** The first second of an epoch that has not begun. */
    const nextEpoch = async (): Promise<bigint> => (BigInt(await time.latest()) / EPOCH_LENGTH + 2n) * EPOCH_LENGTH;

    it('is nothing in the first epoch of all', async () => {
      const { staking, alice } = await staked();
      expect([...(await staking.ladderStakes(alice, EPOCH_LENGTH - 1n))]).to.deep.equal([0n, 0n]);
    });

    it('does not count a deposit of the same epoch, at either edge', async () => {
      const { staking, alice, bob } = await load();
      const epoch = await nextEpoch();
      await nextAt(epoch);
      await staking.connect(alice).deposit(100n);
      await nextAt(epoch + EPOCH_LENGTH - 1n);
      await staking.connect(bob).deposit(10n);
      const at = async (timestamp: bigint) => [
        ...(await staking.ladderStakes(alice, timestamp)),
        ...(await staking.ladderStakes(bob, timestamp)),
      ];
      expect(await at(epoch + EPOCH_LENGTH - 1n)).to.deep.equal([0n, 0n, 0n, 0n]);
      expect(await at(epoch + EPOCH_LENGTH)).to.deep.equal([100n, 110n, 10n, 110n]);
    });

    it('counts locked stake, and drops unbonded and slashed stake from the next epoch on', async () => {
      const { staking, jobRegistry, slasher, alice } = await staked();
      const epoch = await nextEpoch();
      await nextAt(epoch);
      await staking.connect(jobRegistry).lockByKey(alice, 0n, 500n);
      await staking.connect(alice).unbond(100n);
      await staking.connect(slasher).slash(alice, 50n, 7n);
      expect([...(await staking.ladderStakes(alice, epoch))]).to.deep.equal([1_000n, 1_000n]);
      expect([...(await staking.ladderStakes(alice, epoch + EPOCH_LENGTH))]).to.deep.equal([843n, 843n]);
    });

    it('does not lose again what was unbonding when it was slashed', async () => {
      const { staking, slasher, alice } = await staked();
      await staking.connect(alice).unbond(1_000n);
      await staking.connect(slasher).slash(alice, 0n, 400n);
      const later = BigInt(await time.latest()) + EPOCH_LENGTH;
      expect([...(await staking.ladderStakes(alice, later))]).to.deep.equal([0n, 0n]);
    });
  });
});
