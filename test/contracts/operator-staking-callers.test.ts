import { expect } from 'chai';
import { ZeroAddress } from 'ethers';
import { network } from 'hardhat';
import { REVOCATION_DELAY } from '../support/system.ts';
import { movesExactly, readVaults, setVaults, type VaultStage, withSpreadStake } from '../support/vaults.ts';

const { networkHelpers } = await network.create();
const load = async (): Promise<VaultStage> => networkHelpers.loadFixture(setVaults);
const spread = async (): Promise<VaultStage> => withSpreadStake(await load());
const { time } = networkHelpers;

describe('OperatorStaking, for its fixed callers', () => {
  describe('the calls of fixed callers (I21, I31)', () => {
    const calls = {
      lockByKey: ['jobRegistry', [ZeroAddress, 0n, 0n]],
      unlock: ['jobRegistry', [ZeroAddress, 0n]],
      slash: ['slasher', [ZeroAddress, 0n, 0n]],
      lockBond: ['feedRegistry', [ZeroAddress, 0n]],
      unlockBond: ['feedRegistry', [ZeroAddress, 0n]],
    } as const;

    for (const [method, [caller, args]] of Object.entries(calls)) {
      it(`${method} answers ${caller} only`, async () => {
        const stage = await spread();
        const { staking, jobRegistry, modelRegistry, slasher, trialCourt, feedRegistry, alice } = stage;
        const data = staking.interface.encodeFunctionData(method as 'unlock', args as never);
        const before = await readVaults(stage);
        for (const [name, account] of Object.entries({
          jobRegistry,
          modelRegistry,
          slasher,
          trialCourt,
          feedRegistry,
          alice,
        })) {
          const sent = account.sendTransaction({ to: staking, data });
          if (name === caller) await sent;
          else {
            await expect(sent)
              .to.be.revertedWithCustomError(staking, 'OperatorStakingUnauthorized')
              .withArgs(account.address);
          }
        }
        expect(await readVaults(stage)).to.deep.equal(before);
      });
    }
  });

  describe('lockByKey', () => {
    it('reverts for more than is free after the unlock', async () => {
      const { staking, jobRegistry, alice } = await spread();
      await expect(staking.connect(jobRegistry).lockByKey(alice, 200n, 801n))
        .to.be.revertedWithCustomError(staking, 'OperatorStakingInsufficientFree')
        .withArgs(alice, 800n, 801n);
    });

    it('reverts for an unlock of more than is locked', async () => {
      const { staking, jobRegistry, alice } = await spread();
      await expect(staking.connect(jobRegistry).lockByKey(alice, 301n, 0n))
        .to.be.revertedWithCustomError(staking, 'OperatorStakingInsufficientLocked')
        .withArgs(alice, 300n, 301n);
    });

    it('locks nothing for a key without operator or after its end', async () => {
      const stage = await spread();
      const { staking, jobRegistry, alice, bob } = stage;
      const registry = staking.connect(jobRegistry);
      await movesExactly(stage, () => registry.lockByKey(bob, 0n, 1n), {}, []);
      expect(await registry.lockByKey.staticCall(bob, 0n, 1n)).to.equal(ZeroAddress);
      await staking.connect(alice).revokeAttester(alice);
      await time.increase(REVOCATION_DELAY);
      await movesExactly(stage, () => registry.lockByKey(alice, 0n, 1n), {}, []);
    });

    it('unlocks one amount and locks another of the operator of the key', async () => {
      const stage = await spread();
      const { staking, jobRegistry, alice } = stage;
      const registry = staking.connect(jobRegistry);
      expect(await registry.lockByKey.staticCall(alice, 0n, 1n)).to.equal(alice.address);
      await movesExactly(
        stage,
        () => registry.lockByKey(alice, 100n, 700n),
        { free: { [alice.address]: -600n }, locked: { [alice.address]: 600n } },
        [],
      );
    });
  });

  describe('unlock', () => {
    it('reverts for more than is locked', async () => {
      const { staking, jobRegistry, alice } = await spread();
      await expect(staking.connect(jobRegistry).unlock(alice, 301n))
        .to.be.revertedWithCustomError(staking, 'OperatorStakingInsufficientLocked')
        .withArgs(alice, 300n, 301n);
    });

    it('returns locked stake to free stake', async () => {
      const stage = await spread();
      const { staking, jobRegistry, alice } = stage;
      await movesExactly(
        stage,
        () => staking.connect(jobRegistry).unlock(alice, 300n),
        { free: { [alice.address]: 300n }, locked: { [alice.address]: -300n } },
        [],
      );
    });
  });

  describe('lockBond and unlockBond', () => {
    it('revert for more than is free, or locked', async () => {
      const { staking, feedRegistry, alice } = await spread();
      await expect(staking.connect(feedRegistry).lockBond(alice, 601n))
        .to.be.revertedWithCustomError(staking, 'OperatorStakingInsufficientFree')
        .withArgs(alice, 600n, 601n);
      await expect(staking.connect(feedRegistry).unlockBond(alice, 301n))
        .to.be.revertedWithCustomError(staking, 'OperatorStakingInsufficientLocked')
        .withArgs(alice, 300n, 301n);
    });

    it('move stake between free and locked', async () => {
      const stage = await spread();
      const { staking, feedRegistry, alice } = stage;
      const by = staking.connect(feedRegistry);
      const moved = (amount: bigint) => ({
        free: { [alice.address]: -amount },
        locked: { [alice.address]: amount },
      });
      await movesExactly(stage, () => by.lockBond(alice, 600n), moved(600n), []);
      await movesExactly(stage, () => by.unlockBond(alice, 600n), moved(-600n), []);
    });
  });

  describe('slash', () => {
    it("reverts for more than is locked: never another job's lock (I7)", async () => {
      const { staking, slasher, alice } = await spread();
      await expect(staking.connect(slasher).slash(alice, 301n, 0n))
        .to.be.revertedWithCustomError(staking, 'OperatorStakingInsufficientLocked')
        .withArgs(alice, 300n, 301n);
    });

    for (const { name, locked, extra, parts } of [
      { name: 'the lock alone', locked: 200n, extra: 0n, parts: [200n, 0n, 0n] },
      { name: 'the lock, then free stake', locked: 300n, extra: 600n, parts: [300n, 600n, 0n] },
      { name: 'then unbonding stake', locked: 300n, extra: 640n, parts: [300n, 600n, 40n] },
      { name: 'as far as it reaches, and no further', locked: 100n, extra: 5_000n, parts: [100n, 600n, 100n] },
      { name: 'the smallest part of unbonding stake', locked: 0n, extra: 601n, parts: [0n, 600n, 1n] },
      { name: 'free stake where no lock is left', locked: 0n, extra: 10n, parts: [0n, 10n, 0n] },
    ] as const) {
      it(`takes ${name}`, async () => {
        const stage = await spread();
        const { staking, slasher, alice } = stage;
        const [fromLocked, fromFree, fromUnbonding] = parts;
        const amount = fromLocked + fromFree + fromUnbonding;
        expect([...(await staking.connect(slasher).slash.staticCall(alice, locked, extra))]).to.deep.equal(parts);
        await movesExactly(
          stage,
          () => staking.connect(slasher).slash(alice, locked, extra),
          {
            free: { [alice.address]: -fromFree },
            locked: { [alice.address]: -fromLocked },
            unbonding: { [alice.address]: -fromUnbonding },
            tokens: { [stage.stakingAddress]: -amount, [stage.settlementAddress]: amount },
          },
          [['StakeSlashed', alice.address, ...parts]],
        );
      });
    }
  });
});
